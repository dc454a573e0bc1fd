//! What applications may ask of APIs with their own credentials, as rows.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::database::{Rows, StoreError};
use crate::model::{ClientGrant, Timestamp};

impl Rows<'_> {
    pub async fn find_client_grant_by_id(&mut self, id: &str) -> Result<Option<ClientGrant>, StoreError> {
        let statement = sqlx::query("SELECT id, client_id, audience, scope FROM client_grants WHERE id = $1");
        self.optional(statement.bind(id.to_owned())).await?.map(read).transpose()
    }

    /// The oldest first; an empty `client_id` or `audience` does not narrow the list.
    pub async fn list_client_grants(
        &mut self,
        client_id: &str,
        audience: &str,
        start: i64,
        limit: i64,
    ) -> Result<Vec<ClientGrant>, StoreError> {
        let statement = sqlx::query(
            "SELECT id, client_id, audience, scope FROM client_grants \
             WHERE ($1 = '' OR client_id = $1) AND ($2 = '' OR audience = $2) \
             ORDER BY created_at, id LIMIT $3 OFFSET $4",
        );
        let statement = statement.bind(client_id.to_owned()).bind(audience.to_owned()).bind(limit).bind(start);
        self.all(statement).await?.into_iter().map(read).collect()
    }

    pub async fn count_client_grants(&mut self, client_id: &str, audience: &str) -> Result<i64, StoreError> {
        let statement = sqlx::query(
            "SELECT COUNT(*) AS total FROM client_grants \
             WHERE ($1 = '' OR client_id = $1) AND ($2 = '' OR audience = $2)",
        );
        self.count(statement.bind(client_id.to_owned()).bind(audience.to_owned())).await
    }

    /// # Errors
    /// [`StoreError::Duplicate`] when the client has a grant for this audience,
    /// [`StoreError::MissingReference`] when there is no such client.
    pub async fn create_client_grant(&mut self, new: &ClientGrant, now: Timestamp) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "INSERT INTO client_grants (id, client_id, audience, scope, created_at) VALUES ($1, $2, $3, $4, $5)",
        );
        let statement = statement
            .bind(new.id.clone())
            .bind(new.client_id.clone())
            .bind(new.audience.clone())
            .bind(serde_json::to_string(&new.scope)?)
            .bind(now.0);
        self.execute(statement).await.map(|_| ())
    }

    /// Writes the scopes. Whether there was such a grant.
    pub async fn update_client_grant(&mut self, changed: &ClientGrant) -> Result<bool, StoreError> {
        let statement = sqlx::query("UPDATE client_grants SET scope = $1 WHERE id = $2");
        let statement = statement.bind(serde_json::to_string(&changed.scope)?).bind(changed.id.clone());
        Ok(self.execute(statement).await? > 0)
    }

    /// Whether there was one.
    pub async fn delete_client_grant(&mut self, id: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query("DELETE FROM client_grants WHERE id = $1");
        Ok(self.execute(statement.bind(id.to_owned())).await? > 0)
    }

    /// Whether a grant of the client, for any audience, has this scope.
    pub async fn client_holds_scope(&mut self, client_id: &str, scope: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query("SELECT id FROM client_grants WHERE client_id = $1 AND scope LIKE $2");
        let statement = statement.bind(client_id.to_owned()).bind(format!("%\"{scope}\"%"));
        Ok(self.optional(statement).await?.is_some())
    }

    /// The clients that hold a grant with this scope for any audience.
    pub async fn list_clients_with_scope(&mut self, scope: &str) -> Result<Vec<String>, StoreError> {
        let statement = sqlx::query("SELECT client_id FROM client_grants WHERE scope LIKE $1");
        // The scopes are a JSON array of texts, so the quotes make the match exact but for `_`, a wildcard.
        let found = self.all(statement.bind(format!("%\"{scope}\"%"))).await?;
        found.into_iter().map(|row| Ok(row.try_get("client_id")?)).collect()
    }
}

fn read(row: AnyRow) -> Result<ClientGrant, StoreError> {
    Ok(ClientGrant {
        id: row.try_get("id")?,
        client_id: row.try_get("client_id")?,
        audience: row.try_get("audience")?,
        scope: serde_json::from_str(row.try_get("scope")?)?,
        organization_usage: None,
        allow_any_organization: None,
    })
}
