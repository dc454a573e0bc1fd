//! Organizations as rows.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::database::{Rows, StoreError};
use super::slice::{Placed, Position, Slice};
use crate::model::{Organization, Timestamp};

macro_rules! select_organizations {
    ($rest:literal) => {
        concat!(
            "SELECT o.id, o.name, o.display_name, o.branding, o.metadata, o.created_at FROM organizations o ",
            $rest
        )
    };
}

impl Rows<'_> {
    pub async fn find_organization(&mut self, id: &str) -> Result<Option<Organization>, StoreError> {
        let statement = sqlx::query(select_organizations!("WHERE o.id = $1"));
        self.optional(statement.bind(id.to_owned())).await?.map(read).transpose()
    }

    pub async fn find_organization_by_name(&mut self, name: &str) -> Result<Option<Organization>, StoreError> {
        let statement = sqlx::query(select_organizations!("WHERE o.name = $1"));
        self.optional(statement.bind(name.to_owned())).await?.map(read).transpose()
    }

    /// The oldest first.
    pub async fn list_organizations(&mut self, slice: &Slice) -> Result<Vec<Placed<Organization>>, StoreError> {
        let statement = sqlx::query(select_organizations!(
            "WHERE (o.created_at, o.id) > ($1, $2) ORDER BY o.created_at, o.id LIMIT $3 OFFSET $4"
        ));
        let (time, id) = slice.after_time();
        let statement = statement.bind(time).bind(id).bind(slice.most).bind(slice.skip);
        self.all(statement).await?.into_iter().map(read_placed).collect()
    }

    /// Those a user belongs to, the oldest membership first.
    pub async fn list_memberships(
        &mut self,
        user_id: &str,
        slice: &Slice,
    ) -> Result<Vec<Placed<Organization>>, StoreError> {
        let statement = sqlx::query(select_organizations!(
            "JOIN members m ON m.organization_id = o.id WHERE m.user_id = $1 \
             ORDER BY m.created_at, m.organization_id LIMIT $2 OFFSET $3"
        ));
        let statement = statement.bind(user_id.to_owned()).bind(slice.most).bind(slice.skip);
        self.all(statement).await?.into_iter().map(read_placed).collect()
    }

    pub async fn is_organization(&mut self, id: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query("SELECT id FROM organizations WHERE id = $1").bind(id.to_owned());
        Ok(self.optional(statement).await?.is_some())
    }

    pub async fn count_organizations(&mut self) -> Result<i64, StoreError> {
        self.count(sqlx::query("SELECT COUNT(*) AS total FROM organizations")).await
    }

    /// # Errors
    /// [`StoreError::Duplicate`] when the name is taken.
    pub async fn create_organization(&mut self, new: &Organization, now: Timestamp) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "INSERT INTO organizations (id, name, display_name, branding, metadata, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        );
        let statement = statement
            .bind(new.id.clone())
            .bind(new.name.clone())
            .bind(new.display_name.clone())
            .bind(new.branding.as_ref().map(serde_json::to_string).transpose()?)
            .bind(new.metadata.as_ref().map(serde_json::to_string).transpose()?)
            .bind(now.0);
        self.execute(statement).await.map(|_| ())
    }

    /// # Errors
    /// [`StoreError::Duplicate`] when the new name is taken.
    pub async fn update_organization(&mut self, changed: &Organization) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "UPDATE organizations SET name = $1, display_name = $2, branding = $3, metadata = $4 WHERE id = $5",
        );
        let statement = statement
            .bind(changed.name.clone())
            .bind(changed.display_name.clone())
            .bind(changed.branding.as_ref().map(serde_json::to_string).transpose()?)
            .bind(changed.metadata.as_ref().map(serde_json::to_string).transpose()?)
            .bind(changed.id.clone());
        self.execute(statement).await.map(|_| ())
    }

    /// Whether there was one. Its enabled connections and memberships go with it; users stay.
    pub async fn delete_organization(&mut self, id: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query("DELETE FROM organizations WHERE id = $1");
        Ok(self.execute(statement.bind(id.to_owned())).await? > 0)
    }

    /// Keeps the organization to this transaction, so that what is read under it still holds at the commit.
    /// Whether there is one.
    pub async fn hold_organization(&mut self, id: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query("UPDATE organizations SET created_at = created_at WHERE id = $1");
        Ok(self.execute(statement.bind(id.to_owned())).await? > 0)
    }
}

fn read_placed(row: AnyRow) -> Result<Placed<Organization>, StoreError> {
    let time = row.try_get("created_at")?;
    let item = read(row)?;
    Ok(Placed { position: Position::at_time(time, item.id.clone()), item })
}

fn read(row: AnyRow) -> Result<Organization, StoreError> {
    let branding: Option<String> = row.try_get("branding")?;
    let metadata: Option<String> = row.try_get("metadata")?;
    Ok(Organization {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        display_name: row.try_get("display_name")?,
        branding: branding.map(|json| serde_json::from_str(&json)).transpose()?,
        metadata: metadata.map(|json| serde_json::from_str(&json)).transpose()?,
    })
}
