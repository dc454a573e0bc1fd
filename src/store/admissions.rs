//! What a login may pass through, and the admissions already answered.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sqlx::Row;
use sqlx::any::AnyRow;

use super::Tenant;
use super::connections::read_strategy;
use super::database::{Rows, StoreError};
use crate::model::Timestamp;
use crate::model::connection::ConnectionSummary;

const DAY_SECONDS: i64 = 24 * 3600;

/// A connection that is open to a login now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenConnection {
    pub id: String,
    pub summary: ConnectionSummary,
    /// Whether whoever comes through it becomes a member; never without an organization.
    pub assign_membership_on_login: bool,
    /// Whose people that is for; everybody's when empty.
    pub allowed_domains: Vec<String>,
    pub options: Map<String, Value>,
}

/// What a trip was answered, kept so that a lost reply may be asked for again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnsweredTrip {
    /// Tells one login from another that names the same trip.
    pub fingerprint: String,
    pub user_id: String,
    pub membership_created: bool,
}

impl Rows<'_> {
    /// The connection, if it is enabled for the organization now.
    pub async fn find_connection_open_to_organization(
        &mut self,
        organization_id: &str,
        connection_id: &str,
    ) -> Result<Option<OpenConnection>, StoreError> {
        let statement = sqlx::query(
            "SELECT c.id, c.name, c.strategy, c.options, e.assign_membership_on_login, e.allowed_domains FROM enabled_connections e \
             JOIN connections c ON c.id = e.connection_id JOIN organizations o ON o.id = e.organization_id \
             WHERE e.organization_id = $1 AND e.connection_id = $2 AND e.is_enabled = 1",
        );
        let statement = statement.bind(organization_id.to_owned()).bind(connection_id.to_owned());
        Ok(self.optional(statement).await?.as_ref().map(open_connection).transpose()?.flatten())
    }

    /// The connection, if the application may use it without an organization now.
    pub async fn find_connection_open_to_client(
        &mut self,
        client_id: &str,
        connection_id: &str,
    ) -> Result<Option<OpenConnection>, StoreError> {
        let statement = sqlx::query(
            "SELECT c.id, c.name, c.strategy, c.options, CAST(0 AS BIGINT) AS assign_membership_on_login, \
             '[]' AS allowed_domains FROM connections c WHERE c.id = $2 AND EXISTS \
             (SELECT 1 FROM connection_clients e WHERE e.client_id = $1 AND e.connection_id = c.id)",
        );
        let statement = statement.bind(client_id.to_owned()).bind(connection_id.to_owned());
        Ok(self.optional(statement).await?.as_ref().map(open_connection).transpose()?.flatten())
    }

    /// The connection, if people of the application may come through it now to choose their organization then: its
    /// own, or any organization's directory (contract §3). What a directory says of people is believed where its
    /// organization enabled it and nowhere else, so this opens the choice and no personal account.
    pub async fn find_connection_open_to_choice(
        &mut self,
        client_id: &str,
        connection_id: &str,
    ) -> Result<Option<OpenConnection>, StoreError> {
        if let Some(own) = self.find_connection_open_to_client(client_id, connection_id).await? {
            return Ok(Some(own));
        }
        let chooses = self.find_client(client_id).await?.is_some_and(|client| client.chooses_after_sign_in());
        if !chooses || !self.is_enterprise_of_any_organization(connection_id, client_id).await? {
            return Ok(None);
        }
        let statement = sqlx::query(
            "SELECT c.id, c.name, c.strategy, c.options, CAST(0 AS BIGINT) AS assign_membership_on_login, \
             '[]' AS allowed_domains FROM connections c WHERE c.id = $1",
        );
        let found = self.optional(statement.bind(connection_id.to_owned())).await?;
        Ok(found.as_ref().map(open_connection).transpose()?.flatten())
    }

    pub async fn find_answered_trip(
        &mut self,
        trip_id: &str,
        now: Timestamp,
    ) -> Result<Option<AnsweredTrip>, StoreError> {
        let statement = sqlx::query("SELECT admission FROM admissions WHERE trip_id = $1 AND expires_at > $2");
        let row = self.optional(statement.bind(trip_id.to_owned()).bind(now.0)).await?;
        row.map(|row| Ok(serde_json::from_str(row.try_get("admission")?)?)).transpose()
    }

    /// Claims the trip for this login; `false` when another call was faster.
    pub async fn create_answered_trip(
        &mut self,
        trip_id: &str,
        answered: &AnsweredTrip,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let statement = sqlx::query(
            "INSERT INTO admissions (trip_id, admission, expires_at) VALUES ($1, $2, $3) \
             ON CONFLICT (trip_id) DO UPDATE SET admission = excluded.admission, expires_at = excluded.expires_at \
             WHERE admissions.expires_at <= $4",
        );
        let statement = statement.bind(trip_id.to_owned()).bind(serde_json::to_string(answered)?);
        Ok(self.execute(statement.bind(expires_at.0).bind(now.0)).await? > 0)
    }
}

impl Tenant {
    /// Deletes answered trips, password failures that count no more, old invitations and counts, and events older than
    /// `events_days`; 0 keeps all of them.
    pub async fn delete_expired(&self, now: Timestamp, events_days: u32) -> Result<(), StoreError> {
        self.write(move |mut rows| {
            Box::pin(async move {
                rows.execute(sqlx::query("DELETE FROM admissions WHERE expires_at <= $1").bind(now.0)).await?;
                rows.execute(sqlx::query("DELETE FROM password_failures WHERE expires_at <= $1").bind(now.0)).await?;
                rows.execute(sqlx::query("DELETE FROM challenges WHERE expires_at <= $1").bind(now.0)).await?;
                rows.execute(sqlx::query("DELETE FROM tickets WHERE expires_at <= $1").bind(now.0)).await?;
                rows.delete_old_invitations(now).await?;
                if events_days > 0 {
                    rows.delete_events(now.plus_seconds(-i64::from(events_days) * DAY_SECONDS)).await?;
                }
                rows.delete_old_counts(now).await
            })
        })
        .await
    }
}

/// `None` when what the connection asks for is not built.
fn open_connection(row: &AnyRow) -> Result<Option<OpenConnection>, StoreError> {
    let strategy = read_strategy(row)?;
    let options: Map<String, Value> = serde_json::from_str(row.try_get("options")?)?;
    if !strategy.is_open(&options) {
        return Ok(None);
    }
    Ok(Some(OpenConnection {
        id: row.try_get("id")?,
        summary: ConnectionSummary { name: row.try_get("name")?, strategy },
        assign_membership_on_login: row.try_get::<i64, _>("assign_membership_on_login")? != 0,
        allowed_domains: serde_json::from_str(row.try_get("allowed_domains")?)?,
        options,
    }))
}
