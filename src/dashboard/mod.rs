//! Face 3, the administrator: pages over the Management API, each call with the administrator's own token.
//!
//! Every page has an address; its form posts to the same address and ends in a 303. Nothing here decides what somebody
//! may do: the API does, and a page only leaves out what would be refused.

mod administrators;
mod application;
mod application_connections;
mod application_organizations;
mod application_secret;
mod applications;
mod asked;
mod branding;
mod button_order;
mod cache;
mod chart;
mod confirmation;
mod connection;
mod connection_organizations;
mod connections;
mod domain;
mod domains;
mod editing;
mod enabling;
mod error;
mod event_words;
mod expiry;
mod explain;
mod fields;
mod first_steps;
mod frame;
mod guard;
mod health;
mod invitations;
mod inviting;
mod landing;
mod log_filter;
mod logs;
mod member;
mod member_adding;
mod members;
mod metadata;
mod moment;
mod organization;
mod organization_connection;
mod organization_connections;
mod organizations;
mod overview;
mod resending;
mod role;
mod role_choices;
mod roles;
mod session;
mod setup;
mod shown_once;
mod sign_in;
mod strategy;
mod trial;
mod user;
mod user_organizations;
mod user_password;
mod user_roles;
mod user_sessions;
mod users;

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use futures_util::future::BoxFuture;
use tower::{ServiceExt, service_fn};
use url::Url;

use crate::config::Config;
use crate::management_client::{ManagementClient, Transport};
use crate::model::explanation::Line;
use crate::oidc::keys::Verifier;
use crate::oidc::relying_party::RelyingParty;
use crate::store::Logins;
use crate::web::Cookies;
use crate::web::budget::Budget;
use crate::web::client_address::ClientAddress;
use crate::web::message;
use crate::web::redirect;
use crate::web::text::{Reader, Text};

/// What `vestibule explain` says of the address of a login, or why it says nothing: wired by `app.rs`, since it belongs
/// to the face of the person.
pub type Explain = Box<dyn Fn(Url) -> BoxFuture<'static, Result<Vec<Line>, String>> + Send + Sync>;

/// What the dashboard works with.
pub struct Dashboard {
    /// For what a person without a token asks; everything else goes by their own.
    client: ManagementClient,
    /// The token endpoint of this process.
    back_channel: Transport,
    logins: Logins,
    verifier: Verifier,
    /// For what identity providers have to know, and whether they answer.
    relying_party: RelyingParty,
    explain: Explain,
    settings: Arc<Config>,
    cookies: Cookies,
    forms: Budget,
    /// Forms that are kept for who has to sign in again.
    drafts: Budget,
}

impl Dashboard {
    pub fn new(
        settings: Arc<Config>,
        client: ManagementClient,
        back_channel: Transport,
        logins: Logins,
        (verifier, relying_party): (Verifier, RelyingParty),
        explain: Explain,
        cookies: Cookies,
    ) -> Self {
        let forms = Budget::per_minute(settings.dashboard.forms_per_minute);
        Self {
            client,
            back_channel,
            logins,
            verifier,
            relying_party,
            explain,
            settings,
            cookies,
            forms,
            drafts: Budget::per_minute(10),
        }
    }

    /// The address of one of its pages, for others.
    fn address(&self, path: &str) -> String {
        let joined = self.settings.server.public_url.join(path);
        joined.map(String::from).unwrap_or_default()
    }
}

/// The pages of the dashboard. Their table is made when somebody first asks for one: most servers are never asked,
/// and an idle one shall be small.
pub fn router(dashboard: Arc<Dashboard>) -> Router {
    let made: Arc<OnceLock<Router>> = Arc::default();
    let serve = service_fn(move |mut request: Request| {
        if let Some(whole) = whole_address(request.uri()) {
            *request.uri_mut() = whole;
        }
        made.get_or_init(|| table(dashboard.clone())).clone().oneshot(request)
    });
    Router::new().nest_service("/dashboard", serve)
}

/// What was asked for, of what is left of it below `/dashboard`.
fn whole_address(below: &Uri) -> Option<Uri> {
    let below = below.path_and_query().map_or("/", |below| below.as_str());
    let is_home = below == "/" || below.starts_with("/?");
    format!("/dashboard{}", if is_home { &below[1..] } else { below }).parse().ok()
}

fn table(dashboard: Arc<Dashboard>) -> Router {
    let open = Router::new()
        .route("/dashboard/setup", get(setup::page))
        .route("/dashboard/sign-in", get(sign_in::begin))
        .route("/dashboard/callback", get(sign_in::arrive))
        .route("/dashboard/signed-out", get(sign_in::signed_out));
    let open_forms = Router::new()
        .route("/dashboard/setup", post(setup::create))
        // Also of a session that has ended: whoever signs out is out.
        .route("/dashboard/sign-out", post(sign_in::sign_out))
        .route_layer(from_fn_with_state(dashboard.clone(), guard::of_anyone));
    let forms = forms().route_layer(from_fn_with_state(dashboard.clone(), guard::of_administrators));
    let all = open.merge(open_forms).merge(pages()).merge(forms);
    all.layer(from_fn(error::speak)).with_state(dashboard).fallback(message::nothing_here)
}

