//! Resource servers as rows: what they are set to as one document.

use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::any::AnyRow;

use super::database::{Rows, StoreError};
use super::narrowed::Narrowed;
use super::slice::{Placed, Position, Slice};
use crate::model::resource_server::ResourceServerScope;
use crate::model::{ResourceServer, Timestamp};

#[derive(Serialize, Deserialize)]
struct Settings {
    scopes: Vec<ResourceServerScope>,
    token_lifetime: Option<i64>,
}

impl Rows<'_> {
    /// By its id, else by its identifier.
    pub async fn find_resource_server(&mut self, id: &str) -> Result<Option<ResourceServer>, StoreError> {
        let statement = sqlx::query(
            "SELECT * FROM resource_servers WHERE id = $1 OR identifier = $1 \
             ORDER BY CASE WHEN id = $1 THEN 0 ELSE 1 END LIMIT 1",
        );
        self.optional(statement.bind(id.to_owned())).await?.as_ref().map(read).transpose()
    }

    /// The oldest first; no identifiers do not narrow the list.
    pub async fn list_resource_servers(
        &mut self,
        identifiers: &[String],
        slice: &Slice,
    ) -> Result<Vec<Placed<ResourceServer>>, StoreError> {
        let narrowed = Narrowed::default().by_any("identifier", identifiers);
        let statement = narrowed.list("SELECT * FROM resource_servers", "created_at", "id", slice);
        let placed = |row: &AnyRow| {
            let item = read(row)?;
            Ok(Placed { position: Position::at_time(row.try_get("created_at")?, item.id.clone()), item })
        };
        self.all(statement).await?.iter().map(placed).collect()
    }

    pub async fn count_resource_servers(&mut self, identifiers: &[String]) -> Result<i64, StoreError> {
        self.count(Narrowed::default().by_any("identifier", identifiers).count("resource_servers")).await
    }

    /// # Errors
    /// [`StoreError::Duplicate`] when the identifier is taken.
    pub async fn create_resource_server(&mut self, new: &ResourceServer, now: Timestamp) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "INSERT INTO resource_servers (id, identifier, name, settings, created_at) VALUES ($1, $2, $3, $4, $5)",
        );
        let statement = statement.bind(new.id.clone()).bind(new.identifier.clone()).bind(new.name.clone());
        self.execute(statement.bind(settings(new)?).bind(now.0)).await.map(|_| ())
    }

    /// Writes everything but id and identifier; nobody keeps a permission that the API has no more.
    pub async fn update_resource_server(
        &mut self,
        changed: &ResourceServer,
        gone: &[ResourceServerScope],
    ) -> Result<(), StoreError> {
        let statement = sqlx::query("UPDATE resource_servers SET name = $1, settings = $2 WHERE id = $3");
        let statement = statement.bind(changed.name.clone()).bind(settings(changed)?).bind(changed.id.clone());
        self.execute(statement).await?;
        for scope in gone {
            for delete in [
                "DELETE FROM role_permissions WHERE resource_server_identifier = $1 AND permission_name = $2",
                "DELETE FROM user_permissions WHERE resource_server_identifier = $1 AND permission_name = $2",
            ] {
                let statement = sqlx::query(delete).bind(changed.identifier.clone()).bind(scope.value.clone());
                self.execute(statement).await?;
            }
        }
        Ok(())
    }

    /// Its permissions and what clients were granted for it go with it.
    pub async fn delete_resource_server(&mut self, gone: &ResourceServer) -> Result<(), StoreError> {
        let grants = sqlx::query("DELETE FROM client_grants WHERE audience = $1").bind(gone.identifier.clone());
        self.execute(grants).await?;
        let statement = sqlx::query("DELETE FROM resource_servers WHERE id = $1").bind(gone.id.clone());
        self.execute(statement).await.map(|_| ())
    }

    /// Keeps the resource server to this transaction; see [`Rows::hold_organization`].
    pub async fn hold_resource_server(&mut self, id: &str) -> Result<(), StoreError> {
        let statement =
            sqlx::query("UPDATE resource_servers SET created_at = created_at WHERE id = $1 OR identifier = $1");
        self.execute(statement.bind(id.to_owned())).await.map(|_| ())
    }
}

fn settings(of: &ResourceServer) -> Result<String, StoreError> {
    let settings = Settings { scopes: of.scopes.clone(), token_lifetime: of.token_lifetime };
    Ok(serde_json::to_string(&settings)?)
}

fn read(row: &AnyRow) -> Result<ResourceServer, StoreError> {
    let settings: Settings = serde_json::from_str(row.try_get("settings")?)?;
    Ok(ResourceServer {
        id: row.try_get("id")?,
        identifier: row.try_get("identifier")?,
        name: row.try_get("name")?,
        scopes: settings.scopes,
        token_lifetime: settings.token_lifetime,
        is_system: false,
    })
}
