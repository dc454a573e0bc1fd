//! Mails that wait to be sent, sealed: their text holds tickets and codes.

use sqlx::Row;

use super::Tenant;
use super::database::{Rows, StoreError};
use crate::model::mail::Mail;
use crate::model::{Timestamp, new_id};

/// A mail that one sender holds for a while.
pub struct ClaimedMail {
    pub id: String,
    pub mail: Mail,
    /// This one included.
    pub tries: i64,
}

fn place(id: &str) -> String {
    format!("outbox:{id}")
}

impl Rows<'_> {
    /// It is sent once this transaction is committed, and never when it is not.
    pub async fn queue_mail(&mut self, mail: &Mail, now: Timestamp) -> Result<(), StoreError> {
        let id = new_id("mail");
        let sealed = self.seal.seal(&place(&id), &serde_json::to_vec(mail)?)?;
        let statement =
            sqlx::query("INSERT INTO outbox (id, sealed_mail, tries, due_at, created_at) VALUES ($1, $2, 0, $3, $4)");
        self.execute(statement.bind(id).bind(sealed).bind(now.0).bind(now.0)).await.map(|_| ())
    }
}

impl Tenant {
    /// The mail that waits longest, held until `until` by who gets it.
    pub async fn claim_mail(&self, now: Timestamp, until: Timestamp) -> Result<Option<ClaimedMail>, StoreError> {
        // Asked before it is claimed, so that an empty outbox costs no write.
        let statement = sqlx::query("SELECT id FROM outbox WHERE due_at <= $1 ORDER BY due_at, id LIMIT 1");
        let Some(row) = self.read().await?.optional(statement.bind(now.0)).await? else { return Ok(None) };
        let id: String = row.try_get("id")?;
        self.write(move |mut rows| {
            Box::pin(async move {
                let statement = sqlx::query(
                    "UPDATE outbox SET tries = tries + 1, due_at = $1 WHERE id = $2 AND due_at <= $3 \
                     RETURNING sealed_mail, tries",
                );
                let statement = statement.bind(until.0).bind(id.clone()).bind(now.0);
                let Some(row) = rows.optional(statement).await? else { return Ok(None) };
                let json = rows.seal.open(&place(&id), row.try_get("sealed_mail")?)?;
                let (mail, tries) = (serde_json::from_slice(&json)?, row.try_get("tries")?);
                Ok(Some(ClaimedMail { id, mail, tries }))
            })
        })
        .await
    }

    /// The mail was sent, or is given up.
    pub async fn delete_mail(&self, id: &str) -> Result<(), StoreError> {
        let statement = sqlx::query("DELETE FROM outbox WHERE id = $1").bind(id.to_owned());
        self.write(move |mut rows| Box::pin(async move { rows.execute(statement).await.map(|_| ()) })).await
    }

    /// The mail is tried again at `due_at`.
    pub async fn delay_mail(&self, id: &str, due_at: Timestamp) -> Result<(), StoreError> {
        let statement = sqlx::query("UPDATE outbox SET due_at = $1 WHERE id = $2").bind(due_at.0).bind(id.to_owned());
        self.write(move |mut rows| Box::pin(async move { rows.execute(statement).await.map(|_| ()) })).await
    }
}