/// What somebody signed in may look at.
fn pages() -> Router<Arc<Dashboard>> {
    Router::new()
        .route("/dashboard", get(overview::page))
        .route("/dashboard/cache/purge", get(cache::purging))
        .route("/dashboard/administrators", get(administrators::list))
        .route("/dashboard/administrators/new", get(administrators::new))
        .route("/dashboard/administrators/{role}/{user}/remove", get(administrators::removal))
        .route("/dashboard/applications", get(applications::list))
        .route("/dashboard/applications/new", get(applications::new))
        .route("/dashboard/applications/{client_id}", get(application::page))
        .route("/dashboard/applications/{client_id}/connections", get(application_connections::list))
        .route("/dashboard/applications/{client_id}/delete", get(application_secret::deletion))
        .route("/dashboard/applications/{client_id}/organizations", get(application_organizations::page))
        .route("/dashboard/applications/{client_id}/secret", get(application_secret::rotation))
        .route("/dashboard/connections", get(connections::list))
        .route("/dashboard/connections/new", get(connections::new))
        .route("/dashboard/connections/{id}", get(connection::page))
        .route("/dashboard/connections/{id}/delete", get(connection::deletion))
        .route("/dashboard/connections/{id}/organizations", get(connection_organizations::list))
        .route("/dashboard/explain", get(explain::page))
        .route("/dashboard/logs", get(logs::list))
        .route("/dashboard/logs/{id}", get(logs::event))
        .route("/dashboard/organizations", get(organizations::list))
        .route("/dashboard/organizations/new", get(organizations::new))
        .route("/dashboard/organizations/{id}", get(organization::page))
        .route("/dashboard/organizations/{id}/delete", get(organization::deletion))
        .route("/dashboard/organizations/{id}/branding", get(branding::page))
        .route("/dashboard/organizations/{id}/branding/preview", get(branding::saved_preview))
        .route("/dashboard/organizations/{id}/metadata", get(metadata::page))
        .route("/dashboard/organizations/{id}/connections", get(organization_connections::list))
        .route("/dashboard/organizations/{id}/connections/enable", get(enabling::page))
        .route("/dashboard/organizations/{id}/connections/order", get(button_order::page))
        .route("/dashboard/organizations/{id}/connections/{connection}", get(organization_connection::page))
        .route("/dashboard/organizations/{id}/connections/{connection}/remove", get(organization_connection::removal))
        .route("/dashboard/organizations/{id}/members", get(members::list))
        .route("/dashboard/organizations/{id}/members/add", get(member_adding::page))
        .route("/dashboard/organizations/{id}/members/{user}", get(member::page))
        .route("/dashboard/organizations/{id}/members/{user}/remove", get(member::removal))
        .route("/dashboard/organizations/{id}/invitations", get(invitations::list))
        .route("/dashboard/organizations/{id}/invitations/new", get(inviting::page))
        .route("/dashboard/organizations/{id}/invitations/{invitation}/link", get(inviting::link))
        .route("/dashboard/organizations/{id}/invitations/{invitation}/resend", get(resending::page))
        .route("/dashboard/organizations/{id}/invitations/{invitation}/revoke", get(invitations::revocation))
        .route("/dashboard/organizations/{id}/domains", get(domains::list))
        .route("/dashboard/organizations/{id}/domains/new", get(domains::new))
        .route("/dashboard/organizations/{id}/domains/{domain}", get(domain::page))
        .route("/dashboard/organizations/{id}/domains/{domain}/delete", get(domain::deletion))
        .route("/dashboard/roles", get(roles::list))
        .route("/dashboard/roles/new", get(roles::new))
        .route("/dashboard/roles/{id}", get(role::page))
        .route("/dashboard/roles/{id}/delete", get(role::deletion))
        .route("/dashboard/roles/{id}/people", get(role::page))
        .route("/dashboard/shown-once", get(shown_once::page))
        .route("/dashboard/users", get(users::list))
        .route("/dashboard/users/new", get(users::new))
        .route("/dashboard/users/{id}", get(user::page))
        .route("/dashboard/users/{id}/block", get(user::blocking))
        .route("/dashboard/users/{id}/delete", get(user::deletion))
        .route("/dashboard/users/{id}/organizations", get(user_organizations::list))
        .route("/dashboard/users/{id}/password", get(user_password::page))
        .route("/dashboard/users/{id}/roles", get(user_roles::list))
        .route("/dashboard/users/{id}/sessions", get(user_sessions::list))
        .route("/dashboard/users/{id}/unblock", get(user::unblocking))
}

