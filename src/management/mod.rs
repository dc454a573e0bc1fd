//! The Management API v2: Auth0's Organizations contract over tenant data; knows SQL's rows, not the faces.

mod acceptance;
pub mod administrators;
pub mod answer;
pub mod answer_cache;
mod answered_trips;
mod attempts;
pub mod auth;
mod branding;
pub mod caller;
mod challenges;
mod check;
mod client_addresses;
mod client_grants;
mod client_settings;
mod clients;
mod connection_clients;
mod connection_options;
mod connection_order;
mod connection_settings;
mod connections;
mod decision;
mod discovery_domains;
mod dns;
mod email_codes;
mod enabled_connections;
pub mod gateways;
mod invitations;
mod jobs;
mod letters;
mod logins;
mod logs;
mod member_roles;
mod members;
mod membership;
mod membership_guard;
mod open_invitations;
mod openapi;
mod operation;
mod organization_client_grants;
mod organization_clients;
mod organization_connections;
mod organization_discovery;
mod organizations;
mod organizations_found;
mod paging;
mod password_changes;
mod password_hashes;
mod password_policy;
mod passwords;
mod permissions;
mod precondition;
mod prompts;
mod rate_limit;
mod recognize;
mod resource_servers;
mod roles;
mod schema;
mod search;
pub mod sessions;
pub mod setup;
mod sign_up;
mod sign_ups;
pub mod signing_keys;
mod stats;
mod tenant_settings;
#[cfg(test)]
mod test_support;
#[cfg(test)]
mod tests;
mod ticket_letters;
mod tickets;
mod trials;
mod user_body;
mod user_roles;
mod users;

use std::sync::Arc;

use axum::Router;

use crate::config::{self, Config};
use crate::model::ApiError;
use crate::store::Tenant;

use answer::Failure;
use answer_cache::AnswerCache;
use auth::TokenCheck;
use dns::Dns;
use operation::Routes;
use passwords::Passwords;
use sessions::Sessions;
use signing_keys::SigningKeys;

pub use caller::{Caller, GATEWAY_SCOPE};

/// Every scope of the API that may be granted; [`GATEWAY_SCOPE`] is not among them.
pub const SCOPES: &[&str] = &[
    "create:client_grants",
    "create:clients",
    "create:connections",
    "create:organization_client_grants",
    "create:organization_clients",
    "create:organization_connections",
    "create:organization_discovery_domains",
    "create:organization_invitations",
    "create:organization_member_roles",
    "create:organization_members",
    "create:organizations",
    "create:resource_servers",
    "create:role_members",
    "create:roles",
    "create:signing_keys",
    "create:user_tickets",
    "create:users",
    "delete:client_grants",
    "delete:clients",
    "delete:connections",
    "delete:organization_client_grants",
    "delete:organization_clients",
    "delete:organization_connections",
    "delete:organization_discovery_domains",
    "delete:organization_invitations",
    "delete:organization_member_roles",
    "delete:organization_members",
    "delete:organizations",
    "delete:resource_servers",
    "delete:role_members",
    "delete:roles",
    "delete:sessions",
    "delete:stats",
    "delete:users",
    "read:branding",
    "read:client_grants",
    "read:client_keys",
    "read:clients",
    "read:connections",
    "read:connections_options",
    "read:logs",
    "read:logs_users",
    "read:organization_client_grants",
    "read:organization_clients",
    "read:organization_connections",
    "read:organization_discovery_domains",
    "read:organization_invitations",
    "read:organization_member_roles",
    "read:organization_members",
    "read:organizations",
    "read:organizations_summary",
    "read:prompts",
    "read:resource_servers",
    "read:role_members",
    "read:roles",
    "read:sessions",
    "read:signing_keys",
    "read:stats",
    "read:tenant_settings",
    "read:users",
    "update:branding",
    "update:client_grants",
    "update:client_keys",
    "update:clients",
    "update:connections",
    "update:organization_clients",
    "update:organization_connections",
    "update:organization_discovery_domains",
    "update:organizations",
    "update:prompts",
    "update:resource_servers",
    "update:roles",
    "update:signing_keys",
    "update:tenant_settings",
    "update:users",
];

/// What a gateway answers of itself where another machine serves the API.
pub const GATEWAY_OWN_SCOPES: [&str; 2] = ["delete:stats", "read:stats"];

