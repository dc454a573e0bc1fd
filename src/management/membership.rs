//! Membership: whether a person may be in the organization they sign in to, and what makes them a member.

use super::acceptance;
use super::logins::{Stop, event, refused};
use super::recognize::Prepared;
use crate::model::login::{LoginRecord, refusal};
use crate::model::{Invitation, Timestamp};
use crate::store::{Event, OpenConnection, Rows, StoredUser};

/// What a login that may succeed does to the membership.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wish {
    /// The person is a member already, or signs in without an organization.
    Nothing,
    /// The connection makes a member of whoever comes through it.
    Join,
    /// The person accepts an invitation.
    Accept(Box<Invitation>),
}

/// # Errors
/// Refused when nothing lets the person in.
pub(super) async fn decide(
    rows: &mut Rows<'_>,
    record: &LoginRecord,
    connection: &OpenConnection,
    prepared: &Prepared,
    (user_id, user): (&str, Option<&StoredUser>),
    now: Timestamp,
) -> Result<Wish, Stop> {
    if let Some(ticket) = &record.invitation {
        let address = acceptance::address_of(record, connection, prepared, user);
        return acceptance::decide(rows, record, ticket, (user_id, address), now).await;
    }
    match &record.organization_id {
        None => Ok(Wish::Nothing),
        Some(organization_id) if rows.is_member(organization_id, user_id).await? => Ok(Wish::Nothing),
        Some(_) if connection.assign_membership_on_login => Ok(Wish::Join),
        Some(organization_id) => {
            let message = format!("user {user_id} is not part of the {organization_id} organization");
            Err(refused(refusal::NOT_A_MEMBER, message).of_user(user_id))
        }
    }
}

/// Writes what was decided; whether the login made a member.
pub(super) async fn write(
    rows: &mut Rows<'_>,
    record: &LoginRecord,
    wish: &Wish,
    stored: &mut StoredUser,
    now: Timestamp,
) -> Result<bool, Stop> {
    if let Wish::Accept(invitation) = wish {
        return acceptance::write(rows, record, invitation, stored, now).await;
    }
    let (Wish::Join, Some(organization_id)) = (wish, &record.organization_id) else { return Ok(false) };
    join(rows, record, organization_id, &stored.user.user_id, now).await
}

/// Whether the login made the membership.
pub(super) async fn join(
    rows: &mut Rows<'_>,
    record: &LoginRecord,
    organization_id: &str,
    user_id: &str,
    now: Timestamp,
) -> Result<bool, Stop> {
    if !rows.create_member(organization_id, user_id, now).await? {
        return Ok(false);
    }
    let event = Event { user_id: Some(user_id.to_owned()), ..event("organization_member_added", record) };
    rows.record_event(event, now).await?;
    Ok(true)
}
