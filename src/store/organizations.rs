//! Organizations as rows.

use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::database::{Rows, Statement, StoreError};
use super::filters::{Condition, Field, FieldKind, Listing, bind_all};
use super::slice::{Key, Placed, Position, Slice};
use crate::model::{Organization, Timestamp};

/// What a list of organizations is ordered by; the id comes after it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OrganizationOrder {
    pub by: OrganizationKey,
    pub is_descending: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OrganizationKey {
    #[default]
    CreatedAt,
    Name,
    /// One without a display name stands where an empty one would.
    DisplayName,
}

/// The field of an organization that a search may name; `metadata.KEY` is a pair of its metadata.
pub fn organization_field(name: &str) -> Option<Field> {
    Some(match name {
        "id" => Field::new(FieldKind::Id, "o.id"),
        "name" => Field::new(FieldKind::Handle, "o.name"),
        "display_name" => Field::new(FieldKind::Text, "o.display_name"),
        "created_at" => Field::new(FieldKind::Time, "o.created_at"),
        _ => Field::pair("o.metadata", name.strip_prefix("metadata.").filter(|key| !key.is_empty())?),
    })
}

macro_rules! select_organizations {
    ($rest:expr) => {
        concat!(
            "SELECT o.id, o.name, o.display_name, o.branding, o.metadata, o.is_app_entitlement_active, o.created_at ",
            "FROM organizations o ",
            $rest
        )
    };
}

/// Which of a user's organizations a list holds; what is `None` does not narrow it.
#[derive(Debug, Clone, Default)]
pub struct MembershipFilter {
    /// A part of the name or of the display name.
    pub text: Option<String>,
    /// Only those that let this client be used.
    pub client_id: Option<String>,
    pub is_by_title: bool,
}

impl MembershipFilter {
    /// `$1` to `$4`.
    fn bind<'q>(&self, statement: Statement<'q>, user_id: &str) -> Statement<'q> {
        let text = self.text.as_deref().unwrap_or_default();
        let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let statement = statement.bind(user_id.to_owned()).bind(text.to_owned()).bind(format!("%{escaped}%"));
        statement.bind(self.client_id.clone().unwrap_or_default())
    }
}

