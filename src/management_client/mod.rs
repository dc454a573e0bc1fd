//! Typed calls to the Management API, remembered; knows HTTP, not SQL.

mod cache;
mod calls;
mod discovery;
mod logins;
mod strangers;
mod token;
mod transport;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use crate::config;
use crate::model::connection::EnabledConnection;
use crate::model::login::Discovery;
use crate::model::organization::{is_organization_id, is_organization_name};
use crate::model::tenant_settings::PromptSettings;
use crate::model::{
    ApiError, Application, ClientGrant, Connection, Organization, OrganizationClient, ResourceServer, User,
};

pub use cache::Writes;
pub use discovery::{Memberships, MembershipsAsked};

use cache::{Memory, Remembered};
use calls::without_query;
use strangers::Strangers;
use token::Token;
pub use token::TokenSource;
pub use transport::{Transport, TransportError, embedded, remote};

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
    Unreachable(String),
}

impl From<TransportError> for ManagementError {
    fn from(error: TransportError) -> Self {
        Self::Unreachable(error.to_string())
    }
}

pub type Result<T> = std::result::Result<T, ManagementError>;

/// An enabled connection with what the page and the trip need of it.
#[derive(Debug, Clone)]
pub struct LoginOption {
    pub connection: Arc<Connection>,
    /// Whether the page draws it; a hidden one still works by name and by its domains.
    pub visible: bool,
    /// Whether whoever has no account may make one here.
    pub allows_sign_up: bool,
}

/// The Management API, seen from the gateway.
pub struct ManagementClient {
    transport: Transport,
    token: Token,
    writes: Writes,
    strangers: Strangers,
    organizations: Memory<Option<Arc<Organization>>>,
    options: Memory<Arc<Vec<LoginOption>>>,
    application_options: Memory<Arc<Vec<LoginOption>>>,
    connections: Memory<Option<Arc<Connection>>>,
    applications: Memory<Option<Arc<Application>>>,
    organization_clients: Memory<Option<Arc<OrganizationClient>>>,
    resource_servers: Memory<Option<Arc<ResourceServer>>>,
    discoveries: Memory<Option<Arc<Discovery>>>,
    prompts: Memory<Option<Arc<PromptSettings>>>,
}

impl ManagementClient {
    /// `writes` is counted by who sees writes to the API; a remote one's are not seen.
    pub fn new(settings: &config::Management, transport: Transport, token: TokenSource, writes: Writes) -> Self {
        let fresh = Duration::from_secs(settings.fresh_seconds);
        let share = (settings.cache_megabytes << 20) / 9;
        Self {
            transport,
            token: Token::new(token),
            writes,
            strangers: Strangers::new(settings.unknown_names_per_minute),
            organizations: Memory::new(fresh, share),
            options: Memory::new(fresh, share),
            application_options: Memory::new(fresh, share),
            connections: Memory::new(fresh, share),
            applications: Memory::new(fresh, share),
            organization_clients: Memory::new(fresh, share),
            resource_servers: Memory::new(fresh, share),
            discoveries: Memory::new(fresh, share),
            prompts: Memory::new(fresh, share),
        }
    }

    /// The organization of this id or name; `None` also for what is neither.
    pub async fn organization(&self, id_or_name: &str) -> Result<Option<Arc<Organization>>> {
        if !is_organization_id(id_or_name) && !is_organization_name(id_or_name) {
            return Ok(None);
        }
        self.organizations.get(&self.writes, id_or_name, self.find_organization(id_or_name)).await
    }

    /// As [`ManagementClient::organization`], asked at the source each time.
    pub async fn organization_now(&self, id_or_name: &str) -> Result<Option<Arc<Organization>>> {
        match is_organization_id(id_or_name) || is_organization_name(id_or_name) {
            true => self.find_organization(id_or_name).await,
            false => Ok(None),
        }
    }

    /// As [`ManagementClient::organization`], asked for by a stranger.
    ///
    /// # Errors
    /// `TooManyUnknown` when the address asked in vain too often and this one is not known to exist.
    pub async fn organization_for(&self, address: IpAddr, id_or_name: &str) -> Result<Option<Arc<Organization>>> {
        let is_remembered = self.organizations.knows(&self.writes, id_or_name);
        self.strangers.ask(address, id_or_name, is_remembered, self.organization(id_or_name)).await
    }

