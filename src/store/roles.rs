//! Roles as rows.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::database::{Rows, StoreError};
use super::slice::{Placed, Position, Slice};
use crate::model::{Role, Timestamp};

impl Rows<'_> {
    pub async fn find_role(&mut self, id: &str) -> Result<Option<Role>, StoreError> {
        let statement = sqlx::query("SELECT id, name, description FROM roles WHERE id = $1").bind(id.to_owned());
        self.optional(statement).await?.as_ref().map(read_role).transpose()
    }

    /// Those whose name holds the text in any case, the oldest first; an empty text does not narrow the list.
    pub async fn list_roles(&mut self, part_of_name: &str, slice: &Slice) -> Result<Vec<Placed<Role>>, StoreError> {
        let statement = sqlx::query(
            "SELECT id, name, description, created_at FROM roles WHERE LOWER(name) LIKE LOWER($1) ESCAPE '!' \
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
        let statement = sqlx::query("INSERT INTO roles (id, name, description, created_at) VALUES ($1, $2, $3, $4)");
        let statement = statement.bind(new.id.clone()).bind(new.name.clone()).bind(new.description.clone());
        self.execute(statement.bind(now.0)).await.map(|_| ())
    }

    /// # Errors
    /// [`StoreError::Duplicate`] when the new name is taken.
    pub async fn update_role(&mut self, changed: &Role) -> Result<(), StoreError> {
        let statement = sqlx::query("UPDATE roles SET name = $1, description = $2 WHERE id = $3");
        let statement = statement.bind(changed.name.clone()).bind(changed.description.clone());
        self.execute(statement.bind(changed.id.clone())).await.map(|_| ())
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

/// What `LIKE` finds this text with, wherever it stands.
fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(letter);
    }
    pattern + "%"
}

fn read_role(row: &AnyRow) -> Result<Role, StoreError> {
    Ok(Role { id: row.try_get("id")?, name: row.try_get("name")?, description: row.try_get("description")? })
}

/// A role in a list that is ordered by the roles' ids.
pub(super) fn read_role_by_id(row: &AnyRow) -> Result<Placed<Role>, StoreError> {
    let item = read_role(row)?;
    Ok(Placed { position: Position::at_text(item.id.clone(), item.id.clone()), item })
}
