//! Invitations as rows; their tickets only as hashes.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::database::{Rows, StoreError};
use super::slice::{Placed, Position, Slice};
use crate::model::invitation::{InvitationState, Invitee, Inviter};
use crate::model::{Invitation, Timestamp};

/// How long an expired invitation is still told, and one that ended still has a page that says so.
const TOLD_AFTER_EXPIRY_SECONDS: i64 = 30 * 24 * 3600;

macro_rules! select_invitations {
    ($rest:literal) => {
        concat!(
            "SELECT id, organization_id, client_id, connection_id, inviter_name, invitee_email, roles, app_metadata, ",
            "user_metadata, created_at, expires_at, ended_at, was_accepted FROM invitations ",
            $rest
        )
    };
}

/// What is kept of an invitation beside what is told of it.
#[derive(Debug, Clone)]
pub struct InvitationTicket {
    pub hash: String,
    pub sends_email: bool,
}

impl Rows<'_> {
    pub async fn find_invitation(&mut self, organization_id: &str, id: &str) -> Result<Option<Invitation>, StoreError> {
        let statement = sqlx::query(select_invitations!("WHERE organization_id = $1 AND id = $2 AND ended_at IS NULL"));
        self.optional(statement.bind(organization_id.to_owned()).bind(id.to_owned())).await?.map(read).transpose()
    }

    /// Whoever holds the ticket may ask, also when the invitation ended.
    pub async fn find_invitation_by_ticket(
        &mut self,
        ticket_hash: &str,
        now: Timestamp,
    ) -> Result<Option<(Invitation, InvitationState)>, StoreError> {
        let statement = sqlx::query(select_invitations!("WHERE ticket_hash = $1")).bind(ticket_hash.to_owned());
        let Some(row) = self.optional(statement).await? else { return Ok(None) };
        let ended_at: Option<i64> = row.try_get("ended_at")?;
        let was_accepted = row.try_get::<Option<i64>, _>("was_accepted")? == Some(1);
        let invitation = read(row)?;
        let state = match ended_at {
            Some(_) if was_accepted => InvitationState::Accepted,
            Some(_) => InvitationState::Withdrawn,
            None if invitation.expires_at <= now => InvitationState::Expired,
            None => InvitationState::Open,
        };
        Ok(Some((invitation, state)))
    }

    /// Those that did not end.
    pub async fn list_invitations(
        &mut self,
        organization_id: &str,
        newest_first: bool,
        slice: &Slice,
    ) -> Result<Vec<Placed<Invitation>>, StoreError> {
        let statement = match newest_first {
            true => {
                select_invitations!(
                    "WHERE organization_id = $1 AND ended_at IS NULL ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3"
                )
            }
            false => select_invitations!(
                "WHERE organization_id = $1 AND ended_at IS NULL ORDER BY created_at, id LIMIT $2 OFFSET $3"
            ),
        };
        let statement = sqlx::query(statement).bind(organization_id.to_owned()).bind(slice.most).bind(slice.skip);
        self.all(statement).await?.into_iter().map(read_placed).collect()
    }

    /// # Errors
    /// [`StoreError::MissingReference`] when the organization, the client or the connection does not exist.
    pub async fn create_invitation(&mut self, new: &Invitation, ticket: InvitationTicket) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "INSERT INTO invitations (id, organization_id, client_id, connection_id, inviter_name, invitee_email, \
             roles, app_metadata, user_metadata, ticket_hash, sends_email, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        );
        let statement = statement
            .bind(new.id.clone())
            .bind(new.organization_id.clone())
            .bind(new.client_id.clone())
            .bind(new.connection_id.clone())
            .bind(new.inviter.name.clone())
            .bind(new.invitee.email.clone())
            .bind(serde_json::to_string(&new.roles)?)
            .bind(new.app_metadata.as_ref().map(serde_json::to_string).transpose()?)
            .bind(new.user_metadata.as_ref().map(serde_json::to_string).transpose()?)
            .bind(ticket.hash)
            .bind(i64::from(ticket.sends_email))
            .bind(new.created_at.0)
            .bind(new.expires_at.0);
        self.execute(statement).await.map(|_| ())
    }

    /// Ends it, once: whether it was still there to end.
    pub async fn end_invitation(&mut self, id: &str, was_accepted: bool, now: Timestamp) -> Result<bool, StoreError> {
        let statement =
            sqlx::query("UPDATE invitations SET ended_at = $1, was_accepted = $2 WHERE id = $3 AND ended_at IS NULL");
        let statement = statement.bind(now.0).bind(i64::from(was_accepted)).bind(id.to_owned());
        Ok(self.execute(statement).await? > 0)
    }

    /// Deletes what expired so long ago that no list tells it any more.
    pub(super) async fn delete_old_invitations(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let statement = sqlx::query("DELETE FROM invitations WHERE expires_at <= $1");
        self.execute(statement.bind(now.plus_seconds(-TOLD_AFTER_EXPIRY_SECONDS).0)).await.map(|_| ())
    }
}

fn read_placed(row: AnyRow) -> Result<Placed<Invitation>, StoreError> {
    let item = read(row)?;
    Ok(Placed { position: Position::at_time(item.created_at.0, item.id.clone()), item })
}

fn read(row: AnyRow) -> Result<Invitation, StoreError> {
    let app_metadata: Option<String> = row.try_get("app_metadata")?;
    let user_metadata: Option<String> = row.try_get("user_metadata")?;
    Ok(Invitation {
        id: row.try_get("id")?,
        organization_id: row.try_get("organization_id")?,
        inviter: Inviter { name: row.try_get("inviter_name")? },
        invitee: Invitee { email: row.try_get("invitee_email")? },
        client_id: row.try_get("client_id")?,
        connection_id: row.try_get("connection_id")?,
        roles: serde_json::from_str(row.try_get("roles")?)?,
        app_metadata: app_metadata.map(|json| serde_json::from_str(&json)).transpose()?,
        user_metadata: user_metadata.map(|json| serde_json::from_str(&json)).transpose()?,
        created_at: Timestamp(row.try_get("created_at")?),
        expires_at: Timestamp(row.try_get("expires_at")?),
    })
}
