//! Connections that are switched on for an organization, as rows.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::connections::read_strategy;
use super::database::{Rows, StoreError};
use crate::model::connection::ConnectionSummary;
use crate::model::{EnabledConnection, Timestamp};

macro_rules! select_enabled_connections {
    ($rest:literal) => {
        concat!(
            "SELECT e.connection_id, e.assign_membership_on_login, e.show_as_button, e.is_signup_enabled, ",
            "c.name, c.strategy FROM enabled_connections e JOIN connections c ON c.id = e.connection_id ",
            $rest
        )
    };
}

impl Rows<'_> {
    pub async fn find_enabled_connection(
        &mut self,
        organization_id: &str,
        connection_id: &str,
    ) -> Result<Option<EnabledConnection>, StoreError> {
        let statement =
            sqlx::query(select_enabled_connections!("WHERE e.organization_id = $1 AND e.connection_id = $2"));
        let statement = statement.bind(organization_id.to_owned()).bind(connection_id.to_owned());
        self.optional(statement).await?.map(read).transpose()
    }

    /// In the order they were enabled.
    pub async fn list_enabled_connections(
        &mut self,
        organization_id: &str,
        start: i64,
        limit: i64,
    ) -> Result<Vec<EnabledConnection>, StoreError> {
        let statement = sqlx::query(select_enabled_connections!(
            "WHERE e.organization_id = $1 ORDER BY e.created_at, e.connection_id LIMIT $2 OFFSET $3"
        ));
        let statement = statement.bind(organization_id.to_owned()).bind(limit).bind(start);
        self.all(statement).await?.into_iter().map(read).collect()
    }

    pub async fn count_enabled_connections(&mut self, organization_id: &str) -> Result<i64, StoreError> {
        let statement = sqlx::query("SELECT COUNT(*) AS total FROM enabled_connections WHERE organization_id = $1");
        self.count(statement.bind(organization_id.to_owned())).await
    }

    /// # Errors
    /// [`StoreError::Duplicate`] when it is enabled already, [`StoreError::MissingReference`] when the
    /// organization or the connection does not exist.
    pub async fn create_enabled_connection(
        &mut self,
        organization_id: &str,
        new: &EnabledConnection,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "INSERT INTO enabled_connections (organization_id, connection_id, assign_membership_on_login, \
             show_as_button, is_signup_enabled, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        );
        let statement = statement
            .bind(organization_id.to_owned())
            .bind(new.connection_id.clone())
            .bind(i64::from(new.assign_membership_on_login))
            .bind(i64::from(new.show_as_button))
            .bind(i64::from(new.is_signup_enabled.unwrap_or(false)))
            .bind(now.0);
        self.execute(statement).await.map(|_| ())
    }

    /// Writes the switches.
    pub async fn update_enabled_connection(
        &mut self,
        organization_id: &str,
        changed: &EnabledConnection,
    ) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "UPDATE enabled_connections SET assign_membership_on_login = $1, show_as_button = $2, \
             is_signup_enabled = $3 WHERE organization_id = $4 AND connection_id = $5",
        );
        let statement = statement
            .bind(i64::from(changed.assign_membership_on_login))
            .bind(i64::from(changed.show_as_button))
            .bind(i64::from(changed.is_signup_enabled.unwrap_or(false)))
            .bind(organization_id.to_owned())
            .bind(changed.connection_id.clone());
        self.execute(statement).await.map(|_| ())
    }

    /// Whether it was enabled.
    pub async fn delete_enabled_connection(
        &mut self,
        organization_id: &str,
        connection_id: &str,
    ) -> Result<bool, StoreError> {
        let statement =
            sqlx::query("DELETE FROM enabled_connections WHERE organization_id = $1 AND connection_id = $2");
        let statement = statement.bind(organization_id.to_owned()).bind(connection_id.to_owned());
        Ok(self.execute(statement).await? > 0)
    }
}

/// Enterprise connections leave `is_signup_enabled` out (contract §1.4).
fn read(row: AnyRow) -> Result<EnabledConnection, StoreError> {
    let strategy = read_strategy(&row)?;
    let signup = row.try_get::<i64, _>("is_signup_enabled")? != 0;
    Ok(EnabledConnection {
        connection_id: row.try_get("connection_id")?,
        assign_membership_on_login: row.try_get::<i64, _>("assign_membership_on_login")? != 0,
        show_as_button: row.try_get::<i64, _>("show_as_button")? != 0,
        is_signup_enabled: strategy.is_database().then_some(signup),
        connection: ConnectionSummary { name: row.try_get("name")?, strategy },
    })
}
