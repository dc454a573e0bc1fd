//! The Management API v2: Auth0's Organizations contract over tenant data; knows SQL's rows, not the faces.

pub mod answer;
mod attempts;
pub mod auth;
pub mod caller;
pub mod logins;
pub mod members;
pub mod paging;
pub mod passwords;
pub mod rate_limit;
mod text;
pub mod users;

#[cfg(test)]
mod login_tests;
#[cfg(test)]
mod test_support;
#[cfg(test)]
mod user_tests;

use crate::config;
use crate::store::Tenant;

use passwords::Passwords;

pub use caller::{Caller, GATEWAY_SCOPE};

/// What every handler of the API works with.
pub struct Management {
    pub tenant: Tenant,
    pub settings: config::Management,
    pub login: config::Login,
    pub passwords: Passwords,
}

impl Management {
    pub fn new(tenant: Tenant, settings: config::Management, login: config::Login) -> Self {
        let passwords = Passwords::new(&login);
        Self { tenant, settings, login, passwords }
    }
}
