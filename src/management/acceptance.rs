//! Accepting an invitation: what a login with a ticket needs, and what it brings (contract §3).

use super::check::email;
use super::logins::{Stop, event, refused};
use super::membership::{Wish, join};
use super::recognize::{Prepared, proved_address};
use crate::model::invitation::InvitationState;
use crate::model::login::{LoginRecord, refusal};
use crate::model::{ApiError, Invitation, Timestamp, sha256};
use crate::store::{Event, OpenConnection, Rows, StoreError, StoredUser};

/// # Errors
/// Refused when the ticket opens nothing any more, and for whoever is not the one invited: then nothing is used up.
pub(super) async fn decide(
    rows: &mut Rows<'_>,
    record: &LoginRecord,
    ticket: &str,
    (user_id, address): (&str, Option<&str>),
    now: Timestamp,
) -> Result<Wish, Stop> {
    let found = find(rows, record, ticket, now).await?;
    let Some((invitation, state)) = found else { return Err(ended(user_id)) };
    match state {
        InvitationState::Open => {}
        // The same person's other login was faster.
        InvitationState::Accepted if rows.is_member(&invitation.organization_id, user_id).await? => {
            return Ok(Wish::Nothing);
        }
        _ => return Err(ended(user_id)),
    }
    let fits_connection = invitation.connection_id.as_ref().is_none_or(|id| *id == record.connection_id);
    let is_invited = address.and_then(email).as_ref() == Some(&invitation.invitee.email);
    match fits_connection && is_invited {
        true => Ok(Wish::Accept(Box::new(invitation))),
        false => Err(for_another(user_id)),
    }
}

/// The invitation of this ticket, if it is this organization's and this application's.
async fn find(
    rows: &mut Rows<'_>,
    record: &LoginRecord,
    ticket: &str,
    now: Timestamp,
) -> Result<Option<(Invitation, InvitationState)>, StoreError> {
    let found = rows.find_invitation_by_ticket(&sha256(ticket), now).await?;
    Ok(found.filter(|(invitation, _)| {
        record.organization_id.as_ref() == Some(&invitation.organization_id) && record.client_id == invitation.client_id
    }))
}

/// Whether the login's open invitation was sent to this address: then its ticket proves the address, as a code would.
pub(super) async fn proves(
    rows: &mut Rows<'_>,
    record: &LoginRecord,
    address: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(ticket) = &record.invitation else { return Ok(false) };
    let found = find(rows, record, ticket, now).await?;
    Ok(found.is_some_and(|(invitation, state)| {
        state == InvitationState::Open
            && invitation.connection_id.as_ref().is_none_or(|id| *id == record.connection_id)
            && email(address).is_some_and(|address| address == invitation.invitee.email)
    }))
}

/// The address that an invitation must have been sent to: one that is proved, or the one of an account of a database
/// connection, which holding the ticket proves.
pub(super) fn address_of<'r>(
    record: &'r LoginRecord,
    connection: &OpenConnection,
    prepared: &'r Prepared,
    user: Option<&'r StoredUser>,
) -> Option<&'r str> {
    let own = || user.and_then(|stored| stored.user.email.as_deref());
    match connection.summary.strategy.is_database() {
        true => proved_address(record, prepared, user).or_else(own),
        false => proved_address(record, prepared, user),
    }
}

/// Uses the invitation up and gives what it promises; whether that made a member.
pub(super) async fn write(
    rows: &mut Rows<'_>,
    record: &LoginRecord,
    invitation: &Invitation,
    stored: &mut StoredUser,
    now: Timestamp,
) -> Result<bool, Stop> {
    let user_id = stored.user.user_id.clone();
    // Of two logins with one ticket the second begins anew and finds it used.
    if !rows.end_invitation(&invitation.id, true, now).await? || !rows.lock_user(&user_id, now).await? {
        return Err(Stop::Overtaken);
    }
    // Read anew behind the lock: what an administrator wrote meanwhile stays.
    *stored = rows.find_user(&user_id).await?.ok_or(Stop::Overtaken)?;
    let created = join(rows, record, &invitation.organization_id, &user_id, now).await?;
    for role in &invitation.roles {
        if rows.find_role(role).await?.is_some() {
            rows.create_member_role(&invitation.organization_id, &user_id, role, now).await?;
        }
    }
    let user = &mut stored.user;
    user.app_metadata.extend(invitation.app_metadata.clone().unwrap_or_default());
    user.user_metadata.extend(invitation.user_metadata.clone().unwrap_or_default());
    user.email_verified = true;
    rows.update_user(stored).await?;
    let description = format!("accepted the invitation {}", invitation.id);
    rows.record_event(Event { user_id: Some(user_id), description, ..event("si", record) }, now).await?;
    Ok(created)
}

/// The ticket of a sign-up opens nothing any more.
pub(super) fn sign_up_ended() -> Stop {
    refused(refusal::INVITATION_ENDED, ENDED)
}

const ENDED: &str = "invitation not found or already used";

fn ended(user_id: &str) -> Stop {
    failed(refusal::INVITATION_ENDED, ENDED, user_id)
}

fn for_another(user_id: &str) -> Stop {
    let message = "the specified account is not allowed to accept the current invitation";
    failed(refusal::INVITATION_FOR_ANOTHER, message, user_id)
}

/// `fi`: Auth0's log type of an invitation that was not accepted.
fn failed(code: &str, message: &str, user_id: &str) -> Stop {
    let error = ApiError::new(403, Some(code), message);
    Stop::Refused { error, kind: "fi", user_id: Some(user_id.to_owned()) }
}
