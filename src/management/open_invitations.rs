//! `POST /logins/invitations`: what the link of an invitation opens.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::Management;
use super::answer::{Answer, Body};
use super::caller::GATEWAY_SCOPE;
use super::invitations::unknown_invitation;
use super::operation::{Operation, Routes};
use crate::model::invitation::{InvitationLink, OpenedInvitation};
use crate::model::{Timestamp, sha256};

pub(super) fn routes() -> Routes {
    let operation = Operation::new("Open an invitation", &[GATEWAY_SCOPE]).refuses(&[404]);
    Routes::new("logins").post("/logins/invitations", open, operation)
}

/// A POST although nothing changes: a ticket has no place in an address, which is logged.
async fn open(
    State(management): State<Arc<Management>>,
    Body(link): Body<InvitationLink>,
) -> Answer<Json<OpenedInvitation>> {
    let mut rows = management.tenant.read().await?;
    let found = rows.find_invitation_by_ticket(&sha256(&link.ticket), Timestamp::now()).await?;
    let (invitation, state) = found.ok_or_else(unknown_invitation)?;
    Ok(Json(OpenedInvitation {
        organization_id: invitation.organization_id,
        client_id: invitation.client_id,
        connection_id: invitation.connection_id,
        inviter: invitation.inviter,
        invitee: invitation.invitee,
        state,
    }))
}
