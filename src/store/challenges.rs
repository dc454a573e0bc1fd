//! Codes sent to an address to prove it: tried a few times, used once.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::database::{Rows, StoreError};
use crate::model::Timestamp;
use crate::model::login::ChallengePurpose;

/// Codes typed for one challenge at most, right or wrong.
const MOST_TRIES: i64 = 5;

/// What a code that nobody is sent begins with.
const NOT_SENT: char = '-';

/// A challenge, and for whom it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredChallenge {
    pub id: String,
    pub purpose: ChallengePurpose,
    /// Lower-cased.
    pub email: String,
    pub organization_id: Option<String>,
    pub client_id: String,
    pub connection_id: Option<String>,
    pub expires_at: Timestamp,
}

fn place(id: &str) -> String {
    format!("challenges:{id}")
}

impl Rows<'_> {
    /// A code that nobody is sent proves nothing; it is sealed all the same, so that its row and each try look alike.
    pub async fn create_challenge(
        &mut self,
        new: &StoredChallenge,
        code: &str,
        is_sent: bool,
    ) -> Result<(), StoreError> {
        let kept = if is_sent { code.to_owned() } else { format!("{NOT_SENT}{}", code.get(1..).unwrap_or_default()) };
        let sealed = self.seal.seal(&place(&new.id), kept.as_bytes())?;
        let statement = sqlx::query(
            "INSERT INTO challenges (id, purpose, email, organization_id, client_id, connection_id, sealed_code, \
             tries, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8)",
        );
        let statement = statement
            .bind(new.id.clone())
            .bind(serde_json::to_string(&new.purpose)?)
            .bind(new.email.clone())
            .bind(new.organization_id.clone())
            .bind(new.client_id.clone())
            .bind(new.connection_id.clone())
            .bind(sealed)
            .bind(new.expires_at.0);
        self.execute(statement).await.map(|_| ())
    }

    /// Ends the other codes that were sent to the address for the same thing, once one of them did its work.
    pub async fn delete_challenges_like(&mut self, used: &StoredChallenge) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "DELETE FROM challenges WHERE email = $1 AND purpose = $2 AND client_id = $3 AND \
             COALESCE(organization_id, '') = $4 AND COALESCE(connection_id, '') = $5",
        );
        let statement = statement
            .bind(used.email.clone())
            .bind(serde_json::to_string(&used.purpose)?)
            .bind(used.client_id.clone())
            .bind(used.organization_id.clone().unwrap_or_default())
            .bind(used.connection_id.clone().unwrap_or_default());
        self.execute(statement).await.map(|_| ())
    }

    /// A challenge that can still be tried, also one whose code nobody was sent.
    pub async fn find_open_challenge(
        &mut self,
        id: &str,
        now: Timestamp,
    ) -> Result<Option<StoredChallenge>, StoreError> {
        let statement = sqlx::query(
            "SELECT id, purpose, email, organization_id, client_id, connection_id, expires_at FROM challenges \
             WHERE id = $1 AND tries < $2 AND expires_at > $3",
        );
        let statement = statement.bind(id.to_owned()).bind(MOST_TRIES).bind(now.0);
        self.optional(statement).await?.as_ref().map(read).transpose()
    }

    /// Whose address a challenge is to prove.
    pub async fn find_challenged_email(&mut self, id: &str) -> Result<Option<String>, StoreError> {
        let statement = sqlx::query("SELECT email FROM challenges WHERE id = $1").bind(id.to_owned());
        self.optional(statement).await?.map(|row| Ok(row.try_get("email")?)).transpose()
    }

    /// Counts a try, and answers the challenge when the code is right. It can be tried on until it is deleted.
    pub async fn try_challenge(
        &mut self,
        id: &str,
        code: &str,
        now: Timestamp,
    ) -> Result<Option<StoredChallenge>, StoreError> {
        let statement = sqlx::query(
            "UPDATE challenges SET tries = tries + 1 WHERE id = $1 AND tries < $2 AND expires_at > $3 \
             RETURNING id, purpose, email, organization_id, client_id, connection_id, sealed_code, expires_at",
        );
        let statement = statement.bind(id.to_owned()).bind(MOST_TRIES).bind(now.0);
        let Some(row) = self.optional(statement).await? else { return Ok(None) };
        let Some(sealed) = row.try_get::<Option<String>, _>("sealed_code")? else { return Ok(None) };
        let expected = self.seal.open(&place(id), &sealed)?;
        let is_sent = expected.first() != Some(&(NOT_SENT as u8));
        let is_right = verify_slices_are_equal(&expected, code.as_bytes()).is_ok() && is_sent;
        if is_right { read(&row).map(Some) } else { Ok(None) }
    }

    /// The challenge did its work; whether it was still there: of all that use it, one does.
    pub async fn delete_challenge(&mut self, id: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query("DELETE FROM challenges WHERE id = $1").bind(id.to_owned());
        Ok(self.execute(statement).await? > 0)
    }
}

fn read(row: &AnyRow) -> Result<StoredChallenge, StoreError> {
    Ok(StoredChallenge {
        id: row.try_get("id")?,
        purpose: serde_json::from_str(row.try_get("purpose")?)?,
        email: row.try_get("email")?,
        organization_id: row.try_get("organization_id")?,
        client_id: row.try_get("client_id")?,
        connection_id: row.try_get("connection_id")?,
        expires_at: Timestamp(row.try_get("expires_at")?),
    })
}
