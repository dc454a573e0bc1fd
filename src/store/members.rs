//! Who belongs to which organization.

use serde::Serialize;
use sqlx::Row;

use super::database::{Rows, StoreError};
use crate::model::Timestamp;
use crate::model::user::Profile;

/// A member as the list tells it (contract §1.6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Member {
    pub user_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
}

impl Rows<'_> {
    pub async fn is_member(&mut self, organization_id: &str, user_id: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query("SELECT user_id FROM members WHERE organization_id = $1 AND user_id = $2");
        let statement = statement.bind(organization_id.to_owned()).bind(user_id.to_owned());
        Ok(self.optional(statement).await?.is_some())
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

    /// `false` when the user was no member.
    pub async fn delete_member(&mut self, organization_id: &str, user_id: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query("DELETE FROM members WHERE organization_id = $1 AND user_id = $2");
        let statement = statement.bind(organization_id.to_owned()).bind(user_id.to_owned());
        Ok(self.execute(statement).await? > 0)
    }

    /// Whoever joined first comes first.
    pub async fn list_members(
        &mut self,
        organization_id: &str,
        start: i64,
        limit: i64,
    ) -> Result<Vec<Member>, StoreError> {
        let statement = sqlx::query(
            "SELECT u.user_id, u.email, u.profile FROM members m JOIN users u ON u.user_id = m.user_id \
             WHERE m.organization_id = $1 ORDER BY m.created_at, m.user_id LIMIT $2 OFFSET $3",
        );
        let rows = self.all(statement.bind(organization_id.to_owned()).bind(limit).bind(start)).await?;
        rows.iter()
            .map(|row| {
                let profile: Profile = serde_json::from_str(row.try_get("profile")?)?;
                Ok(Member {
                    user_id: row.try_get("user_id")?,
                    email: row.try_get("email")?,
                    name: profile.name,
                    picture: profile.picture,
                })
            })
            .collect()
    }

    pub async fn count_members(&mut self, organization_id: &str) -> Result<i64, StoreError> {
        let statement = sqlx::query("SELECT COUNT(*) AS total FROM members WHERE organization_id = $1");
        self.count(statement.bind(organization_id.to_owned())).await
    }

    pub async fn count_memberships(&mut self, user_id: &str) -> Result<i64, StoreError> {
        let statement = sqlx::query("SELECT COUNT(*) AS total FROM members WHERE user_id = $1");
        self.count(statement.bind(user_id.to_owned())).await
    }
}