macro_rules! narrowed_memberships {
    ($order:literal) => {
        concat!(
            "JOIN members m ON m.organization_id = o.id WHERE m.user_id = $1 ",
            "AND ($2 = '' OR LOWER(o.name) LIKE LOWER($3) ESCAPE '\\' ",
            "OR LOWER(COALESCE(o.display_name, '')) LIKE LOWER($3) ESCAPE '\\') ",
            "AND ($4 = '' OR COALESCE(o.is_app_entitlement_active, 0) = 0 OR EXISTS (SELECT 1 ",
            "FROM organization_clients a WHERE a.organization_id = o.id AND a.client_id = $4 ",
            "AND a.use_for_member_access = 1)) ",
            $order
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

    /// Those that are like `condition`, if there is one.
    pub async fn list_organizations(
        &mut self,
        order: OrganizationOrder,
        condition: Option<&Condition>,
        slice: &Slice,
    ) -> Result<Vec<Placed<Organization>>, StoreError> {
        let (clauses, values) = order.listing().clauses(condition, slice);
        let statement = sqlx::query(AssertSqlSafe(select_organizations!("").to_owned() + &clauses));
        let found = self.all(bind_all(statement, values)).await?;
        found.into_iter().map(|row| read_placed(row, order.by)).collect()
    }

    /// Those for which the connection is enabled, by their ids.
    pub async fn list_organizations_of_connection(
        &mut self,
        connection_id: &str,
        slice: &Slice,
    ) -> Result<Vec<Placed<Organization>>, StoreError> {
        let statement = sqlx::query(select_organizations!(
            "JOIN enabled_connections e ON e.organization_id = o.id WHERE e.connection_id = $1 AND e.is_enabled = 1 \
             AND e.organization_id > $2 ORDER BY e.organization_id LIMIT $3 OFFSET $4"
        ));
        self.list_by_id(statement.bind(connection_id.to_owned()), slice).await
    }

    /// Those with the discovery domain, in its normal form, by their ids.
    pub async fn list_organizations_with_domain(
        &mut self,
        domain: &str,
        slice: &Slice,
    ) -> Result<Vec<Placed<Organization>>, StoreError> {
        let statement = sqlx::query(select_organizations!(
            "JOIN discovery_domains d ON d.organization_id = o.id WHERE d.domain = $1 \
             AND d.organization_id > $2 ORDER BY d.organization_id LIMIT $3 OFFSET $4"
        ));
        self.list_by_id(statement.bind(domain.to_owned()), slice).await
    }

    /// With `$1` bound already.
    async fn list_by_id(
        &mut self,
        statement: Statement<'_>,
        slice: &Slice,
    ) -> Result<Vec<Placed<Organization>>, StoreError> {
        let (after, _) = slice.after_text();
        let found = self.all(statement.bind(after).bind(slice.most).bind(slice.skip)).await?;
        let placed = |row: AnyRow| {
            let item = read(row)?;
            Ok(Placed { position: Position::at_text(item.id.clone(), ""), item })
        };
        found.into_iter().map(placed).collect()
    }

    /// Those a user belongs to, the oldest membership first, or in the order of what people read.
    pub async fn list_memberships(
        &mut self,
        user_id: &str,
        filter: &MembershipFilter,
        slice: &Slice,
    ) -> Result<Vec<Placed<Organization>>, StoreError> {
        let statement = sqlx::query(match filter.is_by_title {
            false => select_organizations!(narrowed_memberships!(
                "ORDER BY m.created_at, m.organization_id LIMIT $5 OFFSET $6"
            )),
            true => select_organizations!(narrowed_memberships!(
                "ORDER BY LOWER(COALESCE(o.display_name, o.name)), o.id LIMIT $5 OFFSET $6"
            )),
        });
        let statement = filter.bind(statement, user_id).bind(slice.most).bind(slice.skip);
        self.all(statement).await?.into_iter().map(|row| read_placed(row, OrganizationKey::CreatedAt)).collect()
    }

    pub async fn count_memberships(&mut self, user_id: &str, filter: &MembershipFilter) -> Result<i64, StoreError> {
        let statement =
            sqlx::query(concat!("SELECT COUNT(*) AS total FROM organizations o ", narrowed_memberships!("")));
        self.count(filter.bind(statement, user_id)).await
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
            "INSERT INTO organizations (id, name, display_name, branding, metadata, is_app_entitlement_active, \
             created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        );
        let statement = statement
            .bind(new.id.clone())
            .bind(new.name.clone())
            .bind(new.display_name.clone())
            .bind(new.branding.as_ref().map(serde_json::to_string).transpose()?)
            .bind(new.metadata.as_ref().map(serde_json::to_string).transpose()?)
            .bind(new.is_app_entitlement_active.map(i64::from))
            .bind(now.0);
        self.execute(statement).await.map(|_| ())
    }

    /// # Errors
    /// [`StoreError::Duplicate`] when the new name is taken.
    pub async fn update_organization(&mut self, changed: &Organization) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "UPDATE organizations SET name = $1, display_name = $2, branding = $3, metadata = $4, \
             is_app_entitlement_active = $5 WHERE id = $6",
        );
        let statement = statement
            .bind(changed.name.clone())
            .bind(changed.display_name.clone())
            .bind(changed.branding.as_ref().map(serde_json::to_string).transpose()?)
            .bind(changed.metadata.as_ref().map(serde_json::to_string).transpose()?)
            .bind(changed.is_app_entitlement_active.map(i64::from))
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

impl OrganizationOrder {
    fn listing(self) -> Listing {
        let key = match self.by {
            OrganizationKey::CreatedAt => "o.created_at",
            OrganizationKey::Name => "o.name",
            OrganizationKey::DisplayName => "COALESCE(o.display_name, '')",
        };
        let is_time = self.by == OrganizationKey::CreatedAt;
        Listing { key, is_time, id: "o.id", is_descending: self.is_descending }
    }
}

fn read_placed(row: AnyRow, by: OrganizationKey) -> Result<Placed<Organization>, StoreError> {
    let time = row.try_get("created_at")?;
    let item = read(row)?;
    let key = match by {
        OrganizationKey::CreatedAt => Key::Time(time),
        OrganizationKey::Name => Key::Text(item.name.clone()),
        OrganizationKey::DisplayName => Key::Text(item.display_name.clone().unwrap_or_default()),
    };
    Ok(Placed { position: Position { key, id: item.id.clone() }, item })
}

pub(super) fn read(row: AnyRow) -> Result<Organization, StoreError> {
    let branding: Option<String> = row.try_get("branding")?;
    let metadata: Option<String> = row.try_get("metadata")?;
    let is_app_entitlement_active: Option<i64> = row.try_get("is_app_entitlement_active")?;
    Ok(Organization {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        display_name: row.try_get("display_name")?,
        branding: branding.map(|json| serde_json::from_str(&json)).transpose()?,
        metadata: metadata.map(|json| serde_json::from_str(&json)).transpose()?,
        is_app_entitlement_active: is_app_entitlement_active.map(|flag| flag != 0),
    })
}
