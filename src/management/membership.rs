//! Membership: whether a person may be in the organization they sign in to, and what makes them a member.

use super::logins::{Stop, event, refused};
use crate::model::Timestamp;
use crate::model::login::{LoginRecord, refusal};
use crate::store::{Event, OpenConnection, Rows, StoredUser};

/// What a login that may succeed does to the membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wish {
    /// The person is a member already, or signs in without an organization.
    Nothing,
    /// The connection makes a member of whoever comes through it.
    Join,
}

/// # Errors
/// Refused when nothing lets the person in.
pub(super) async fn decide(
    rows: &mut Rows<'_>,
    record: &LoginRecord,
    connection: &OpenConnection,
    user_id: &str,
    _user: Option<&StoredUser>,
    _now: Timestamp,
) -> Result<Wish, Stop> {
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
    let (Wish::Join, Some(organization_id)) = (wish, &record.organization_id) else { return Ok(false) };
    let user_id = &stored.user.user_id;
    if !rows.create_member(organization_id, user_id, now).await? {
        return Ok(false);
    }
    let event = Event { user_id: Some(user_id.clone()), ..event("organization_member_added", record) };
    rows.record_event(event, now).await?;
    Ok(true)
}