    /// As [`ManagementClient::application`], asked for by a stranger.
    ///
    /// # Errors
    /// `TooManyUnknown` when the address asked in vain too often and this one is not known to exist.
    pub async fn application_for(&self, address: IpAddr, client_id: &str) -> Result<Option<Arc<Application>>> {
        let is_remembered = self.applications.knows(&self.writes, client_id);
        self.strangers.ask(address, client_id, is_remembered, self.application(client_id)).await
    }

    /// The organization's enabled connections, in their order, hidden ones included.
    pub async fn login_options(&self, organization: &Organization) -> Result<Arc<Vec<LoginOption>>> {
        let id = &organization.id;
        let load = async {
            let mut options = Vec::new();
            for enabled in self.enabled_connections(id).await? {
                // A connection deleted between the two calls is not enabled any more; one that no login can pass
                // through is no option.
                let connection = self.connection(&enabled.connection_id).await?;
                if let Some(connection) = connection.filter(|connection| connection.is_open()) {
                    // Only a company's own directory can be hidden (contract §1.4).
                    let visible = enabled.show_as_button || !connection.strategy.is_enterprise();
                    let allows_sign_up = enabled.is_signup_enabled == Some(true);
                    options.push(LoginOption { connection, visible, allows_sign_up });
                }
            }
            Ok(Arc::new(options))
        };
        self.options.get(&self.writes, id, load).await
    }

    /// The connections an application may use without an organization (design §5.9).
    pub async fn application_options(&self, client_id: &str) -> Result<Arc<Vec<LoginOption>>> {
        #[derive(Deserialize)]
        struct Answer {
            connections: Vec<Connection>,
        }
        let load = async {
            let mut options = Vec::new();
            for page in 0.. {
                let path = format!("/api/v2/clients/{}/connections?page={page}&per_page=100", encode(client_id));
                let Some(answer) = self.find::<Answer>(&path).await? else { break };
                let last = answer.connections.len() < 100;
                let option = |connection: Connection| LoginOption {
                    visible: true,
                    allows_sign_up: connection.allows_sign_up(),
                    connection: Arc::new(connection),
                };
                options.extend(answer.connections.into_iter().filter(Connection::is_open).map(option));
                if last {
                    break;
                }
            }
            Ok(Arc::new(options))
        };
        self.application_options.get(&self.writes, client_id, load).await
    }

    /// The connection with its options and secrets.
    pub async fn connection(&self, id: &str) -> Result<Option<Arc<Connection>>> {
        let path = format!("/api/v2/connections/{}", encode(id));
        self.connections.get(&self.writes, id, self.find_one(&path, |found: &Connection| found.id == id)).await
    }

    /// The application with its secret; `None` also for what cannot be a client id, which is not asked for.
    pub async fn application(&self, client_id: &str) -> Result<Option<Arc<Application>>> {
        if !may_name(client_id) {
            return Ok(None);
        }
        let path = format!("/api/v2/clients/{}", encode(client_id));
        let is_asked = |found: &Application| found.client_id == client_id;
        self.applications.get(&self.writes, client_id, self.find_one(&path, is_asked)).await
    }

    /// Whether the organization's people may use the application; most organizations let them use every one
    /// (contract §1.10).
    pub async fn lets_use(&self, organization: &Organization, client_id: &str) -> Result<bool> {
        if organization.is_app_entitlement_active != Some(true) {
            return Ok(true);
        }
        // No organization's id holds a slash.
        let key = format!("{}/{client_id}", organization.id);
        let path = format!("/api/v2/organizations/{}/clients/{}", encode(&organization.id), encode(client_id));
        let is_asked = |found: &OrganizationClient| found.client_id == client_id;
        let found = self.organization_clients.get(&self.writes, &key, self.find_one(&path, is_asked)).await?;
        Ok(found.is_some_and(|found| found.use_for_member_access))
    }

    /// What the application was granted for an API; asked at the source each time.
    pub async fn client_grant(&self, client_id: &str, audience: &str) -> Result<Option<ClientGrant>> {
        if !may_name(audience) {
            return Ok(None);
        }
        let path = format!("/api/v2/client-grants?client_id={}&audience={}", encode(client_id), encode(audience));
        let grants: Option<Vec<ClientGrant>> = self.find(&path).await?;
        Ok(grants.unwrap_or_default().into_iter().find(|grant| grant.audience == audience))
    }

