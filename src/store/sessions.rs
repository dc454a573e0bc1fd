//! Sessions as administrators see them: listed by person, and ended by what tokens call them.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::database::{Rows, StoreError};
use super::events::Event;
use super::logins::{Kind, Logins};
use super::slice::{Placed, Position, Slice};
use crate::model::grant::Session;
use crate::model::{LONGEST_TOKEN_SECONDS, Timestamp, sha256};

/// A session that has not ended.
#[derive(Debug, Clone)]
pub struct StoredSession {
    /// What it is found by.
    pub id: String,
    pub session: Session,
    /// When it ends unless it is used.
    pub idle_ends_at: Timestamp,
}

impl Logins {
    /// What the session of this secret is called: nobody signs in by it.
    pub fn session_id(secret: &str) -> String {
        sha256(secret)
    }

    /// One person's, in the order of their ids.
    pub async fn list_sessions(
        &self,
        user_id: &str,
        slice: &Slice,
        now: Timestamp,
    ) -> Result<Vec<Placed<StoredSession>>, StoreError> {
        let statement = sqlx::query(
            "SELECT key, body, expires_at FROM records WHERE owner = $1 AND kind = $2 AND expires_at > $3 \
             AND key > $4 ORDER BY key LIMIT $5 OFFSET $6",
        );
        let (after, _) = slice.after_text();
        let statement = statement.bind(user_id.to_owned()).bind(Kind::Session.as_str()).bind(now.0).bind(after);
        let mut rows = self.database.read().await?;
        let found = rows.all(statement.bind(slice.most).bind(slice.skip)).await?;
        let placed = found.iter().map(|row| {
            let item = rows.read_session(row)?;
            Ok(Placed { position: Position::at_text(item.id.clone(), item.id.clone()), item })
        });
        placed.collect()
    }

    pub async fn find_session(&self, id: &str, now: Timestamp) -> Result<Option<StoredSession>, StoreError> {
        let statement =
            sqlx::query("SELECT key, body, expires_at FROM records WHERE kind = $1 AND key = $2 AND expires_at > $3");
        let statement = statement.bind(Kind::Session.as_str()).bind(id.to_owned()).bind(now.0);
        let mut rows = self.database.read().await?;
        rows.optional(statement).await?.map(|row| rows.read_session(&row)).transpose()
    }

    /// Ends a session and what was got by it, with the event that tells; one that is gone stays gone.
    pub async fn end_session(&self, id: &str, event: Event, now: Timestamp) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.database
            .write(move |mut rows| {
                Box::pin(async move {
                    let statement =
                        sqlx::query("DELETE FROM records WHERE kind = $1 AND key = $2 RETURNING key, body, expires_at");
                    let found = rows.optional(statement.bind(Kind::Session.as_str()).bind(id)).await?;
                    let Some(row) = found else { return Ok(()) };
                    let ended = rows.read_session(&row)?.session;
                    rows.end_what_came_of(&ended.sid, now).await?;
                    rows.record_event(Event { user_id: Some(ended.user_id), ..event }, now).await
                })
            })
            .await
    }

    /// The same for all of one person's, those in the dashboard among them, which outlive the login that they came of.
    /// The event is written where there was one.
    pub async fn end_sessions_of(&self, user_id: &str, event: Event, now: Timestamp) -> Result<(), StoreError> {
        let user_id = user_id.to_owned();
        self.database
            .write(move |mut rows| {
                Box::pin(async move {
                    let statement = sqlx::query(
                        "DELETE FROM records WHERE owner = $1 AND kind = $2 RETURNING key, body, expires_at",
                    );
                    let ended = rows.all(statement.bind(user_id.clone()).bind(Kind::Session.as_str())).await?;
                    for row in &ended {
                        let sid = rows.read_session(row)?.session.sid;
                        rows.end_what_came_of(&sid, now).await?;
                    }
                    let statement = sqlx::query("DELETE FROM records WHERE owner = $1 AND kind = $2");
                    let in_dashboard = statement.bind(user_id.clone()).bind(Kind::Dashboard.as_str());
                    let in_dashboard = rows.execute(in_dashboard).await?;
                    if !ended.is_empty() || in_dashboard > 0 {
                        rows.record_event(Event { user_id: Some(user_id), ..event }, now).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}

impl Rows<'_> {
    fn read_session(&self, row: &AnyRow) -> Result<StoredSession, StoreError> {
        let id: String = row.try_get("key")?;
        let session = self.unseal_record(Kind::Session, &id, row)?;
        Ok(StoredSession { id, session, idle_ends_at: Timestamp(row.try_get("expires_at")?) })
    }

    /// Codes that nobody has changed for tokens yet, and the tokens of the others.
    async fn end_what_came_of(&mut self, sid: &str, now: Timestamp) -> Result<(), StoreError> {
        let codes = sqlx::query("DELETE FROM records WHERE owner = $1 AND kind = $2");
        self.execute(codes.bind(sid.to_owned()).bind(Kind::Code.as_str())).await?;
        let spent = sqlx::query("SELECT key, body FROM records WHERE owner = $1 AND kind = $2");
        for row in self.all(spent.bind(sid.to_owned()).bind(Kind::SpentCode.as_str())).await? {
            let key: String = row.try_get("key")?;
            let (_, grant): (String, String) = self.unseal_record(Kind::SpentCode, &key, &row)?;
            self.revoke_grant(&grant, now.plus_seconds(LONGEST_TOKEN_SECONDS)).await?;
        }
        Ok(())
    }
}
