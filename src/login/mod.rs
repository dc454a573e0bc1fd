//! Face 1, the person: from the authorize request to the code.
//!
//! Each step is a file and returns the next step's type; none routes to another. Every login ends in
//! [`authorize::proceed`], which alone decides what comes next.

mod at_once;
mod audience;
mod authorize;
mod callback;
mod choice;
mod choice_page;
mod code;
mod discovery;
mod draw;
mod email;
mod email_page;
mod entrance;
mod error;
pub mod explain;
mod form;
mod frame;
mod hosts;
mod identifier;
mod invitation;
mod links;
mod mark;
mod new_password;
mod options;
mod organization;
mod page;
mod password;
mod password_reset;
mod picker;
mod posted;
mod preview;
mod recent;
mod session;
mod sign_up;
mod ticket;
mod trial;
mod trial_page;
mod trip;
mod verify_email;
mod wait;

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header::{self, HeaderMap, HeaderName};
use axum::http::request::Parts;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::config::Config;
use crate::management_client::ManagementClient;
use crate::model::{Connection, Timestamp};
use crate::oidc::keys::Verifier;
use crate::oidc::relying_party::RelyingParty;
use crate::store::Logins;
use crate::web::budget::{Budget, FailureBudget};
use crate::web::client_address::ClientAddress;
use crate::web::cookies::Cookies;
use crate::web::redirect;
use crate::web::text::{self, Reader, Text};

/// What the login works with.
pub struct Login {
    /// For what is drawn.
    client: ManagementClient,
    /// For what completes a login.
    deciding: ManagementClient,
    /// For what waits for nothing.
    at_once: ManagementClient,
    logins: Logins,
    relying_party: RelyingParty,
    verifier: Verifier,
    settings: Arc<Config>,
    cookies: Cookies,
    trips: Budget,
    /// Answers that identity providers post.
    posts: Budget,
    /// Forms of every page.
    forms: Budget,
    picker_tries: Budget,
    identifier_tries: Budget,
    /// Addresses in requests that lead nowhere.
    unknown_hints: FailureBudget,
}

impl Login {
    pub fn new(
        settings: Arc<Config>,
        client: ManagementClient,
        logins: Logins,
        relying_party: RelyingParty,
        verifier: Verifier,
        cookies: Cookies,
    ) -> Self {
        let trips = Budget::per_minute(settings.login.trips_per_minute);
        let posts = Budget::per_minute(settings.login.trips_per_minute);
        let forms = Budget::per_minute(settings.login.forms_per_minute);
        let picker_tries = Budget::per_minute(settings.login.picker_tries_per_minute);
        let identifiers = settings.login.identifier_tries_per_minute;
        Self {
            deciding: client.deciding(),
            at_once: client.at_once(),
            client,
            logins,
            relying_party,
            verifier,
            settings,
            cookies,
            trips,
            posts,
            forms,
            picker_tries,
            identifier_tries: Budget::per_minute(identifiers),
            unknown_hints: FailureBudget::per_minute(identifiers),
        }
    }
}

impl Login {
    /// Whom an `id_token_hint` names; `None` when it is none of ours.
    fn person_of_hint(&self, token: &str, now: Timestamp) -> Option<String> {
        Some(self.verifier.read_hint(token, &self.settings.issuer(), now)?.sub)
    }

    /// Whether a connection's identity provider answers, in a sentence when not.
    ///
    /// # Errors
    /// What is wrong, for an administrator.
    pub async fn probe(&self, connection: &Connection) -> Result<(), String> {
        self.relying_party.probe(connection).await.map_err(|error| error.to_string())
    }
}

/// The pages and steps of a login.
pub fn router(login: Arc<Login>) -> Router {
    pages().merge(forms(login.clone())).with_state(login)
}

/// What a link or another site may lead to. A form from elsewhere is read without a cookie (design §5.10).
fn pages() -> Router<Arc<Login>> {
    Router::new()
        .route("/", get(hosts::root))
        .route("/authorize", get(authorize::get).post(authorize::post))
        .route("/login/organization", get(picker::choose))
        .route("/login/choice", get(choice::get))
        .route("/login/email/code", get(email::code_page))
        .route("/login/sign-up/account", get(sign_up::account))
        .route("/login/reset", get(password_reset::ask))
        .route("/login/reset/password", get(password_reset::choose))
        .route("/login/verify-email", get(verify_email::ask))
        .route("/login/callback/{connection}", get(callback::get).post(callback::post).head(not_allowed))
        .route("/login/preview/{secret}", get(preview::page))
        .route("/login/try/{secret}", get(trial::begin))
        .route("/o/{name}", get(hosts::organization_root))
        .route("/o/{name}/authorize", get(hosts::organization_authorize).post(hosts::organization_authorize_form))
}

/// The forms of our own pages, each behind the guard.
fn forms(login: Arc<Login>) -> Router<Arc<Login>> {
    Router::new()
        .route("/login/identifier", post(identifier::post))
        .route("/login/discovery", post(discovery::post))
        .route("/login/choice", post(choice::post))
        .route("/login/invitation", post(invitation::post))
        .route("/login/password", post(password::post))
        .route("/login/email", post(email::post))
        .route("/login/email/code", post(email::post_code))
        .route("/login/sign-up", post(sign_up::begin))
        .route("/login/sign-up/account", post(sign_up::create))
        .route("/login/reset", post(password_reset::send))
        .route("/login/reset/password", post(password_reset::change))
        .route("/login/verify-email", post(verify_email::verify))
        .route_layer(middleware::from_fn_with_state(login, form::guard))
}

/// A HEAD is answered like a GET unless told otherwise, and who only looks must not spend the trip.
async fn not_allowed() -> (StatusCode, [(HeaderName, &'static str); 1]) {
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, POST")])
}

/// Sends what comes to an organization's own host to the one origin (design §5.8); wraps every route.
pub fn lead_from_hosts(router: Router, login: Arc<Login>) -> Router {
    match login.has_hosts() {
        true => router.layer(middleware::from_fn_with_state(login, hosts::lead)),
        false => router,
    }
}

/// What a step knows of the request besides its parameters.
pub(crate) struct Visit {
    pub(crate) address: std::net::IpAddr,
    /// Who reads the answer.
    pub(crate) reader: Reader,
    pub(crate) headers: HeaderMap,
    /// The query as it was sent.
    pub(crate) query: String,
}

impl Visit {
    /// The language of what the person reads.
    fn text(&self) -> Text {
        self.reader.text
    }

    /// The language is the one that this authorize request asks for, if it asks for one there is.
    fn read_as(&mut self, query: &str) {
        if let Some(asked) = text::ui_locales(query) {
            self.reader.text = text::of_reader(Some(&asked), &self.headers);
        }
    }

    /// A form that comes again as a GET of `path` with its fields as query, so that no cookie need come along
    /// (design §5.10).
    fn again_as_query(&self, login: &Login, path: &str, form: &[u8]) -> Response {
        match self.query.is_empty() {
            true => redirect::form_as_query(path, form, login.settings.longest_query()),
            false => (StatusCode::BAD_REQUEST, "Send the parameters as a form, without a query.").into_response(),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let ClientAddress(address) = ClientAddress::from_request_parts(parts, state).await?;
        let reader = Reader::from_request_parts(parts, state).await?;
        let query = parts.uri.query().unwrap_or_default().to_owned();
        Ok(Self { address, reader, headers: parts.headers.clone(), query })
    }
}
