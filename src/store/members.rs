//! Who belongs to which organization.

use std::collections::HashMap;

use sqlx::Row;
use sqlx::any::AnyRow;

use super::database::{Rows, StoreError};
use super::slice::{Placed, Position, Slice};
use crate::model::Timestamp;
use crate::model::role::RoleName;
use crate::model::user::{Member, Profile};

impl Rows<'_> {
    pub async fn is_member(&mut self, organization_id: &str, user_id: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query("SELECT user_id FROM members WHERE organization_id = $1 AND user_id = $2");
        let statement = statement.bind(organization_id.to_owned()).bind(user_id.to_owned());
        Ok(self.optional(statement).await?.is_some())
    }

    /// Keeps the membership to this transaction; `false` when there is none.
    pub async fn hold_member(&mut self, organization_id: &str, user_id: &str) -> Result<bool, StoreError> {
        let statement =
            sqlx::query("UPDATE members SET created_at = created_at WHERE organization_id = $1 AND user_id = $2");
        let statement = statement.bind(organization_id.to_owned()).bind(user_id.to_owned());
        Ok(self.execute(statement).await? > 0)
    }

    /// `false` when the user already is a member.
    ///
    /// # Errors
    /// [`StoreError::MissingReference`] when the organization or the user does not exist.
    pub async fn create_member(
        &mut self,
        organization_id: &str,
        user_id: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let statement = sqlx::query(
            "INSERT INTO members (organization_id, user_id, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        );
        let statement = statement.bind(organization_id.to_owned()).bind(user_id.to_owned()).bind(now.0);
        Ok(self.execute(statement).await? > 0)
    }

    /// `false` when the user was no member. The roles in the organization end with the membership.
    pub async fn delete_member(&mut self, organization_id: &str, user_id: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query("DELETE FROM members WHERE organization_id = $1 AND user_id = $2");
        let statement = statement.bind(organization_id.to_owned()).bind(user_id.to_owned());
        Ok(self.execute(statement).await? > 0)
    }

    /// Whoever joined first comes first.
    pub async fn list_members(
        &mut self,
        organization_id: &str,
        slice: &Slice,
    ) -> Result<Vec<Placed<Member>>, StoreError> {
        let statement = sqlx::query(
            "SELECT u.user_id, u.email, u.profile, m.created_at FROM members m JOIN users u ON u.user_id = m.user_id \
             WHERE m.organization_id = $1 AND (m.created_at, m.user_id) > ($2, $3) \
             ORDER BY m.created_at, m.user_id LIMIT $4 OFFSET $5",
        );
        let (time, id) = slice.after_time();
        let statement = statement.bind(organization_id.to_owned()).bind(time).bind(id);
        self.all(statement.bind(slice.most).bind(slice.skip)).await?.iter().map(read_member).collect()
    }

    pub async fn count_members(&mut self, organization_id: &str) -> Result<i64, StoreError> {
        let statement = sqlx::query("SELECT COUNT(*) AS total FROM members WHERE organization_id = $1");
        self.count(statement.bind(organization_id.to_owned())).await
    }

    /// The roles in the organization of the members that [`Rows::list_members`] answers to the same slice, by user.
    pub async fn list_roles_of_members(
        &mut self,
        organization_id: &str,
        slice: &Slice,
    ) -> Result<HashMap<String, Vec<RoleName>>, StoreError> {
        let statement = sqlx::query(
            "SELECT p.user_id, r.id, r.name FROM \
             (SELECT m.user_id FROM members m WHERE m.organization_id = $1 AND (m.created_at, m.user_id) > ($2, $3) \
             ORDER BY m.created_at, m.user_id LIMIT $4 OFFSET $5) p \
             JOIN member_roles mr ON mr.organization_id = $1 AND mr.user_id = p.user_id \
             JOIN roles r ON r.id = mr.role_id ORDER BY p.user_id, mr.role_id",
        );
        let (time, id) = slice.after_time();
        let statement = statement.bind(organization_id.to_owned()).bind(time).bind(id);
        let mut roles: HashMap<String, Vec<RoleName>> = HashMap::new();
        for row in self.all(statement.bind(slice.most).bind(slice.skip)).await? {
            let role = RoleName { id: row.try_get("id")?, name: row.try_get("name")? };
            roles.entry(row.try_get("user_id")?).or_default().push(role);
        }
        Ok(roles)
    }
}

/// A row of a user with the time that it came into the list.
pub(super) fn read_member(row: &AnyRow) -> Result<Placed<Member>, StoreError> {
    let profile: Profile = serde_json::from_str(row.try_get("profile")?)?;
    let item = Member {
        user_id: row.try_get("user_id")?,
        email: row.try_get("email")?,
        name: profile.name,
        picture: profile.picture,
        roles: None,
    };
    Ok(Placed { position: Position::at_time(row.try_get("created_at")?, item.user_id.clone()), item })
}
