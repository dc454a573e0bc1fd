//! What applications may ask of APIs with their own credentials, as rows.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::database::{Rows, StoreError};
use super::narrowed::Narrowed;
use super::slice::{Placed, Position, Slice};
use crate::model::{ClientGrant, OrganizationUsage, Timestamp};

/// Which grants a list holds; what is `None` or empty does not narrow it.
#[derive(Debug, Clone, Default)]
pub struct ClientGrantFilter {
    pub ids: Vec<String>,
    pub client_id: Option<String>,
    pub audience: Option<String>,
    pub allow_any_organization: Option<bool>,
}

impl ClientGrantFilter {
    pub(super) fn narrowed(&self) -> Narrowed {
        Narrowed::default()
            .by_any("g.id", &self.ids)
            .by("g.client_id", self.client_id.clone())
            .by("g.audience", self.audience.clone())
            .by("COALESCE(g.allow_any_organization, 0)", self.allow_any_organization)
    }
}

impl Rows<'_> {
    pub async fn find_client_grant_by_id(&mut self, id: &str) -> Result<Option<ClientGrant>, StoreError> {
        let statement = sqlx::query("SELECT * FROM client_grants WHERE id = $1");
        self.optional(statement.bind(id.to_owned())).await?.map(|row| read_grant(&row)).transpose()
    }

    /// The oldest first.
    pub async fn list_client_grants(
        &mut self,
        filter: &ClientGrantFilter,
        slice: &Slice,
    ) -> Result<Vec<Placed<ClientGrant>>, StoreError> {
        let select = "SELECT g.*, g.created_at AS placed_at FROM client_grants g";
        let statement = filter.narrowed().list(select, "g.created_at", "g.id", slice);
        self.all(statement).await?.iter().map(read_placed_grant).collect()
    }

    pub async fn count_client_grants(&mut self, filter: &ClientGrantFilter) -> Result<i64, StoreError> {
        self.count(filter.narrowed().count("client_grants g")).await
    }

    /// # Errors
    /// [`StoreError::Duplicate`] when the client has a grant for this audience,
    /// [`StoreError::MissingReference`] when there is no such client.
    pub async fn create_client_grant(&mut self, new: &ClientGrant, now: Timestamp) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "INSERT INTO client_grants (id, client_id, audience, scope, organization_usage, allow_any_organization, \
             created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        );
        let statement = statement
            .bind(new.id.clone())
            .bind(new.client_id.clone())
            .bind(new.audience.clone())
            .bind(serde_json::to_string(&new.scope)?)
            .bind(new.organization_usage.map(OrganizationUsage::as_str))
            .bind(new.allow_any_organization.map(i64::from))
            .bind(now.0);
        self.execute(statement).await.map(|_| ())
    }

    /// Writes the scopes and what organizations the grant is for. Whether there was such a grant.
    pub async fn update_client_grant(&mut self, changed: &ClientGrant) -> Result<bool, StoreError> {
        let statement = sqlx::query(
            "UPDATE client_grants SET scope = $1, organization_usage = $2, allow_any_organization = $3 WHERE id = $4",
        );
        let statement = statement
            .bind(serde_json::to_string(&changed.scope)?)
            .bind(changed.organization_usage.map(OrganizationUsage::as_str))
            .bind(changed.allow_any_organization.map(i64::from))
            .bind(changed.id.clone());
        Ok(self.execute(statement).await? > 0)
    }

    /// Whether there was one.
    pub async fn delete_client_grant(&mut self, id: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query("DELETE FROM client_grants WHERE id = $1");
        Ok(self.execute(statement.bind(id.to_owned())).await? > 0)
    }

    /// Keeps the grant to this transaction; see [`Rows::hold_organization`]. Whether there is one.
    pub async fn hold_client_grant(&mut self, id: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query("UPDATE client_grants SET created_at = created_at WHERE id = $1");
        Ok(self.execute(statement.bind(id.to_owned())).await? > 0)
    }

    /// Whether a grant of the client, for any audience, has this scope.
    pub async fn client_holds_scope(&mut self, client_id: &str, scope: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query("SELECT id FROM client_grants WHERE client_id = $1 AND scope LIKE $2");
        let statement = statement.bind(client_id.to_owned()).bind(format!("%\"{scope}\"%"));
        Ok(self.optional(statement).await?.is_some())
    }

    /// Those of the clients that hold a grant with this scope for any audience.
    pub async fn list_clients_with_scope(
        &mut self,
        client_ids: &[String],
        scope: &str,
    ) -> Result<Vec<String>, StoreError> {
        if client_ids.is_empty() {
            return Ok(Vec::new());
        }
        // The scopes are a JSON array of texts, so the quotes make the match exact but for `_`, a wildcard.
        let narrowed = Narrowed::default().by_any("client_id", client_ids).like("scope", format!("%\"{scope}\"%"));
        let found = self.all(narrowed.all("SELECT client_id FROM client_grants")).await?;
        found.into_iter().map(|row| Ok(row.try_get("client_id")?)).collect()
    }
}

pub(super) fn read_placed_grant(row: &AnyRow) -> Result<Placed<ClientGrant>, StoreError> {
    let item = read_grant(row)?;
    Ok(Placed { position: Position::at_time(row.try_get("placed_at")?, item.id.clone()), item })
}

fn read_grant(row: &AnyRow) -> Result<ClientGrant, StoreError> {
    let usage: Option<String> = row.try_get("organization_usage")?;
    let allow_any_organization: Option<i64> = row.try_get("allow_any_organization")?;
    Ok(ClientGrant {
        id: row.try_get("id")?,
        client_id: row.try_get("client_id")?,
        audience: row.try_get("audience")?,
        scope: serde_json::from_str(row.try_get("scope")?)?,
        // What is unknown here is closed.
        organization_usage: usage.map(|usage| OrganizationUsage::parse(&usage).unwrap_or_default()),
        allow_any_organization: allow_any_organization.map(|flag| flag != 0),
    })
}
