//! Which permissions a role or a user has, and what the APIs that have them say of them.

use std::collections::BTreeMap;

use serde::Deserialize;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::database::{Rows, StoreError};
use super::slice::{Placed, Position, Slice};
use crate::model::Timestamp;
use crate::model::role::PermissionSource;

/// Who has a permission of its own, by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder<'h> {
    Role(&'h str),
    User(&'h str),
}

/// An API by its identifier, with the descriptions of its permissions by their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Api {
    pub name: String,
    pub permissions: BTreeMap<String, String>,
}

/// A permission that someone has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldPermission {
    pub resource_server_identifier: String,
    pub permission_name: String,
    /// Where a user has it from.
    pub sources: Option<Vec<PermissionSource>>,
}

/// The part of a resource server's settings that this file reads.
#[derive(Deserialize)]
struct Settings {
    #[serde(default)]
    scopes: Vec<Scope>,
}

#[derive(Deserialize)]
struct Scope {
    value: String,
    description: Option<String>,
}

/// The same statement for either holder, whose tables have one shape.
macro_rules! of_holder {
    ($holder:expr, $before:literal, $between:literal, $after:literal) => {
        match $holder {
            Holder::Role(id) => {
                sqlx::query(concat!($before, "role_permissions", $between, "role_id", $after)).bind(id.to_owned())
            }
            Holder::User(id) => {
                sqlx::query(concat!($before, "user_permissions", $between, "user_id", $after)).bind(id.to_owned())
            }
        }
    };
}

/// A user's own permissions and those of its roles, with where each comes from.
macro_rules! of_user {
    ($rest:literal) => {
        concat!(
            "WITH held AS (SELECT resource_server_identifier, permission_name, '' AS source_id, '' AS source_name ",
            "FROM user_permissions WHERE user_id = $1 UNION ALL ",
            "SELECT rp.resource_server_identifier, rp.permission_name, r.id, r.name FROM user_roles ur ",
            "JOIN roles r ON r.id = ur.role_id JOIN role_permissions rp ON rp.role_id = r.id WHERE ur.user_id = $1) ",
            $rest
        )
    };
}

impl Rows<'_> {
    /// The API with this identifier, as far as permissions need it.
    pub async fn find_api(&mut self, identifier: &str) -> Result<Option<Api>, StoreError> {
        let statement = sqlx::query("SELECT name, settings FROM resource_servers WHERE identifier = $1");
        let Some(row) = self.optional(statement.bind(identifier.to_owned())).await? else { return Ok(None) };
        let settings: Settings = serde_json::from_str(row.try_get("settings")?)?;
        let told = settings.scopes.into_iter().map(|scope| (scope.value, scope.description.unwrap_or_default()));
        Ok(Some(Api { name: row.try_get("name")?, permissions: told.collect() }))
    }

    /// A role's permissions, by API and name.
    pub async fn list_role_permissions(
        &mut self,
        role_id: &str,
        slice: &Slice,
    ) -> Result<Vec<Placed<HeldPermission>>, StoreError> {
        let statement = sqlx::query(
            "SELECT resource_server_identifier, permission_name FROM role_permissions WHERE role_id = $1 \
             ORDER BY resource_server_identifier, permission_name LIMIT $2 OFFSET $3",
        );
        let rows = self.all(statement.bind(role_id.to_owned()).bind(slice.most).bind(slice.skip)).await?;
        rows.iter().map(|row| read_held(row, None)).collect()
    }

    /// A user's permissions, by API and name: its own and those of its roles.
    pub async fn list_user_permissions(
        &mut self,
        user_id: &str,
        slice: &Slice,
    ) -> Result<Vec<Placed<HeldPermission>>, StoreError> {
        let statement = sqlx::query(of_user!(
            "SELECT h.* FROM (SELECT DISTINCT resource_server_identifier, permission_name FROM held \
             ORDER BY resource_server_identifier, permission_name LIMIT $2 OFFSET $3) page \
             JOIN held h ON h.resource_server_identifier = page.resource_server_identifier \
             AND h.permission_name = page.permission_name \
             ORDER BY h.resource_server_identifier, h.permission_name, h.source_id"
        ));
        let mut listed: Vec<Placed<HeldPermission>> = Vec::new();
        for row in self.all(statement.bind(user_id.to_owned()).bind(slice.most).bind(slice.skip)).await? {
            let source = PermissionSource::of_role(row.try_get("source_id")?, row.try_get("source_name")?);
            let held = read_held(&row, None)?;
            match listed.last_mut() {
                Some(last) if last.position == held.position => last.item.sources.get_or_insert_default().push(source),
                _ => listed.push(read_held(&row, Some(vec![source]))?),
            }
        }
        Ok(listed)
    }

    pub async fn count_role_permissions(&mut self, role_id: &str) -> Result<i64, StoreError> {
        let statement = sqlx::query("SELECT COUNT(*) AS total FROM role_permissions WHERE role_id = $1");
        self.count(statement.bind(role_id.to_owned())).await
    }

    pub async fn count_user_permissions(&mut self, user_id: &str) -> Result<i64, StoreError> {
        let statement = sqlx::query(of_user!(
            "SELECT COUNT(*) AS total FROM (SELECT DISTINCT resource_server_identifier, permission_name FROM held) page"
        ));
        self.count(statement.bind(user_id.to_owned())).await
    }

    /// `false` when the holder already has it.
    ///
    /// # Errors
    /// [`StoreError::MissingReference`] when there is no such holder or API.
    pub async fn create_permission(
        &mut self,
        holder: Holder<'_>,
        identifier: &str,
        name: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let statement = of_holder!(
            holder,
            "INSERT INTO ",
            " (",
            ", resource_server_identifier, permission_name, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
        );
        let statement = statement.bind(identifier.to_owned()).bind(name.to_owned()).bind(now.0);
        Ok(self.execute(statement).await? > 0)
    }

    /// `false` when the holder did not have it.
    pub async fn delete_permission(
        &mut self,
        holder: Holder<'_>,
        identifier: &str,
        name: &str,
    ) -> Result<bool, StoreError> {
        let statement = of_holder!(
            holder,
            "DELETE FROM ",
            " WHERE ",
            " = $1 AND resource_server_identifier = $2 AND permission_name = $3"
        );
        Ok(self.execute(statement.bind(identifier.to_owned()).bind(name.to_owned())).await? > 0)
    }
}

fn read_held(row: &AnyRow, sources: Option<Vec<PermissionSource>>) -> Result<Placed<HeldPermission>, StoreError> {
    let item = HeldPermission {
        resource_server_identifier: row.try_get("resource_server_identifier")?,
        permission_name: row.try_get("permission_name")?,
        sources,
    };
    let position = Position::at_text(item.resource_server_identifier.clone(), item.permission_name.clone());
    Ok(Placed { position, item })
}
