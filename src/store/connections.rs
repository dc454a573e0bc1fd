//! Connections as rows: their secrets sealed apart from the rest of their options.

use serde_json::{Map, Value};
use sqlx::Row;
use sqlx::any::AnyRow;

use super::database::{Rows, StoreError};
use super::seal::Seal;
use super::slice::{Placed, Position, Slice};
use crate::error::Fault;
use crate::model::connection::SECRET_OPTIONS;
use crate::model::{Connection, Strategy, Timestamp};

/// Which connections a list holds; what is `None` or empty does not narrow it.
#[derive(Debug, Clone, Default)]
pub struct ConnectionFilter {
    pub name: Option<String>,
    /// Names of strategies, also such as no connection can have.
    pub strategies: Vec<String>,
    /// Only those this application may use without an organization.
    pub client_id: Option<String>,
}

macro_rules! select_connections {
    ($rest:literal) => {
        concat!(
            "SELECT c.*, (SELECT STRING_AGG(k.client_id, ' ') FROM connection_clients k ",
            "WHERE k.connection_id = c.id) AS client_ids FROM connections c ",
            $rest
        )
    };
}

impl Rows<'_> {
    /// With its secrets.
    pub async fn find_connection(&mut self, id: &str) -> Result<Option<Connection>, StoreError> {
        let statement = sqlx::query(select_connections!("WHERE c.id = $1"));
        let found = self.optional(statement.bind(id.to_owned())).await?;
        found.map(|row| read(&self.seal, row)).transpose()
    }

    /// With its secrets.
    pub async fn find_connection_by_name(&mut self, name: &str) -> Result<Option<Connection>, StoreError> {
        let statement = sqlx::query(select_connections!("WHERE c.name = $1"));
        let found = self.optional(statement.bind(name.to_owned())).await?;
        found.map(|row| read(&self.seal, row)).transpose()
    }

    /// With their secrets, the oldest first.
    pub async fn list_connections(
        &mut self,
        filter: &ConnectionFilter,
        slice: &Slice,
    ) -> Result<Vec<Placed<Connection>>, StoreError> {
        let statement = sqlx::query(select_connections!(
            "WHERE ($1 = '' OR c.name = $1) AND ($2 = '' OR $2 LIKE '%,' || c.strategy || ',%') \
             AND ($3 = '' OR EXISTS (SELECT 1 FROM connection_clients k WHERE k.connection_id = c.id \
             AND k.client_id = $3)) AND (c.created_at, c.id) > ($4, $5) ORDER BY c.created_at, c.id LIMIT $6 OFFSET $7"
        ));
        let (time, id) = slice.after_time();
        let statement = statement
            .bind(filter.name.clone().unwrap_or_default())
            .bind(strategies(filter))
            .bind(filter.client_id.clone().unwrap_or_default())
            .bind(time)
            .bind(id)
            .bind(slice.most)
            .bind(slice.skip);
        let found = self.all(statement).await?;
        let placed = |row: AnyRow| {
            let time = row.try_get("created_at")?;
            let item = read(&self.seal, row)?;
            Ok(Placed { position: Position::at_time(time, item.id.clone()), item })
        };
        found.into_iter().map(placed).collect()
    }

    pub async fn count_connections(&mut self, filter: &ConnectionFilter) -> Result<i64, StoreError> {
        let statement = sqlx::query(
            "SELECT COUNT(*) AS total FROM connections c \
             WHERE ($1 = '' OR c.name = $1) AND ($2 = '' OR $2 LIKE '%,' || c.strategy || ',%') \
             AND ($3 = '' OR EXISTS (SELECT 1 FROM connection_clients k WHERE k.connection_id = c.id \
             AND k.client_id = $3))",
        );
        let statement = statement
            .bind(filter.name.clone().unwrap_or_default())
            .bind(strategies(filter))
            .bind(filter.client_id.clone().unwrap_or_default());
        self.count(statement).await
    }

    /// Also switches it on for its `enabled_clients`.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] when the name is taken, [`StoreError::MissingReference`] for an unknown client.
    pub async fn create_connection(&mut self, new: &Connection, now: Timestamp) -> Result<(), StoreError> {
        let (options, sealed) = split(&self.seal, new)?;
        let statement = sqlx::query(
            "INSERT INTO connections (id, name, strategy, display_name, options, sealed_options, show_as_button, \
             is_domain_connection, realms, metadata, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        );
        let statement = statement
            .bind(new.id.clone())
            .bind(new.name.clone())
            .bind(new.strategy.as_str())
            .bind(new.display_name.clone())
            .bind(options)
            .bind(sealed)
            .bind(i64::from(new.show_as_button))
            .bind(i64::from(new.is_domain_connection))
            .bind(serde_json::to_string(&new.realms)?)
            .bind(new.metadata.as_ref().map(serde_json::to_string).transpose()?)
            .bind(now.0);
        self.execute(statement).await?;
        for client_id in &new.enabled_clients {
            self.create_connection_client(&new.id, client_id).await?;
        }
        self.create_connection_domains(new).await
    }

    /// Writes everything but the id, the name, the strategy and the clients.
    pub async fn update_connection(&mut self, changed: &Connection) -> Result<(), StoreError> {
        let (options, sealed) = split(&self.seal, changed)?;
        let statement = sqlx::query(
            "UPDATE connections SET display_name = $1, options = $2, sealed_options = $3, show_as_button = $4, \
             is_domain_connection = $5, realms = $6, metadata = $7 WHERE id = $8",
        );
        let statement = statement
            .bind(changed.display_name.clone())
            .bind(options)
            .bind(sealed)
            .bind(i64::from(changed.show_as_button))
            .bind(i64::from(changed.is_domain_connection))
            .bind(serde_json::to_string(&changed.realms)?)
            .bind(changed.metadata.as_ref().map(serde_json::to_string).transpose()?)
            .bind(changed.id.clone());
        self.execute(statement).await?;
        let statement = sqlx::query("DELETE FROM connection_domains WHERE connection_id = $1");
        self.execute(statement.bind(changed.id.clone())).await?;
        self.create_connection_domains(changed).await
    }

    /// Whether there was one. Its users and its place in every organization go with it.
    pub async fn delete_connection(&mut self, id: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query("DELETE FROM connections WHERE id = $1");
        Ok(self.execute(statement.bind(id.to_owned())).await? > 0)
    }

    /// Keeps the connection to this transaction; see [`Rows::hold_organization`]. Whether there is one.
    pub async fn hold_connection(&mut self, id: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query("UPDATE connections SET created_at = created_at WHERE id = $1");
        Ok(self.execute(statement.bind(id.to_owned())).await? > 0)
    }

    /// The ids of applications that may use it without an organization, in the order of the ids.
    pub async fn list_connection_clients(
        &mut self,
        connection_id: &str,
        slice: &Slice,
    ) -> Result<Vec<Placed<String>>, StoreError> {
        let statement = sqlx::query(
            "SELECT client_id FROM connection_clients WHERE connection_id = $1 AND client_id > $2 \
             ORDER BY client_id LIMIT $3 OFFSET $4",
        );
        let (after, _) = slice.after_text();
        let statement = statement.bind(connection_id.to_owned()).bind(after).bind(slice.most).bind(slice.skip);
        let placed = |row: AnyRow| {
            let id: String = row.try_get("client_id")?;
            Ok(Placed { position: Position::at_text(id.clone(), ""), item: id })
        };
        self.all(statement).await?.into_iter().map(placed).collect()
    }

    /// The ids of the connection's users who had this address.
    pub async fn delete_users_by_email(&mut self, connection_id: &str, email: &str) -> Result<Vec<String>, StoreError> {
        let statement = sqlx::query("DELETE FROM users WHERE connection_id = $1 AND email = $2 RETURNING user_id");
        let statement = statement.bind(connection_id.to_owned()).bind(email.to_owned());
        self.all(statement).await?.into_iter().map(|row| Ok(row.try_get("user_id")?)).collect()
    }

    /// Lets an application use the connection without an organization; nothing changes if it may already.
    ///
    /// # Errors
    /// [`StoreError::MissingReference`] when the connection or the client does not exist.
    pub async fn create_connection_client(&mut self, connection_id: &str, client_id: &str) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "INSERT INTO connection_clients (connection_id, client_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        );
        self.execute(statement.bind(connection_id.to_owned()).bind(client_id.to_owned())).await.map(|_| ())
    }

    /// Whether the application could use it.
    pub async fn delete_connection_client(&mut self, connection_id: &str, client_id: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query("DELETE FROM connection_clients WHERE connection_id = $1 AND client_id = $2");
        Ok(self.execute(statement.bind(connection_id.to_owned()).bind(client_id.to_owned())).await? > 0)
    }
}

