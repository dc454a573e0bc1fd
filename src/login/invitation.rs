//! The invitation mode of an organization's page.

mod accept;
mod pages;

use std::net::IpAddr;
use std::sync::Arc;

use axum::response::Response;

pub(super) use accept::post;
pub(super) use pages::Trouble;

use super::entrance::Entrance;
use super::error::LoginError;
use super::{Login, Visit, authorize, options, session};
use crate::management_client::LoginOption;
use crate::model::grant::Session;
use crate::model::invitation::InvitationState;
use crate::model::{Application, ShownConnection, ShownOrganization, Strategy, Timestamp};
use crate::oidc::authorization::{Authorization, Prompt};
use crate::oidc::error::code;

/// An invitation whose link was opened; whether it can still be accepted, the login that accepts it decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Invited {
    /// The link's secret.
    pub(super) ticket: String,
    /// Who invites.
    pub(super) inviter: String,
    /// Who is invited.
    pub(super) email: String,
    /// The only connection it may be accepted through.
    pub(super) connection_id: Option<String>,
    pub(super) state: InvitationState,
}

impl Invited {
    /// Whether it may be accepted through this connection.
    pub(super) fn allows(&self, connection: &ShownConnection) -> bool {
        self.connection_id.as_ref().is_none_or(|id| *id == connection.id)
    }

    /// The options it may be accepted through. The one it names is shown even where it has no button, and whoever is
    /// invited may make an account even where sign-up is closed (contract §3).
    pub(super) fn offers(&self, options: &[LoginOption]) -> Arc<[LoginOption]> {
        let allowed = options.iter().filter(|option| self.allows(&option.connection));
        let offered = allowed.map(|option| LoginOption {
            connection: option.connection.clone(),
            visible: option.visible || self.connection_id.is_some(),
            allows_sign_up: option.allows_sign_up || option.connection.strategy.is_database(),
        });
        offered.collect()
    }
}

/// # Errors
/// When an invitation comes without the organization it leads to (contract §2.1).
pub(super) fn check_companion(authorization: &Authorization) -> Result<(), LoginError> {
    match (authorization.request().get("invitation"), authorization.organization()) {
        (Some(_), None) => {
            let description = "parameter organization is required for an invitation";
            Err(authorization.refused(code::INVALID_REQUEST, description).into())
        }
        _ => Ok(()),
    }
}

/// The invitation that the request names; it must be the organization's and the application's. What the address
/// `asker` asks for in vain is counted.
pub(super) async fn find(
    login: &Login,
    asker: Option<IpAddr>,
    authorization: &Authorization,
    application: &Application,
    organization: Option<&ShownOrganization>,
) -> Result<Option<Arc<Invited>>, LoginError> {
    let Some(ticket) = authorization.request().get("invitation") else { return Ok(None) };
    let opened = match asker {
        Some(address) => Box::pin(login.client.open_invitation_for(address, ticket)).await?,
        None => Box::pin(login.client.open_invitation(ticket)).await?,
    };
    // Another organization's ticket looks like none.
    let opened = opened.filter(|opened| {
        organization.is_some_and(|organization| organization.id == opened.organization_id)
            && opened.client_id == application.client_id
    });
    let opened = opened.ok_or_else(|| not_found(authorization))?;
    Ok(Some(Arc::new(Invited {
        ticket: ticket.to_owned(),
        inviter: opened.inviter.name,
        email: opened.invitee.email,
        connection_id: opened.connection_id,
        state: opened.state,
    })))
}

/// What the application hears of a ticket that opens nothing (contract §2.6).
fn not_found(authorization: &Authorization) -> LoginError {
    authorization.refused(code::INVALID_REQUEST, "invitation not found or already used").into()
}

/// What is said before the options: that the invitation ended, or what a session may do with it. It is never accepted
/// by opening a link: somebody else may have sent it. `None`: the options are shown.
pub(super) async fn greet(
    login: &Login,
    visit: &Visit,
    entrance: &Entrance,
    invited: &Invited,
    now: Timestamp,
) -> Result<Option<Response>, LoginError> {
    let is_silent = entrance.authorization.wants(Prompt::None);
    if invited.state != InvitationState::Open {
        return match is_silent {
            true => Err(not_found(&entrance.authorization)),
            false => Err(Trouble::ended(entrance)),
        };
    }
    let session = session::find(login, visit, now).await?;
    let Some(session) = session.filter(|session| authorize::may_reuse(login, entrance, session, now)) else {
        return Ok(None);
    };
    if is_silent {
        return Err(entrance.refuse(code::INTERACTION_REQUIRED, "the person must accept the invitation"));
    }
    let Some(is_invited) = is_invited(login, entrance, invited, &session).await? else { return Ok(None) };
    Ok(Some(match is_invited {
        true => pages::accept(visit, entrance, invited, &session),
        false => pages::switch(visit, entrance, invited, &session),
    }))
}

/// Whether the session's account is the one invited, by what the source says of it now; `None` when there is no such
/// account any more. The login that accepts decides it again.
async fn is_invited(
    login: &Login,
    entrance: &Entrance,
    invited: &Invited,
    session: &Session,
) -> Result<Option<bool>, LoginError> {
    let Some(user) = login.client.user(&session.user_id).await?.filter(|user| !user.blocked) else { return Ok(None) };
    let options = options::of(&login.client, entrance).await?;
    let is_offered = options.iter().any(|option| option.connection.id == session.connection_id);
    let is_of_database = user.identities.iter().any(|identity| identity.provider == Strategy::Auth0.as_str());
    let has_address = user.email.is_some_and(|email| email.to_lowercase() == invited.email);
    Ok(Some(is_offered && has_address && (user.email_verified || is_of_database)))
}
