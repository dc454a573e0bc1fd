//! Tickets as rows, only as hashes: who knows the database cannot use one.

use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::any::AnyRow;

use super::database::{Rows, StoreError};
use crate::model::Timestamp;
use crate::model::ticket::TicketPurpose;

/// A ticket that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTicket {
    pub hash: String,
    pub purpose: TicketPurpose,
    /// Without one it is for nobody, and was kept so that asking in vain costs the same.
    pub user_id: Option<String>,
    /// The address it was sent to: one that the user has no more opens nothing.
    pub email: Option<String>,
    pub settings: TicketSettings,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// What a ticket does beside its purpose.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TicketSettings {
    pub connection_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_url: Option<String>,
    /// Whether using it proves the address.
    pub verifies_email: bool,
    /// Whether the address is added to `result_url`.
    pub tells_email: bool,
}

impl Rows<'_> {
    /// # Errors
    /// [`StoreError::MissingReference`] when the user does not exist.
    pub async fn create_ticket(&mut self, new: &StoredTicket) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "INSERT INTO tickets (hash, purpose, user_id, email, settings, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        );
        let statement = statement
            .bind(new.hash.clone())
            .bind(serde_json::to_string(&new.purpose)?)
            .bind(new.user_id.clone())
            .bind(new.email.clone())
            .bind(serde_json::to_string(&new.settings)?)
            .bind(new.created_at.0)
            .bind(new.expires_at.0);
        self.execute(statement).await.map(|_| ())
    }

    pub async fn find_ticket(
        &mut self,
        hash: &str,
        purpose: TicketPurpose,
        now: Timestamp,
    ) -> Result<Option<StoredTicket>, StoreError> {
        let statement = sqlx::query("SELECT * FROM tickets WHERE hash = $1 AND purpose = $2 AND expires_at > $3");
        let statement = statement.bind(hash.to_owned()).bind(serde_json::to_string(&purpose)?).bind(now.0);
        self.optional(statement).await?.as_ref().map(read).transpose()
    }

    /// Of all that use it, one does.
    pub async fn take_ticket(
        &mut self,
        hash: &str,
        purpose: TicketPurpose,
        now: Timestamp,
    ) -> Result<Option<StoredTicket>, StoreError> {
        let statement =
            sqlx::query("DELETE FROM tickets WHERE hash = $1 AND purpose = $2 AND expires_at > $3 RETURNING *");
        let statement = statement.bind(hash.to_owned()).bind(serde_json::to_string(&purpose)?).bind(now.0);
        self.optional(statement).await?.as_ref().map(read).transpose()
    }

    /// Takes every ticket for this; the hashes of those that were open.
    pub async fn take_tickets_for(
        &mut self,
        purpose: TicketPurpose,
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        let statement = sqlx::query("DELETE FROM tickets WHERE purpose = $1 RETURNING hash, expires_at");
        let mut open = Vec::new();
        for row in self.all(statement.bind(serde_json::to_string(&purpose)?)).await? {
            if row.try_get::<i64, _>("expires_at")? > now.0 {
                open.push(row.try_get("hash")?);
            }
        }
        Ok(open)
    }

    /// Ends the user's other tickets for the same thing.
    pub async fn delete_tickets(&mut self, user_id: &str, purpose: TicketPurpose) -> Result<(), StoreError> {
        let statement = sqlx::query("DELETE FROM tickets WHERE user_id = $1 AND purpose = $2");
        let statement = statement.bind(user_id.to_owned()).bind(serde_json::to_string(&purpose)?);
        self.execute(statement).await.map(|_| ())
    }
}

fn read(row: &AnyRow) -> Result<StoredTicket, StoreError> {
    Ok(StoredTicket {
        hash: row.try_get("hash")?,
        purpose: serde_json::from_str(row.try_get("purpose")?)?,
        user_id: row.try_get("user_id")?,
        email: row.try_get("email")?,
        settings: serde_json::from_str(row.try_get("settings")?)?,
        created_at: Timestamp(row.try_get("created_at")?),
        expires_at: Timestamp(row.try_get("expires_at")?),
    })
}
