//! An application's own credentials for a token of its own, of an organization or of none (RFC 6749 §4.4).

use std::sync::Arc;

use super::Provider;
use super::token::{TokenSet, access_token_seconds, answer, organization_name_claim};
use super::token_request::{TokenRequest, invalid_request};
use crate::model::organization::{is_organization_id, is_organization_name};
use crate::model::{Application, ClientGrant, Organization, OrganizationUsage, Timestamp, random_alphanumeric};
use crate::oidc::claims::{AccessTokenClaims, Audience, CLIENT_CREDENTIALS};
use crate::oidc::error::{TokenEndpointError, code};

/// What the client grant says, nothing else (contract §1.9).
pub(super) async fn for_client(
    provider: &Provider,
    application: &Application,
    request: &TokenRequest,
    now: Timestamp,
) -> Result<TokenSet, TokenEndpointError> {
    if application.is_public() {
        let message = "a public client has no credentials of its own";
        return Err(TokenEndpointError::new(code::UNAUTHORIZED_CLIENT, message));
    }
    let audience = request.required("audience")?;
    let grant = provider.client.client_grant(&application.client_id, audience).await?;
    let grant = grant.ok_or_else(|| {
        denied(format!(
            "Client is not authorized to access \"{audience}\". You need to create a \"client-grant\" associated to this API."
        ))
    })?;
    let scope = granted_scope(&grant, request.get("scope"))?;
    let organization = match wanted_organization(application, &grant, request.get("organization"))? {
        Some(wanted) => Some(get_organization(provider, &grant, wanted).await?),
        None => None,
    };
    let seconds = access_token_seconds(provider, Some(audience)).await?;
    let access = AccessTokenClaims {
        iss: provider.settings.issuer(),
        sub: format!("{}@clients", application.client_id),
        aud: Audience::One(audience.to_owned()),
        azp: application.client_id.clone(),
        iat: now.seconds(),
        exp: now.seconds() + seconds,
        jti: random_alphanumeric(22),
        scope,
        gty: Some(CLIENT_CREDENTIALS.to_owned()),
        org_id: organization.as_ref().map(|organization| organization.id.clone()),
        org_name: organization_name_claim(
            provider,
            organization.as_ref().map(|organization| organization.name.as_str()),
        ),
        gid: None,
        acv: None,
    };
    answer(provider, access, None)
}

/// All that was granted, or the part that is asked for.
fn granted_scope(grant: &ClientGrant, asked: Option<&str>) -> Result<String, TokenEndpointError> {
    let Some(asked) = asked else { return Ok(grant.scope.join(" ")) };
    let asked: Vec<&str> = asked.split_ascii_whitespace().collect();
    match asked.iter().find(|asked| !grant.scope.iter().any(|held| held == *asked)) {
        Some(missing) => Err(denied(format!("The client was not granted the scope {missing}."))),
        None => Ok(asked.join(" ")),
    }
}

/// The organization the request means by its parameter or, without one, by the application's default; whether there
/// may or must be one, the grant says. A grant without organizations has no use for a default.
fn wanted_organization<'r>(
    application: &'r Application,
    grant: &ClientGrant,
    asked: Option<&'r str>,
) -> Result<Option<&'r str>, TokenEndpointError> {
    let default = application
        .default_organization
        .as_ref()
        .filter(|default| default.flows.iter().any(|flow| flow == "client_credentials"));
    let default = default.map(|default| default.organization_id.as_str());
    match (grant.organization_usage.unwrap_or_default(), asked) {
        (OrganizationUsage::Deny, None) => Ok(None),
        (OrganizationUsage::Deny, Some(_)) => {
            Err(invalid_request("parameter organization is not allowed for this client"))
        }
        (OrganizationUsage::Allow, asked) => Ok(asked.or(default)),
        (OrganizationUsage::Require, asked) => match asked.or(default) {
            Some(wanted) => Ok(Some(wanted)),
            None => Err(invalid_request("parameter organization is required for this client")),
        },
    }
}

/// The organization, as the source of truth has it now, if the grant may be used with it. A client of chosen
/// organizations is not told which others there are.
async fn get_organization(
    provider: &Provider,
    grant: &ClientGrant,
    wanted: &str,
) -> Result<Arc<Organization>, TokenEndpointError> {
    if !is_organization_id(wanted) {
        if !provider.settings.login.allow_organization_name_in_authentication_api {
            return Err(invalid_request("parameter organization must be an organization id"));
        }
        if !is_organization_name(wanted) {
            return Err(invalid_request("parameter organization is invalid"));
        }
    }
    let found = provider.client.organization_now(wanted).await?;
    if grant.allow_any_organization == Some(true) {
        return found.ok_or_else(|| invalid_request(format!("parameter organization is invalid: {wanted}")));
    }
    if let Some(organization) = found
        && provider.client.grant_is_associated(&organization.id, &grant.id).await?
    {
        return Ok(organization);
    }
    Err(denied(format!("Client is not authorized to access the organization \"{wanted}\".")))
}

fn denied(message: String) -> TokenEndpointError {
    TokenEndpointError::new(code::ACCESS_DENIED, message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What a request for the organization `asked` comes to, by the grant's usage and with or without a default.
    fn outcome(usage: Option<&str>, asked: Option<&str>, flows: &[&str]) -> Result<Option<String>, String> {
        let grant = json!({"id": "g", "client_id": "c", "audience": "a", "organization_usage": usage});
        let grant = serde_json::from_value(grant).expect("a grant");
        let default = json!({"organization_id": "org_default", "flows": flows});
        let application = json!({"client_id": "c", "name": "C", "default_organization": default});
        let application = serde_json::from_value(application).expect("an application");
        let wanted = wanted_organization(&application, &grant, asked);
        wanted.map(|wanted| wanted.map(str::to_owned)).map_err(|error| error.error_description)
    }

    #[test]
    fn the_grant_says_whether_there_may_or_must_be_an_organization() {
        const M2M: &[&str] = &["client_credentials"];
        let of = |id: &str| Ok(Some(id.to_owned()));
        let refused = |what: &str| Err(format!("parameter organization is {what} for this client"));
        for deny in [None, Some("deny")] {
            assert_eq!(outcome(deny, None, &[]), Ok(None));
            assert_eq!(outcome(deny, None, M2M), Ok(None), "a default is no demand");
            assert_eq!(outcome(deny, Some("org_a"), &[]), refused("not allowed"));
        }
        assert_eq!(outcome(Some("allow"), None, &[]), Ok(None));
        assert_eq!(outcome(Some("require"), None, &[]), refused("required"));
        for usage in [Some("allow"), Some("require")] {
            assert_eq!(outcome(usage, Some("org_a"), M2M), of("org_a"));
            assert_eq!(outcome(usage, None, M2M), of("org_default"));
        }
    }
}
