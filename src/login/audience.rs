//! The audience: tokens for an API only where the application has a client grant (contract §2.1).

use super::Login;
use super::entrance::Entrance;
use super::error::LoginError;
use super::organization::shown;
use crate::model::application::DASHBOARD;
use crate::oidc::error::code;

/// The scopes of the tokens that this login leads to: those that mean something here, and of the API's own those
/// that were asked for and granted. The source is asked each time.
///
/// # Errors
/// `access_denied` for an API that the application was not granted, and for the Management API to every application but
/// the dashboard, whose tokens carry what the person may do as an administrator.
pub(super) async fn scopes(login: &Login, entrance: &Entrance) -> Result<Vec<String>, LoginError> {
    let authorization = &entrance.authorization;
    let mut scopes: Vec<String> = authorization.scope.iter().map(|&scope| scope.to_owned()).collect();
    let Some(audience) = authorization.request().get("audience") else { return Ok(scopes) };
    let unknown = || entrance.refuse(code::ACCESS_DENIED, format!("Service not found: {}", shown(audience)));
    if is_management(login, audience) {
        let is_dashboard = entrance.application.client_id == DASHBOARD && entrance.organization.is_none();
        return if is_dashboard { Ok(scopes) } else { Err(unknown()) };
    }
    let grant = login.client.client_grant(&entrance.application.client_id, audience).await?.ok_or_else(unknown)?;
    for asked in authorization.request().get("scope").unwrap_or_default().split_ascii_whitespace() {
        if grant.scope.iter().any(|held| held == asked) && !scopes.iter().any(|scope| scope == asked) {
            scopes.push(asked.to_owned());
        }
    }
    Ok(scopes)
}

/// The Management API that is served here, or the one that is used.
fn is_management(login: &Login, audience: &str) -> bool {
    audience == login.settings.management_audience() || audience == format!("{}api/v2/", login.settings.issuer())
}