    /// The API that tokens are for, if it is registered (contract §1.13).
    pub async fn resource_server(&self, audience: &str) -> Result<Option<Arc<ResourceServer>>> {
        if !may_name(audience) {
            return Ok(None);
        }
        let load = async {
            let path = format!("/api/v2/resource-servers?identifiers={}", encode(audience));
            let found: Vec<ResourceServer> = self.find(&path).await?.unwrap_or_default();
            Ok(found.into_iter().find(|found| found.identifier == audience).map(Arc::new))
        };
        self.resource_servers.get(&self.writes, audience, load).await
    }

    /// Whether an organization lets a client grant be used with it; asked at the source each time.
    pub async fn grant_is_associated(&self, organization_id: &str, grant_id: &str) -> Result<bool> {
        let grant = encode(grant_id);
        let path = format!("/api/v2/organizations/{}/client-grants?grant_ids={grant}", encode(organization_id));
        let grants: Option<Vec<ClientGrant>> = self.find(&path).await?;
        Ok(grants.unwrap_or_default().iter().any(|grant| grant.id == grant_id))
    }

    /// The user; asked at the source each time.
    pub async fn user(&self, user_id: &str) -> Result<Option<User>> {
        self.find(&format!("/api/v2/users/{}", encode(user_id))).await
    }

    /// Whether the API answers, and the gateway's token is accepted.
    pub async fn probe(&self) -> Result<()> {
        self.find::<serde_json::Value>("/api/v2/clients?per_page=1").await.map(|_| ())
    }

    /// Every connection, with its secrets; asked at the source.
    pub async fn all_connections(&self) -> Result<Vec<Connection>> {
        let mut all = Vec::new();
        for page in 0.. {
            let path = format!("/api/v2/connections?page={page}&per_page=100");
            let found: Vec<Connection> = self.find(&path).await?.unwrap_or_default();
            let last = found.len() < 100;
            all.extend(found);
            if last {
                break;
            }
        }
        Ok(all)
    }

    async fn find_organization(&self, id_or_name: &str) -> Result<Option<Arc<Organization>>> {
        let folder = if is_organization_id(id_or_name) { "" } else { "name/" };
        let is_asked = |found: &Organization| found.id == id_or_name || found.name == id_or_name;
        self.find_one(&format!("/api/v2/organizations/{folder}{id_or_name}"), is_asked).await
    }

    async fn enabled_connections(&self, organization_id: &str) -> Result<Vec<EnabledConnection>> {
        #[derive(Deserialize)]
        struct Page {
            enabled_connections: Vec<EnabledConnection>,
            total: usize,
        }
        let mut all: Vec<EnabledConnection> = Vec::new();
        let mut expected = None;
        loop {
            // Pages of 100, as asked for; a page that is short or empty too early is found by the total.
            let page = all.len() / 100;
            let path = format!(
                "/api/v2/organizations/{organization_id}/enabled_connections?page={page}&per_page=100&include_totals=true"
            );
            let Some(answer) = self.find::<Page>(&path).await? else { return Ok(Vec::new()) };
            let total = *expected.get_or_insert(answer.total);
            all.extend(answer.enabled_connections);
            if total == answer.total && all.len() == total {
                return Ok(all);
            }
            // All or nothing: a set that changed between two pages may lack what is in it now.
            if total != answer.total || all.len() != (page + 1) * 100 {
                let text = format!("{}: {} of {} came", without_query(&path), all.len(), answer.total);
                return Err(ManagementError::Unreachable(text));
            }
        }
    }
}

/// Whether a stranger's text can be the id of anything: the API refuses others instead of saying "there is none".
fn may_name(text: &str) -> bool {
    (1..=600).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// A path segment or query value; ids may hold any character.
fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

impl<T: serde::Serialize + Send + Sync + 'static> Remembered for Option<Arc<T>> {
    /// The size in JSON stands for the size in memory: measured once, when an answer is kept.
    fn weight(&self) -> u32 {
        let json = self.as_ref().and_then(|value| serde_json::to_vec(value).ok()).unwrap_or_default();
        u32::try_from(json.len()).unwrap_or(u32::MAX)
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl Remembered for Arc<Vec<LoginOption>> {
    /// The connections themselves are shared with the memory of connections.
    fn weight(&self) -> u32 {
        u32::try_from(self.len() * 32).unwrap_or(u32::MAX)
    }
}
