//! Typed calls to the Management API, remembered; knows HTTP, not SQL.

mod administration;
mod calls;
mod changes;
mod circuit;
mod discovery;
mod lately;
mod logins;
mod lookups;
mod memory;
mod outcome;
mod pages;
mod pause;
mod question;
mod remembered;
mod report;
mod source;
mod strangers;
mod token;
mod transport;
mod upstream;
mod written;

use std::sync::Arc;

use crate::config;
use crate::model::{ApiError, ShownConnection};

pub use administration::{Administration, AdministrationError, Part};
pub use discovery::{Memberships, MembershipsAsked};
pub use remembered::Remembered;
pub use token::TokenSource;
pub use transport::{Transport, TransportError, embedded, remote};
pub use upstream::Unreachable;

use memory::Purpose;
use strangers::{Name, Strangers};
use token::Token;
use upstream::Asking;

/// What the gateway's client must be granted; `create:logins` only by `vestibule gateway add`.
pub const GATEWAY_SCOPES: [&str; 13] = [
    "read:organizations",
    "read:organization_client_grants",
    "read:organization_clients",
    "read:organization_connections",
    "read:connections",
    "read:connections_options",
    "read:clients",
    "read:client_keys",
    "read:client_grants",
    "read:resource_servers",
    "read:prompts",
    "read:users",
    "create:logins",
];

/// Why a call brought nothing.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ManagementError {
    /// The API understood and said no.
    #[error("the Management API refused: {0}")]
    Refused(ApiError),
    /// A stranger asked for too many things that do not exist; nothing was asked for this one.
    #[error("too many unknown names from one network address")]
    TooManyUnknown { seconds: u64 },
    /// No answer, or none that can be used.
    #[error("the Management API is unreachable: {0}")]
    Unreachable(Unreachable),
}

pub type Result<T> = std::result::Result<T, ManagementError>;

/// An enabled connection as the page shows it.
#[derive(Debug, Clone)]
pub struct LoginOption {
    pub connection: Arc<ShownConnection>,
    /// Whether the page draws it; a hidden one still works by name and by its domains.
    pub visible: bool,
    /// Whether whoever has no account may make one here.
    pub allows_sign_up: bool,
}

/// The Management API, seen from the gateway. Cheap to clone.
///
/// As it is made it answers for pages, which may be drawn from older answers while a new one is fetched, or while the
/// API fails; [`ManagementClient::deciding`] answers only with what is fresh.
#[derive(Clone)]
pub struct ManagementClient {
    shared: Arc<Shared>,
    purpose: Purpose,
    asking: Asking,
}

struct Shared {
    transport: Transport,
    token: Token,
    strangers: Strangers,
    remembered: Remembered,
}

impl ManagementClient {
    /// `remembered` is told of writes by who sees them; those to a remote API are not seen.
    pub fn new(
        settings: &config::Management,
        transport: Transport,
        token: TokenSource,
        remembered: Remembered,
    ) -> Self {
        let strangers = Strangers::new(settings.unknown_names_per_minute);
        let shared = Shared { transport, token: Token::new(token), strangers, remembered };
        Self { shared: Arc::new(shared), purpose: Purpose::Drawing, asking: Asking::Look }
    }

    /// The same API for what completes a login and for what applications get: an answer is fresh, or an error.
    pub fn deciding(&self) -> Self {
        Self { purpose: Purpose::Deciding, ..self.clone() }
    }

    /// The same API for a page that is drawn at once or not at all: a lookup is answered when it is first polled, from
    /// what is fresh, or never.
    pub fn at_once(&self) -> Self {
        Self { purpose: Purpose::AtOnce, ..self.clone() }
    }

    /// The same API for whoever names something: a stranger, as long as it is not known to exist.
    fn about(&self, name: Name<'_>) -> Self {
        let is_known = self.asking != Asking::Look || self.shared.strangers.know(name);
        Self { asking: if is_known { self.asking } else { Asking::Stranger }, ..self.clone() }
    }
}

/// Whether a stranger's text can be the id of anything: the API refuses others instead of saying "there is none".
fn may_name(text: &str) -> bool {
    (1..=600).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// A path segment or query value; ids may hold any character.
pub fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

#[cfg(test)]
mod tests;
