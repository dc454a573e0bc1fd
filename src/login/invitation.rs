//! The invitation mode of an organization's page.

use std::sync::Arc;

use super::Login;
use super::error::LoginError;
use crate::model::Organization;
use crate::oidc::authorization::Authorization;
use crate::oidc::error::code;

/// An invitation whose link was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Invited {
    /// The link's secret.
    pub(super) ticket: String,
    /// Who is invited.
    pub(super) email: String,
    /// The only connection it may be accepted through.
    pub(super) connection_id: Option<String>,
}

/// The invitation that the request names (contract §3); it must be the organization's.
pub(super) async fn find(
    _login: &Login,
    authorization: &Authorization,
    _organization: Option<&Organization>,
) -> Result<Option<Arc<Invited>>, LoginError> {
    match authorization.request.get("invitation") {
        None => Ok(None),
        Some(_) => Err(authorization.refused(code::INVALID_REQUEST, "invitation not found or already used").into()),
    }
}
