//! Connections in their places at organizations, switched on or off, as rows.

use serde_json::{Map, Value};
use sqlx::Row;
use sqlx::any::AnyRow;

use super::connections::read_strategy;
use super::database::{Rows, Statement, StoreError};
use super::slice::{Placed, Position, Slice};
use crate::error::Fault;
use crate::model::connection::{AccessLevel, ConnectionSummary};
use crate::model::{EnabledConnection, OrganizationConnection, Timestamp};

macro_rules! select_organization_connections {
    ($rest:literal) => {
        concat!(
            "SELECT e.*, c.name, c.strategy, c.options, CAST(CASE WHEN c.strategy = 'auth0' AND EXISTS ",
            "(SELECT 1 FROM enabled_connections s WHERE s.connection_id = e.connection_id ",
            "AND s.organization_id <> e.organization_id AND s.is_enabled = 1 AND s.is_signup_enabled = 1) ",
            "THEN 1 ELSE 0 END AS BIGINT) AS takes_sign_ups_elsewhere FROM enabled_connections e ",
            "JOIN connections c ON c.id = e.connection_id ",
            $rest
        )
    };
}

impl Rows<'_> {
    /// Also one that is switched off.
    pub async fn find_organization_connection(
        &mut self,
        organization_id: &str,
        connection_id: &str,
    ) -> Result<Option<OrganizationConnection>, StoreError> {
        let statement =
            sqlx::query(select_organization_connections!("WHERE e.organization_id = $1 AND e.connection_id = $2"));
        let statement = statement.bind(organization_id.to_owned()).bind(connection_id.to_owned());
        self.optional(statement).await?.map(read).transpose()
    }

    /// In their order, and in that in which they were added; those that are switched on or off, or all.
    pub async fn list_organization_connections(
        &mut self,
        organization_id: &str,
        is_enabled: Option<bool>,
        slice: &Slice,
    ) -> Result<Vec<Placed<OrganizationConnection>>, StoreError> {
        let statement = sqlx::query(select_organization_connections!(
            "WHERE e.organization_id = $1 AND e.is_enabled >= $2 AND e.is_enabled <= $3 \
             ORDER BY e.place, e.created_at, e.connection_id LIMIT $4 OFFSET $5"
        ));
        let (least, most) = range(is_enabled);
        let statement = statement.bind(organization_id.to_owned()).bind(least).bind(most);
        self.all(statement.bind(slice.most).bind(slice.skip)).await?.into_iter().map(read_placed).collect()
    }

    /// How many of them there are.
    pub async fn count_organization_connections(
        &mut self,
        organization_id: &str,
        is_enabled: Option<bool>,
    ) -> Result<i64, StoreError> {
        let statement = sqlx::query(
            "SELECT COUNT(*) AS total FROM enabled_connections \
             WHERE organization_id = $1 AND is_enabled >= $2 AND is_enabled <= $3",
        );
        let (least, most) = range(is_enabled);
        self.count(statement.bind(organization_id.to_owned()).bind(least).bind(most)).await
    }

    /// Whether some organization lets people make accounts of their own in the database.
    pub async fn takes_sign_ups(&mut self, connection_id: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query(
            "SELECT e.connection_id FROM enabled_connections e \
             WHERE e.connection_id = $1 AND e.is_enabled = 1 AND e.is_signup_enabled = 1 LIMIT 1",
        );
        Ok(self.optional(statement.bind(connection_id.to_owned())).await?.is_some())
    }

    /// The ids of the organizations where the connection makes members of whoever comes through it, without a list.
    pub async fn list_organizations_joined_without_list(
        &mut self,
        connection_id: &str,
    ) -> Result<Vec<String>, StoreError> {
        let statement = sqlx::query(
            "SELECT e.organization_id FROM enabled_connections e WHERE e.connection_id = $1 AND e.is_enabled = 1 \
             AND e.assign_membership_on_login = 1 AND e.allowed_domains = '[]' ORDER BY e.organization_id",
        );
        let found = self.all(statement.bind(connection_id.to_owned())).await?;
        found.into_iter().map(|row| Ok(row.try_get("organization_id")?)).collect()
    }

    /// # Errors
    /// [`StoreError::Duplicate`] when it is there already, [`StoreError::MissingReference`] when the
    /// organization or the connection does not exist.
    pub async fn create_organization_connection(
        &mut self,
        organization_id: &str,
        new: &OrganizationConnection,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "INSERT INTO enabled_connections (organization_id, connection_id, created_at, \
             assign_membership_on_login, show_as_button, is_signup_enabled, organization_connection_name, \
             organization_access_level, is_enabled, allowed_domains) VALUES ($8, $9, $10, $1, $2, $3, $4, $5, $6, $7)",
        );
        let statement = bind_values(statement, new)?.bind(organization_id.to_owned());
        let statement = statement.bind(new.switches.connection_id.clone()).bind(now.0);
        self.execute(statement).await.map(|_| ())
    }

    /// Writes everything but when it was added.
    pub async fn update_organization_connection(
        &mut self,
        organization_id: &str,
        changed: &OrganizationConnection,
    ) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "UPDATE enabled_connections SET assign_membership_on_login = $1, show_as_button = $2, \
             is_signup_enabled = $3, organization_connection_name = $4, organization_access_level = $5, \
             is_enabled = $6, allowed_domains = $7 WHERE organization_id = $8 AND connection_id = $9",
        );
        let statement = bind_values(statement, changed)?.bind(organization_id.to_owned());
        self.execute(statement.bind(changed.switches.connection_id.clone())).await.map(|_| ())
    }

    /// Puts the connections into this order.
    pub async fn order_organization_connections(
        &mut self,
        organization_id: &str,
        connection_ids: &[String],
    ) -> Result<(), StoreError> {
        for (place, connection_id) in (0_i64..).zip(connection_ids) {
            let statement = sqlx::query(
                "UPDATE enabled_connections SET place = $1 WHERE organization_id = $2 AND connection_id = $3",
            );
            let statement = statement.bind(place).bind(organization_id.to_owned()).bind(connection_id.clone());
            self.execute(statement).await?;
        }
        Ok(())
    }

    /// Whether it was there.
    pub async fn delete_organization_connection(
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

/// The least and the greatest value of the column.
fn range(is_enabled: Option<bool>) -> (i64, i64) {
    is_enabled.map_or((0, 1), |is_enabled| (is_enabled.into(), is_enabled.into()))
}

/// `$1` to `$7`.
fn bind_values<'q>(statement: Statement<'q>, connection: &OrganizationConnection) -> Result<Statement<'q>, StoreError> {
    let switches = &connection.switches;
    Ok(statement
        .bind(i64::from(switches.assign_membership_on_login))
        .bind(i64::from(switches.show_as_button))
        .bind(i64::from(switches.is_signup_enabled.unwrap_or(false)))
        .bind(connection.organization_connection_name.clone())
        .bind(connection.organization_access_level.as_str())
        .bind(i64::from(connection.is_enabled))
        .bind(serde_json::to_string(&switches.allowed_domains)?))
}