/// The forms of these pages, behind the guard.
fn forms() -> Router<Arc<Dashboard>> {
    Router::new()
        .route("/dashboard/cache/purge", post(cache::purge))
        .route("/dashboard/administrators/new", post(administrators::give))
        .route("/dashboard/administrators/{role}/{user}/remove", post(administrators::remove))
        .route("/dashboard/applications/new", post(applications::create))
        .route("/dashboard/applications/{client_id}", post(application::update))
        .route("/dashboard/applications/{client_id}/connections", post(application_connections::update))
        .route("/dashboard/applications/{client_id}/delete", post(application_secret::delete))
        .route("/dashboard/applications/{client_id}/organizations", post(application_organizations::update))
        .route("/dashboard/applications/{client_id}/secret", post(application_secret::rotate))
        .route("/dashboard/connections/new", post(connections::create))
        .route("/dashboard/connections/{id}", post(connection::update))
        .route("/dashboard/connections/{id}/check", post(connection::check))
        .route("/dashboard/connections/{id}/try", post(trial::begin))
        .route("/dashboard/connections/{id}/delete", post(connection::delete))
        .route("/dashboard/explain", post(explain::explain))
        .route("/dashboard/organizations/new", post(organizations::create))
        .route("/dashboard/organizations/{id}", post(organization::update))
        .route("/dashboard/organizations/{id}/delete", post(organization::delete))
        .route("/dashboard/organizations/{id}/branding", post(branding::update))
        .route("/dashboard/organizations/{id}/branding/preview", post(branding::preview))
        .route("/dashboard/organizations/{id}/metadata", post(metadata::update))
        .route("/dashboard/organizations/{id}/connections/enable", post(enabling::enable))
        .route("/dashboard/organizations/{id}/connections/order", post(button_order::update))
        .route("/dashboard/organizations/{id}/connections/{connection}", post(organization_connection::update))
        .route("/dashboard/organizations/{id}/connections/{connection}/remove", post(organization_connection::remove))
        .route("/dashboard/organizations/{id}/members/add", post(member_adding::add))
        .route("/dashboard/organizations/{id}/members/{user}", post(member::update))
        .route("/dashboard/organizations/{id}/members/{user}/remove", post(member::remove))
        .route("/dashboard/organizations/{id}/invitations/new", post(inviting::invite))
        .route("/dashboard/organizations/{id}/invitations/{invitation}/resend", post(resending::resend))
        .route("/dashboard/organizations/{id}/invitations/{invitation}/revoke", post(invitations::revoke))
        .route("/dashboard/organizations/{id}/domains/new", post(domains::create))
        .route("/dashboard/organizations/{id}/domains/{domain}", post(domain::update))
        .route("/dashboard/organizations/{id}/domains/{domain}/check", post(domain::check))
        .route("/dashboard/organizations/{id}/domains/{domain}/delete", post(domain::delete))
        .route("/dashboard/roles/new", post(roles::create))
        .route("/dashboard/roles/{id}", post(role::update))
        .route("/dashboard/roles/{id}/delete", post(role::delete))
        .route("/dashboard/roles/{id}/people", post(role::change_people))
        .route("/dashboard/users/new", post(users::create))
        .route("/dashboard/users/{id}/block", post(user::block))
        .route("/dashboard/users/{id}/delete", post(user::delete))
        .route("/dashboard/users/{id}/password", post(user_password::send))
        .route("/dashboard/users/{id}/roles", post(user_roles::update))
        .route("/dashboard/users/{id}/sessions", post(user_sessions::end))
        .route("/dashboard/users/{id}/unblock", post(user::unblock))
}

/// Where another machine serves the Management API, its dashboard is there as well.
pub fn elsewhere(management: &Url) -> Router {
    let target = management.join("dashboard").map(String::from).unwrap_or_default();
    let lead = move || {
        let target = target.clone();
        async move { redirect::found(&target) }
    };
    Router::new().route("/dashboard", get(lead.clone())).route("/dashboard/{*page}", get(lead))
}

/// What a page knows of the request.
#[derive(Clone)]
struct Visit {
    address: std::net::IpAddr,
    reader: Reader,
    headers: HeaderMap,
    /// Path and query.
    place: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let ClientAddress(address) = ClientAddress::from_request_parts(parts, state).await?;
        let mut reader = Reader::from_request_parts(parts, state).await?;
        // It speaks English alone.
        reader.text = Text::of(crate::model::tenant_settings::Locale::En);
        let place = parts.uri.path_and_query().map_or("/", |place| place.as_str()).to_owned();
        Ok(Self { address, reader, headers: parts.headers.clone(), place })
    }
}

/// The page of an organization, for templates.
pub(crate) fn organization_address(id: &str) -> String {
    organization::address(id)
}

/// A parameter of an address, given as path and query.
fn parameter(place: &str, name: &str) -> Option<String> {
    let (_, query) = place.split_once('?')?;
    url::form_urlencoded::parse(query.as_bytes()).find(|(its, _)| its == name).map(|(_, value)| value.into_owned())
}

/// What a page answers: itself, or why there is none.
type Answer = Result<Response, error::DashboardError>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_asked_for_by_its_whole_address() {
        let whole = |below: &str| whole_address(&below.parse().expect("an address")).map(|whole| whole.to_string());
        for (below, expected) in [
            ("/", "/dashboard"),
            ("/?done=saved", "/dashboard?done=saved"),
            ("/users/a%7Cb?q=x%20y", "/dashboard/users/a%7Cb?q=x%20y"),
        ] {
            assert_eq!(whole(below).as_deref(), Some(expected));
        }
    }
}