/// `,auth0,oidc,`, or nothing: one text for a set of any size.
fn strategies(filter: &ConnectionFilter) -> String {
    filter.strategies.iter().fold(String::new(), |list, strategy| {
        let list = if list.is_empty() { ",".to_owned() } else { list };
        list + strategy + ","
    })
}

pub(super) fn read_strategy(row: &AnyRow) -> Result<Strategy, StoreError> {
    let text: String = row.try_get("strategy")?;
    let unknown = || Fault::new("a stored connection", format!("has the unknown strategy {text:?}"));
    Strategy::parse(&text).ok_or_else(|| unknown().into())
}

fn read(seal: &Seal, row: AnyRow) -> Result<Connection, StoreError> {
    let id: String = row.try_get("id")?;
    let mut options: Map<String, Value> = serde_json::from_str(row.try_get("options")?)?;
    if let Some(sealed) = row.try_get::<Option<String>, _>("sealed_options")? {
        let secrets: Map<String, Value> = serde_json::from_slice(&seal.open(&place(&id), &sealed)?)?;
        options.extend(secrets);
    }
    let metadata: Option<String> = row.try_get("metadata")?;
    let client_ids: Option<String> = row.try_get("client_ids")?;
    let mut enabled_clients: Vec<String> =
        client_ids.unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    enabled_clients.sort_unstable();
    Ok(Connection {
        name: row.try_get("name")?,
        strategy: read_strategy(&row)?,
        display_name: row.try_get("display_name")?,
        options,
        enabled_clients,
        show_as_button: row.try_get::<i64, _>("show_as_button")? != 0,
        is_domain_connection: row.try_get::<i64, _>("is_domain_connection")? != 0,
        realms: serde_json::from_str(row.try_get("realms")?)?,
        metadata: metadata.map(|json| serde_json::from_str(&json)).transpose()?,
        id,
    })
}

/// The options as they are kept: in the open, and sealed.
fn split(seal: &Seal, connection: &Connection) -> Result<(String, Option<String>), StoreError> {
    let (secret, open): (Map<_, _>, Map<_, _>) =
        connection.options.clone().into_iter().partition(|(name, _)| SECRET_OPTIONS.contains(&name.as_str()));
    let sealed = match secret.is_empty() {
        true => None,
        false => Some(seal.seal(&place(&connection.id), &serde_json::to_vec(&secret)?)?),
    };
    Ok((serde_json::to_string(&open)?, sealed))
}

pub(super) fn place(id: &str) -> String {
    format!("connections.options:{id}")
}
