//! The Management API v2: Auth0's Organizations contract over tenant data; knows SQL's rows, not the faces.

pub mod answer;
mod answered_trips;
mod attempts;
pub mod auth;
pub mod caller;
mod check;
mod client_grants;
mod client_settings;
mod clients;
mod connection_clients;
mod connection_options;
mod connections;
mod enabled_connections;
pub mod gateways;
mod logins;
mod members;
mod organizations;
mod paging;
mod passwords;
mod rate_limit;
#[cfg(test)]
mod test_support;
#[cfg(test)]
mod tests;
mod users;

use std::sync::Arc;

use axum::Router;

use crate::config;
use crate::model::ApiError;
use crate::store::Tenant;

use answer::Failure;
use auth::TokenCheck;
use passwords::Passwords;

pub use caller::{Caller, GATEWAY_SCOPE};

/// Every scope of the API that may be granted; [`GATEWAY_SCOPE`] is not among them.
pub const SCOPES: [&str; 30] = [
    "create:client_grants",
    "create:clients",
    "create:connections",
    "create:organization_connections",
    "create:organization_members",
    "create:organizations",
    "create:users",
    "delete:client_grants",
    "delete:clients",
    "delete:connections",
    "delete:organization_connections",
    "delete:organization_members",
    "delete:organizations",
    "delete:users",
    "read:client_grants",
    "read:client_keys",
    "read:clients",
    "read:connections",
    "read:connections_options",
    "read:organization_connections",
    "read:organization_members",
    "read:organizations",
    "read:users",
    "update:client_grants",
    "update:client_keys",
    "update:clients",
    "update:connections",
    "update:organization_connections",
    "update:organizations",
    "update:users",
];

/// What every handler of the API works with.
pub struct Management {
    pub tenant: Tenant,
    pub settings: config::Management,
    login: config::Login,
    passwords: Passwords,
}

impl Management {
    pub fn new(tenant: Tenant, settings: config::Management, login: config::Login) -> Self {
        let passwords = Passwords::new(&login);
        Self { tenant, settings, login, passwords }
    }
}

/// Every route below `/api/v2`, behind the check of tokens and the rate limits.
pub fn router(management: Arc<Management>, tokens: TokenCheck) -> Router {
    let settings = management.settings.clone();
    let routes = Router::new()
        .merge(organizations::router())
        .merge(enabled_connections::router())
        .merge(members::router())
        .merge(connections::router())
        .merge(connection_clients::router())
        .merge(clients::router())
        .merge(client_grants::router())
        .merge(users::router())
        .merge(logins::router())
        .method_not_allowed_fallback(|| async { Failure::Api(ApiError::new(405, None, "Method Not Allowed")) })
        .fallback(|| async { Failure::Api(ApiError::not_found(None, "Not Found")) })
        .with_state(management);
    auth::layers(routes, tokens, &settings)
}
