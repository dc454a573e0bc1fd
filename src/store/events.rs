//! Audit events, written in the transaction of what they tell.

use super::database::{Rows, StoreError};
use crate::model::{Timestamp, random_alphanumeric};

/// What happened, under Auth0's log type codes (`s` login, `f` refused, `fp` wrong password, `sapi` write ...).
#[derive(Debug, Clone, Default)]
pub struct Event {
    pub kind: &'static str,
    pub description: String,
    pub client_id: Option<String>,
    pub connection_id: Option<String>,
    pub organization_id: Option<String>,
    pub user_id: Option<String>,
    pub client_address: Option<String>,
}

impl Event {
    /// A write that a client of the API made.
    pub fn by(client_id: &str, description: impl Into<String>) -> Self {
        Self { kind: "sapi", description: description.into(), client_id: Some(client_id.to_owned()), ..Self::default() }
    }
}

impl Rows<'_> {
    pub async fn record_event(&mut self, event: Event, now: Timestamp) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "INSERT INTO events (id, type, date, description, client_id, connection_id, organization_id, user_id, \
             client_address) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        );
        let statement = statement
            .bind(format!("{:013}{}", now.0, random_alphanumeric(20)))
            .bind(event.kind)
            .bind(now.0)
            .bind(event.description)
            .bind(event.client_id)
            .bind(event.connection_id)
            .bind(event.organization_id)
            .bind(event.user_id)
            .bind(event.client_address);
        self.execute(statement).await.map(|_| ())
    }

    /// Deletes the events before `start`.
    pub(super) async fn delete_events(&mut self, start: Timestamp) -> Result<(), StoreError> {
        let statement = sqlx::query("DELETE FROM events WHERE date < $1");
        self.execute(statement.bind(start.0)).await.map(|_| ())
    }
}
