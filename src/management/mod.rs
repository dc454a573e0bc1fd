//! The Management API v2: Auth0's Organizations contract over tenant data; knows SQL's rows, not the faces.

pub mod answer;
pub mod caller;
pub mod paging;

use crate::config;
use crate::store::Tenant;

pub use caller::{Caller, GATEWAY_SCOPE};

/// What every handler of the API works with.
pub struct Management {
    pub tenant: Tenant,
    pub settings: config::Management,
}
