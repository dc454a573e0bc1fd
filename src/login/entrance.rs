//! The entrance: a checked authorize request together with the application and organization it means.

use std::net::IpAddr;
use std::sync::Arc;

use super::error::LoginError;
use super::invitation::{self, Invited};
use super::organization::{ACCOUNT, Destination, PERSONAL, handle, resolve};
use super::{Login, Visit};
use crate::management_client::ManagementClient;
use crate::model::login::{LoginRecord, Proof};
use crate::model::{Application, ShownOrganization};
use crate::oidc::authorization::Authorization;
use crate::oidc::authorize_request::AuthorizeRequest;
use crate::oidc::error::{OAuthError, code};

/// Who wants in where; exists only if the application, the redirect URI and the organization were checked.
#[derive(Clone)]
pub(super) struct Entrance {
    pub(super) authorization: Authorization,
    pub(super) application: Arc<Application>,
    /// `None`: a login without an organization.
    pub(super) organization: Option<Arc<ShownOrganization>>,
    /// Whether the person, once signed in, chooses among their organizations.
    pub(super) chooses_afterwards: bool,
    /// The invitation that the request accepts.
    pub(super) invitation: Option<Arc<Invited>>,
}

/// An entrance, or the question which organization is meant.
pub(super) enum Found {
    Entrance(Entrance),
    Ask(Question),
}

/// A checked request that names no organization although it needs one.
pub(super) struct Question {
    pub(super) authorization: Authorization,
    pub(super) application: Arc<Application>,
}

/// Checks a raw query and finds what it points at, by what `client` knows. What the address `asker` asks for in vain is
/// counted; without one nobody is at the door.
pub(super) async fn find(
    login: &Login,
    client: &ManagementClient,
    asker: Option<IpAddr>,
    query: &str,
) -> Result<Found, LoginError> {
    let (application, authorization) = check(client, asker, query).await?;
    lead(login, client, asker, application, authorization).await
}

/// Finds what a checked request points at.
pub(super) async fn lead(
    login: &Login,
    client: &ManagementClient,
    asker: Option<IpAddr>,
    application: Arc<Application>,
    authorization: Authorization,
) -> Result<Found, LoginError> {
    invitation::check_companion(&authorization)?;
    let resolved = resolve(login, client, asker, &authorization, &application).await?;
    let (organization, chooses_afterwards) = match resolved.destination {
        Destination::Ask => return Ok(Found::Ask(Question { authorization, application })),
        Destination::Organization(organization) => (Some(organization), false),
        Destination::Personal => (None, false),
        Destination::ChooseAfterwards => (None, true),
    };
    let invitation = invitation::find(login, asker, &authorization, &application, organization.as_deref()).await?;
    Ok(Found::Entrance(Entrance { authorization, application, organization, chooses_afterwards, invitation }))
}

/// The entrance of a form; a page that asks for the organization has none of these.
pub(super) async fn get(login: &Login, visit: &Visit) -> Result<Entrance, LoginError> {
    // What is sent here may complete a login.
    match find(login, &login.deciding, Some(visit.address), &visit.query).await? {
        Found::Entrance(entrance) => Ok(entrance),
        Found::Ask(_) => Err(LoginError::BrokenForm),
    }
}

/// Everything about a request that does not depend on the organization.
pub(super) async fn check(
    client: &ManagementClient,
    asker: Option<IpAddr>,
    query: &str,
) -> Result<(Arc<Application>, Authorization), LoginError> {
    check_request(client, asker, AuthorizeRequest::parse(query)?).await
}

/// The same for a request that was read already.
pub(super) async fn check_request(
    client: &ManagementClient,
    asker: Option<IpAddr>,
    request: AuthorizeRequest,
) -> Result<(Arc<Application>, Authorization), LoginError> {
    let client_id = request.client_id()?;
    let application = match asker {
        Some(address) => client.application_for(address, client_id).await?,
        None => client.application(client_id).await?,
    };
    let application = application.ok_or_else(no_application)?;
    let authorization = Authorization::check(request, &application)?;
    Ok((application, authorization))
}

/// Checks the request anew against what is fresh, since what was drawn may have come from an older answer: a code goes
/// only to a redirect URI that is registered, for an organization that is still the one that the request means.
pub(super) async fn check_now(login: &Login, entrance: &Entrance) -> Result<(), LoginError> {
    let client = &login.deciding;
    let application = client.application(&entrance.application.client_id).await?.ok_or_else(no_application)?;
    let authorization = Authorization::check(entrance.authorization.request().clone(), &application)?;
    let resolved = resolve(login, client, None, &authorization, &application).await?;
    let is_the_same = match (&resolved.destination, &entrance.organization) {
        (Destination::Organization(now), Some(then)) => now.id == then.id,
        (Destination::Personal, None) => !entrance.chooses_afterwards,
        (Destination::ChooseAfterwards, None) => entrance.chooses_afterwards,
        _ => false,
    };
    match is_the_same {
        true => Ok(()),
        false => Err(entrance.refuse(code::ACCESS_DENIED, "the organization or the application was changed meanwhile")),
    }
}

fn no_application() -> OAuthError {
    OAuthError::displayed(code::INVALID_REQUEST, "parameter client_id names no application")
}

impl Entrance {
    pub(super) fn organization_id(&self) -> Option<String> {
        self.organization.as_ref().map(|organization| organization.id.to_string())
    }

    /// The address or user name that is proposed; empty for none. Nobody but the invited one may accept an invitation,
    /// so nobody else is proposed.
    pub(super) fn login_hint(&self) -> &str {
        match &self.invitation {
            Some(invited) => &invited.email,
            None => self.authorization.login_hint().unwrap_or_default(),
        }
    }

    /// The same request with the organization that was chosen; `None`: a personal account.
    pub(super) fn chosen(&self, login: &Login, organization: Option<Arc<ShownOrganization>>) -> Self {
        let authorization = match organization.as_deref() {
            Some(organization) => self.authorization.choosing("organization", handle(login, organization)),
            None => self.authorization.choosing(ACCOUNT, PERSONAL),
        };
        Self { authorization, organization, chooses_afterwards: false, ..self.clone() }
    }

    /// What the source is told of a login through this connection.
    pub(super) fn record(&self, visit: &Visit, connection_id: &str, proof: Proof) -> LoginRecord {
        LoginRecord {
            organization_id: self.organization_id(),
            client_id: self.application.client_id.clone(),
            connection_id: connection_id.to_owned(),
            client_address: Some(visit.address.to_string()),
            trip_id: None,
            invitation: self.invitation.as_ref().map(|invited| invited.ticket.clone()),
            chooses: self.chooses_afterwards,
            proof,
        }
    }

    /// A connection that is not enabled here and one that does not exist look alike.
    pub(super) fn not_enabled(&self) -> LoginError {
        self.refuse(code::ACCESS_DENIED, "the connection is not enabled for this login")
    }

    /// The error the application gets (contract §2.6).
    pub(super) fn refuse(&self, code: &'static str, description: impl Into<String>) -> LoginError {
        self.authorization.refused(code, description).into()
    }
}