/// Whether there is such a scope that may be granted.
pub fn is_scope(scope: &str) -> bool {
    SCOPES.contains(&scope)
}

/// Them all, as a token that may do everything carries them.
pub fn every_scope() -> Vec<String> {
    SCOPES.iter().map(|scope| (*scope).to_owned()).collect()
}

/// What every handler of the API works with.
pub struct Management {
    pub tenant: Tenant,
    pub settings: config::Management,
    login: config::Login,
    tokens: config::Tokens,
    /// The audience of this API's tokens.
    audience: String,
    /// Where the pages that tickets lead to are.
    public_url: url::Url,
    passwords: Passwords,
    signing_keys: Arc<dyn SigningKeys>,
    answer_cache: Arc<dyn AnswerCache>,
    sessions: Arc<dyn Sessions>,
    dns: Dns,
}

impl Management {
    pub fn new(
        tenant: Tenant,
        config: &Config,
        signing_keys: Arc<dyn SigningKeys>,
        answer_cache: Arc<dyn AnswerCache>,
        sessions: Arc<dyn Sessions>,
    ) -> Self {
        Self {
            tenant,
            settings: config.management.clone(),
            login: config.login.clone(),
            tokens: config.tokens.clone(),
            audience: config.management_audience(),
            public_url: config.server.public_url.clone(),
            passwords: Passwords::new(&config.login),
            signing_keys,
            answer_cache,
            sessions,
            dns: Dns::new(config.management.dns_server),
        }
    }
}

/// A group of `management.endpoint_limits` that no operation is in.
pub fn unknown_group(settings: &config::Management) -> Option<&str> {
    let is_group = |name: &str| {
        let about = name.strip_suffix("_read").or_else(|| name.strip_suffix("_write"));
        about.is_some_and(|about| SCOPES.iter().any(|scope| scope.split_once(':').is_some_and(|(_, it)| it == about)))
    };
    settings.endpoint_limits.keys().map(String::as_str).find(|name| !is_group(name))
}

/// Every route below `/api/v2`, behind the check of tokens, the rate limits and the check of scopes.
pub fn router(management: Arc<Management>, tokens: TokenCheck) -> Router {
    guarded(routes, management, tokens)
}

/// What a gateway answers of itself when another machine serves the API.
pub fn gateway_router(management: Arc<Management>, tokens: TokenCheck) -> Router {
    guarded(answer_cache::routes, management, tokens)
}

fn guarded(routes: fn() -> Routes, management: Arc<Management>, tokens: TokenCheck) -> Router {
    let settings = management.settings.clone();
    let (router, needs) = openapi::routes_of(routes);
    let router = router
        .method_not_allowed_fallback(|| async { Failure::Api(ApiError::new(405, None, "Method Not Allowed")) })
        .fallback(|| async { Failure::Api(ApiError::not_found(None, "Not Found")) })
        .with_state(management);
    auth::layers(router, needs, tokens, &settings).merge(openapi::route(routes))
}

/// The table of all operations.
fn routes() -> Routes {
    organizations::routes()
        .merge(enabled_connections::routes())
        .merge(connection_order::routes())
        .merge(organization_connections::routes())
        .merge(members::routes())
        .merge(member_roles::routes())
        .merge(invitations::routes())
        .merge(discovery_domains::routes())
        .merge(organization_client_grants::routes())
        .merge(organization_clients::routes())
        .merge(connections::routes())
        .merge(connection_clients::routes())
        .merge(clients::routes())
        .merge(client_grants::routes())
        .merge(resource_servers::routes())
        .merge(signing_keys::routes())
        .merge(answer_cache::routes())
        .merge(stats::routes())
        .merge(users::routes())
        .merge(sessions::routes())
        .merge(user_roles::routes())
        .merge(roles::routes())
        .merge(permissions::routes())
        .merge(logs::routes())
        .merge(tenant_settings::routes())
        .merge(prompts::routes())
        .merge(branding::routes())
        .merge(logins::routes())
        .merge(trials::routes())
        .merge(challenges::routes())
        .merge(password_changes::routes())
        .merge(sign_ups::routes())
        .merge(tickets::routes())
        .merge(jobs::routes())
        .merge(setup::routes())
        .merge(organization_discovery::routes())
        .merge(organizations_found::routes())
        .merge(open_invitations::routes())
}
