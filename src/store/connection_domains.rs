//! The e-mail domains that lead to connections: what their options say, as rows with an index.

use sqlx::Row;

use super::database::{Database, Rows, StoreError};
use crate::model::Connection;

/// The name of filling the table among the chores.
const CHORE: &str = "the domains of older connections";

impl Database {
    /// Writes the domains of connections from before there was the table, once. It goes by what is missing, so that two
    /// nodes may do it at once.
    pub(super) async fn fill_connection_domains(&self) -> Result<(), StoreError> {
        if self.read().await?.is_done(CHORE).await? {
            return Ok(());
        }
        self.write(|mut rows| {
            Box::pin(async move {
                for id in rows.list_connections_without_domains().await? {
                    if let Some(connection) = rows.find_connection(&id).await? {
                        rows.create_connection_domains(&connection).await?;
                    }
                }
                rows.note_done(CHORE).await
            })
        })
        .await
    }
}

impl Rows<'_> {
    async fn is_done(&mut self, chore: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query("SELECT 1 AS done FROM chores WHERE name = $1").bind(chore.to_owned());
        Ok(self.optional(statement).await?.is_some())
    }

    async fn note_done(&mut self, chore: &str) -> Result<(), StoreError> {
        let statement = sqlx::query("INSERT INTO chores (name) VALUES ($1) ON CONFLICT DO NOTHING");
        self.execute(statement.bind(chore.to_owned())).await?;
        Ok(())
    }

    /// The ids of those whose options may name domains, see [`Connection::domains`], and that have no row.
    async fn list_connections_without_domains(&mut self) -> Result<Vec<String>, StoreError> {
        let statement = sqlx::query(
            "SELECT c.id FROM connections c WHERE c.strategy IN ('oidc', 'okta', 'waad', 'google-apps') \
             AND (c.options LIKE '%\"domain_aliases\"%' OR c.options LIKE '%\"tenant_domain\"%' \
             OR (c.strategy <> 'okta' AND c.options LIKE '%\"domain\"%')) \
             AND NOT EXISTS (SELECT 1 FROM connection_domains d WHERE d.connection_id = c.id)",
        );
        self.all(statement).await?.into_iter().map(|row| Ok(row.try_get("id")?)).collect()
    }

    pub(super) async fn create_connection_domains(&mut self, connection: &Connection) -> Result<(), StoreError> {
        for domain in connection.domains() {
            let statement = sqlx::query(
                "INSERT INTO connection_domains (domain, connection_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            );
            self.execute(statement.bind(domain).bind(connection.id.clone())).await?;
        }
        Ok(())
    }
}
