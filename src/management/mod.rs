//! The Management API v2: Auth0's Organizations contract over tenant data; knows SQL's rows, not the faces.

pub mod answer;
pub mod caller;
mod check;
pub mod client_grants;
mod client_settings;
pub mod clients;
pub mod connection_clients;
mod connection_options;
pub mod connections;
pub mod enabled_connections;
pub mod organizations;
pub mod paging;
#[cfg(test)]
mod tests;

use crate::config;
use crate::store::Tenant;

pub use caller::{Caller, GATEWAY_SCOPE};

/// What every handler of the API works with.
pub struct Management {
    pub tenant: Tenant,
    pub settings: config::Management,
}
