//! Who has which role in one organization only.

use super::database::{Rows, StoreError};
use super::members::read_member;
use super::roles::read_role_by_id;
use super::slice::{Placed, Slice};
use crate::model::user::Member;
use crate::model::{Role, Timestamp};

impl Rows<'_> {
    /// In the order of the roles' ids.
    pub async fn list_member_roles(
        &mut self,
        organization_id: &str,
        user_id: &str,
        slice: &Slice,
    ) -> Result<Vec<Placed<Role>>, StoreError> {
        let statement = sqlx::query(
            "SELECT r.id, r.name, r.description, r.management_access FROM member_roles mr \
             JOIN roles r ON r.id = mr.role_id \
             WHERE mr.organization_id = $1 AND mr.user_id = $2 AND mr.role_id > $3 \
             ORDER BY mr.role_id LIMIT $4 OFFSET $5",
        );
        let (after, _) = slice.after_text();
        let statement = statement.bind(organization_id.to_owned()).bind(user_id.to_owned()).bind(after);
        self.all(statement.bind(slice.most).bind(slice.skip)).await?.iter().map(read_role_by_id).collect()
    }

    pub async fn count_member_roles(&mut self, organization_id: &str, user_id: &str) -> Result<i64, StoreError> {
        let statement =
            sqlx::query("SELECT COUNT(*) AS total FROM member_roles WHERE organization_id = $1 AND user_id = $2");
        self.count(statement.bind(organization_id.to_owned()).bind(user_id.to_owned())).await
    }

    /// The members who have the role there, whoever was given it first comes first.
    pub async fn list_members_with_role(
        &mut self,
        organization_id: &str,
        role_id: &str,
        slice: &Slice,
    ) -> Result<Vec<Placed<Member>>, StoreError> {
        let statement = sqlx::query(
            "SELECT u.user_id, u.email, u.profile, mr.created_at \
             FROM member_roles mr JOIN users u ON u.user_id = mr.user_id \
             WHERE mr.role_id = $1 AND mr.organization_id = $2 AND (mr.created_at, mr.user_id) > ($3, $4) \
             ORDER BY mr.created_at, mr.user_id LIMIT $5 OFFSET $6",
        );
        let (time, id) = slice.after_time();
        let statement = statement.bind(role_id.to_owned()).bind(organization_id.to_owned()).bind(time).bind(id);
        self.all(statement.bind(slice.most).bind(slice.skip)).await?.iter().map(read_member).collect()
    }

    /// `false` when the member already has the role.
    ///
    /// # Errors
    /// [`StoreError::MissingReference`] when there is no such membership or role.
    pub async fn create_member_role(
        &mut self,
        organization_id: &str,
        user_id: &str,
        role_id: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let statement = sqlx::query(
            "INSERT INTO member_roles (organization_id, user_id, role_id, created_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT DO NOTHING",
        );
        let statement = statement.bind(organization_id.to_owned()).bind(user_id.to_owned()).bind(role_id.to_owned());
        Ok(self.execute(statement.bind(now.0)).await? > 0)
    }

    /// `false` when the member did not have it.
    pub async fn delete_member_role(
        &mut self,
        organization_id: &str,
        user_id: &str,
        role_id: &str,
    ) -> Result<bool, StoreError> {
        let statement =
            sqlx::query("DELETE FROM member_roles WHERE organization_id = $1 AND user_id = $2 AND role_id = $3");
        let statement = statement.bind(organization_id.to_owned()).bind(user_id.to_owned()).bind(role_id.to_owned());
        Ok(self.execute(statement).await? > 0)
    }
}
