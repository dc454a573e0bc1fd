//! Who has which role everywhere.

use super::database::{Rows, StoreError};
use super::members::read_member;
use super::roles::read_role_by_id;
use super::slice::{Placed, Slice};
use crate::model::user::Member;
use crate::model::{Role, Timestamp};

impl Rows<'_> {
    /// In the order of the roles' ids.
    pub async fn list_user_roles(&mut self, user_id: &str, slice: &Slice) -> Result<Vec<Placed<Role>>, StoreError> {
        let statement = sqlx::query(
            "SELECT r.id, r.name, r.description, r.management_access FROM user_roles ur \
             JOIN roles r ON r.id = ur.role_id \
             WHERE ur.user_id = $1 AND ur.role_id > $2 ORDER BY ur.role_id LIMIT $3 OFFSET $4",
        );
        let (after, _) = slice.after_text();
        let statement = statement.bind(user_id.to_owned()).bind(after).bind(slice.most).bind(slice.skip);
        self.all(statement).await?.iter().map(read_role_by_id).collect()
    }

    pub async fn count_user_roles(&mut self, user_id: &str) -> Result<i64, StoreError> {
        let statement = sqlx::query("SELECT COUNT(*) AS total FROM user_roles WHERE user_id = $1");
        self.count(statement.bind(user_id.to_owned())).await
    }

    /// Those who have the role, whoever was given it first comes first.
    pub async fn list_role_users(&mut self, role_id: &str, slice: &Slice) -> Result<Vec<Placed<Member>>, StoreError> {
        let statement = sqlx::query(
            "SELECT u.user_id, u.email, u.profile, ur.created_at \
             FROM user_roles ur JOIN users u ON u.user_id = ur.user_id \
             WHERE ur.role_id = $1 AND (ur.created_at, ur.user_id) > ($2, $3) \
             ORDER BY ur.created_at, ur.user_id LIMIT $4 OFFSET $5",
        );
        let (time, id) = slice.after_time();
        let statement = statement.bind(role_id.to_owned()).bind(time).bind(id).bind(slice.most).bind(slice.skip);
        self.all(statement).await?.iter().map(read_member).collect()
    }

    pub async fn count_role_users(&mut self, role_id: &str) -> Result<i64, StoreError> {
        let statement = sqlx::query("SELECT COUNT(*) AS total FROM user_roles WHERE role_id = $1");
        self.count(statement.bind(role_id.to_owned())).await
    }

    /// `false` when the user already has the role.
    ///
    /// # Errors
    /// [`StoreError::MissingReference`] when the user or the role does not exist.
    pub async fn create_user_role(&mut self, user_id: &str, role_id: &str, now: Timestamp) -> Result<bool, StoreError> {
        let statement = sqlx::query(
            "INSERT INTO user_roles (user_id, role_id, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        );
        let statement = statement.bind(user_id.to_owned()).bind(role_id.to_owned()).bind(now.0);
        Ok(self.execute(statement).await? > 0)
    }

    /// `false` when the user did not have it.
    pub async fn delete_user_role(&mut self, user_id: &str, role_id: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query("DELETE FROM user_roles WHERE user_id = $1 AND role_id = $2");
        let statement = statement.bind(user_id.to_owned()).bind(role_id.to_owned());
        Ok(self.execute(statement).await? > 0)
    }
}