fn read_placed(row: AnyRow) -> Result<Placed<OrganizationConnection>, StoreError> {
    let time = row.try_get("created_at")?;
    let item = read(row)?;
    Ok(Placed { position: Position::at_time(time, item.switches.connection_id.clone()), item })
}

/// Enterprise connections leave `is_signup_enabled` out (contract §1.4).
fn read(row: AnyRow) -> Result<OrganizationConnection, StoreError> {
    let strategy = read_strategy(&row)?;
    let signup = row.try_get::<i64, _>("is_signup_enabled")? != 0;
    let level: String = row.try_get("organization_access_level")?;
    let unknown = || Fault::new("a stored connection of an organization", format!("has the unknown level {level:?}"));
    let options: Map<String, Value> = serde_json::from_str(row.try_get("options")?)?;
    // An account made at another organization is one here.
    let takes_sign_ups_elsewhere = row.try_get::<i64, _>("takes_sign_ups_elsewhere")? != 0;
    Ok(OrganizationConnection {
        switches: EnabledConnection {
            connection_id: row.try_get("connection_id")?,
            assign_membership_on_login: row.try_get::<i64, _>("assign_membership_on_login")? != 0,
            show_as_button: row.try_get::<i64, _>("show_as_button")? != 0,
            is_signup_enabled: strategy.is_database().then_some(signup),
            allowed_domains: serde_json::from_str(row.try_get("allowed_domains")?)?,
            membership_open: false,
            connection: ConnectionSummary { name: row.try_get("name")?, strategy },
            is_for_anyone: strategy.is_for_anyone(&options) || takes_sign_ups_elsewhere,
        }
        .settle(),
        organization_connection_name: row.try_get("organization_connection_name")?,
        organization_access_level: AccessLevel::ALL
            .into_iter()
            .find(|known| known.as_str() == level)
            .ok_or_else(unknown)?,
        is_enabled: row.try_get::<i64, _>("is_enabled")? != 0,
    })
}
