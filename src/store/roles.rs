//! Roles as rows.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::database::{Rows, StoreError};
use super::narrowed::containing;
use super::slice::{Placed, Position, Slice};
use crate::model::role::ManagementAccess;
use crate::model::{Role, Timestamp};

impl Rows<'_> {
    pub async fn find_role(&mut self, id: &str) -> Result<Option<Role>, StoreError> {
        let statement =
            sqlx::query("SELECT id, name, description, management_access FROM roles WHERE id = $1").bind(id.to_owned());
        self.optional(statement).await?.as_ref().map(read_role).transpose()
    }

    /// Those whose name holds the text in any case, the oldest first; an empty text does not narrow the list.
    pub async fn list_roles(&mut self, part_of_name: &str, slice: &Slice) -> Result<Vec<Placed<Role>>, StoreError> {
        let statement = sqlx::query(
            "SELECT id, name, description, management_access, created_at FROM roles WHERE LOWER(name) LIKE LOWER($1) ESCAPE '!' \
             AND (created_at, id) > ($2, $3) ORDER BY created_at, id LIMIT $4 OFFSET $5",
        );
        let (time, id) = slice.after_time();
        let statement = statement.bind(containing(part_of_name)).bind(time).bind(id).bind(slice.most).bind(slice.skip);
        let rows = self.all(statement).await?;
        let placed = rows.iter().map(|row| {
            let item = read_role(row)?;
            Ok(Placed { position: Position::at_time(row.try_get("created_at")?, item.id.clone()), item })
        });
        placed.collect()
    }

    pub async fn count_roles(&mut self, part_of_name: &str) -> Result<i64, StoreError> {
        let statement = sqlx::query("SELECT COUNT(*) AS total FROM roles WHERE LOWER(name) LIKE LOWER($1) ESCAPE '!'");
        self.count(statement.bind(containing(part_of_name))).await
    }

    /// # Errors
    /// [`StoreError::Duplicate`] when the name is taken.
    pub async fn create_role(&mut self, new: &Role, now: Timestamp) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "INSERT INTO roles (id, name, description, management_access, created_at) VALUES ($1, $2, $3, $4, $5)",
        );
        let statement = statement.bind(new.id.clone()).bind(new.name.clone()).bind(new.description.clone());
        let statement = statement.bind(new.management_access.map(ManagementAccess::as_str)).bind(now.0);
        self.execute(statement).await.map(|_| ())
    }

    /// # Errors
    /// [`StoreError::Duplicate`] when the new name is taken.
    pub async fn update_role(&mut self, changed: &Role) -> Result<(), StoreError> {
        let statement = sqlx::query("UPDATE roles SET name = $1, description = $2 WHERE id = $3");
        let statement = statement.bind(changed.name.clone()).bind(changed.description.clone());
        self.execute(statement.bind(changed.id.clone())).await.map(|_| ())
    }

    /// The roles that make administrators.
    pub async fn list_administrator_roles(&mut self) -> Result<Vec<Role>, StoreError> {
        let statement = sqlx::query(
            "SELECT id, name, description, management_access FROM roles WHERE management_access IS NOT NULL \
             ORDER BY created_at, id LIMIT 100",
        );
        self.all(statement).await?.iter().map(read_role).collect()
    }

    /// What a user who is not blocked may do as an administrator.
    pub async fn find_management_access(&mut self, user_id: &str) -> Result<Option<ManagementAccess>, StoreError> {
        let statement = sqlx::query(
            "SELECT r.management_access FROM user_roles ur \
             JOIN roles r ON r.id = ur.role_id JOIN users u ON u.user_id = ur.user_id \
             WHERE ur.user_id = $1 AND r.management_access IS NOT NULL AND u.blocked = 0 \
             ORDER BY r.management_access LIMIT 1",
        );
        // `full` comes before `read`.
        let Some(row) = self.optional(statement.bind(user_id.to_owned())).await? else { return Ok(None) };
        Ok(ManagementAccess::parse(row.try_get("management_access")?))
    }

    pub async fn is_role_name(&mut self, name: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query("SELECT id FROM roles WHERE name = $1").bind(name.to_owned());
        Ok(self.optional(statement).await?.is_some())
    }

    /// Whether a user has a role that makes administrators, blocked or not.
    pub async fn is_administrator(&mut self, user_id: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query(
            "SELECT ur.user_id FROM user_roles ur JOIN roles r ON r.id = ur.role_id \
             WHERE ur.user_id = $1 AND r.management_access IS NOT NULL LIMIT 1",
        );
        Ok(self.optional(statement.bind(user_id.to_owned())).await?.is_some())
    }

    /// Keeps the roles that make administrators to this transaction.
    pub async fn hold_administrator_roles(&mut self) -> Result<(), StoreError> {
        let statement = sqlx::query("UPDATE roles SET created_at = created_at WHERE management_access IS NOT NULL");
        self.execute(statement).await.map(|_| ())
    }

    /// Whether somebody who is not blocked may do everything and has a way into this application.
    pub async fn is_administered_through(&mut self, client_id: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query(
            "SELECT u.user_id FROM roles r JOIN user_roles ur ON ur.role_id = r.id \
             JOIN users u ON u.user_id = ur.user_id \
             JOIN connection_clients k ON k.connection_id = u.connection_id AND k.client_id = $1 \
             WHERE r.management_access = 'full' AND u.blocked = 0 LIMIT 1",
        );
        Ok(self.optional(statement.bind(client_id.to_owned())).await?.is_some())
    }

    /// Keeps the role to this transaction. Whether there is one.
    pub async fn hold_role(&mut self, id: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query("UPDATE roles SET created_at = created_at WHERE id = $1");
        Ok(self.execute(statement.bind(id.to_owned())).await? > 0)
    }

    /// Whether there was one. Whoever had it has it no more.
    pub async fn delete_role(&mut self, id: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query("DELETE FROM roles WHERE id = $1");
        Ok(self.execute(statement.bind(id.to_owned())).await? > 0)
    }
}

fn read_role(row: &AnyRow) -> Result<Role, StoreError> {
    let access: Option<String> = row.try_get("management_access")?;
    Ok(Role {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        description: row.try_get("description")?,
        management_access: access.as_deref().and_then(ManagementAccess::parse),
    })
}

/// A role in a list that is ordered by the roles' ids.
pub(super) fn read_role_by_id(row: &AnyRow) -> Result<Placed<Role>, StoreError> {
    let item = read_role(row)?;
    Ok(Placed { position: Position::at_text(item.id.clone(), item.id.clone()), item })
}
