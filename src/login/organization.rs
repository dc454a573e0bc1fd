//! Which organization a request means, and by which rule (design §5.7).

use std::net::IpAddr;
use std::sync::Arc;

use super::Login;
use super::error::LoginError;
use crate::management_client::{ManagementClient, Result as ManagementResult};
use crate::model::organization::{is_organization_id, is_organization_name};
use crate::model::{Application, OrganizationUsage, RequireBehavior, ShownOrganization};
use crate::oidc::authorization::Authorization;
use crate::oidc::error::code;

/// Where a login leads.
#[derive(Debug, Clone)]
pub(super) enum Destination {
    Organization(Arc<ShownOrganization>),
    /// The person is asked for their organization.
    Ask,
    /// No organization: the application's own connections count.
    Personal,
    /// The person signs in with the application's own connections, and then chooses.
    ChooseAfterwards,
}

/// The destination and the sentence that says why.
pub(super) struct Resolved {
    pub(super) destination: Destination,
    pub(super) rule: &'static str,
}

/// The parameter by which the picker says "none of them, my personal account".
pub(super) const ACCOUNT: &str = "account";
pub(super) const PERSONAL: &str = "personal";

/// Decides by the application's `organization_usage` and `organization_require_behavior` (contract §3).
///
/// # Errors
/// The contract's redirected errors (§2.6) when the request points at nothing it may.
pub(super) async fn resolve(
    login: &Login,
    client: &ManagementClient,
    asker: Option<IpAddr>,
    authorization: &Authorization,
    application: &Application,
) -> Result<Resolved, LoginError> {
    let refuse = |description: String| Err(authorization.refused(code::INVALID_REQUEST, description).into());
    let found = |destination, rule| Ok(Resolved { destination, rule });
    let usage = application.usage();
    if let Some(asked) = authorization.organization() {
        if usage == OrganizationUsage::Deny {
            return refuse("parameter organization is not allowed for this client".to_owned());
        }
        let organization = named(login, client, asker, authorization, asked).await?;
        if !client.lets_use(&organization, &application.client_id).await? {
            return Err(not_for_application(authorization));
        }
        return found(Destination::Organization(organization), "the parameter organization names it");
    }
    let wants_personal = authorization.request().get(ACCOUNT) == Some(PERSONAL);
    match (usage, application.require_behavior()) {
        (OrganizationUsage::Deny, _) => found(Destination::Personal, "the application's organization_usage is deny"),
        (OrganizationUsage::Allow, _) if wants_personal => {
            found(Destination::Personal, "the person chose a personal account")
        }
        (OrganizationUsage::Allow, RequireBehavior::NoPrompt) => {
            found(Destination::Personal, "the request names none, and the application's organization_usage is allow")
        }
        (_, RequireBehavior::PreLoginPrompt) => found(
            Destination::Ask,
            "the request names none, and the application's organization_require_behavior is pre_login_prompt",
        ),
        (_, RequireBehavior::PostLoginPrompt) => found(
            Destination::ChooseAfterwards,
            "the request names none, and the application's organization_require_behavior is post_login_prompt",
        ),
        (OrganizationUsage::Require, RequireBehavior::NoPrompt) => {
            refuse("parameter organization is required for this client".to_owned())
        }
    }
}

/// What the application hears when the organization lets its people use other applications only (contract §1.10).
pub(super) fn not_for_application(authorization: &Authorization) -> LoginError {
    authorization.refused(code::ACCESS_DENIED, "the application is not allowed for this organization").into()
}

/// How a request names the organization: by its name where the tenant allows names, else by its id.
pub(super) fn handle<'o>(login: &Login, organization: &'o ShownOrganization) -> &'o str {
    match login.settings.login.allow_organization_name_in_authentication_api {
        true => &organization.name,
        false => &organization.id,
    }
}

/// The organization of this id or name; a name only where the tenant allows names (contract §2.1).
async fn named(
    login: &Login,
    client: &ManagementClient,
    asker: Option<IpAddr>,
    authorization: &Authorization,
    asked: &str,
) -> Result<Arc<ShownOrganization>, LoginError> {
    let refuse = |description: String| LoginError::from(authorization.refused(code::INVALID_REQUEST, description));
    if !is_organization_id(asked) {
        if !login.settings.login.allow_organization_name_in_authentication_api {
            return Err(refuse("authorization request parameter organization must be an organization id".to_owned()));
        }
        if !is_organization_name(asked) {
            return Err(refuse(format!("parameter organization is invalid: {}", shown(asked))));
        }
    }
    find(client, asker, asked)
        .await?
        .ok_or_else(|| refuse(format!("parameter organization is invalid: {}", shown(asked))))
}

/// The organization of this id or name; what the address `asker` asks for in vain is counted.
pub(super) async fn find(
    client: &ManagementClient,
    asker: Option<IpAddr>,
    id_or_name: &str,
) -> ManagementResult<Option<Arc<ShownOrganization>>> {
    match asker {
        Some(address) => client.organization_for(address, id_or_name).await,
        None => client.organization(id_or_name).await,
    }
}

/// What was sent, short and free of what has no place in an address or a log line.
pub(super) fn shown(text: &str) -> String {
    text.chars().filter(|letter| letter.is_ascii_graphic() || *letter == ' ').take(60).collect()
}
