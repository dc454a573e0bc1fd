//! Who belongs to which organization.

use std::collections::HashMap;

use sqlx::Row;
use sqlx::any::AnyRow;

use super::database::{Rows, Statement, StoreError};
use super::filters::escaped;
use super::slice::{Placed, Position, Slice};
use crate::model::Timestamp;
use crate::model::role::RoleName;
use crate::model::user::{Member, Profile};

macro_rules! select_members {
    () => {
        "SELECT u.user_id, u.email, u.profile, m.created_at FROM members m JOIN users u ON u.user_id = m.user_id "
    };
}

/// The members of the organization `$1` whom a text is about; see [`bind_found`].
macro_rules! found_members {
    () => {
        "WHERE m.organization_id = $1 AND (m.search_text LIKE $2 ESCAPE '!' OR m.user_id = $3) "
    };
}

/// See [`bind_slice`].
macro_rules! members_of_slice {
    () => {
        "AND (m.created_at, m.user_id) > ($4, $5) ORDER BY m.created_at, m.user_id LIMIT $6 OFFSET $7"
    };
}

/// `$1` to `$3`: the text is a part of what somebody is called, or an id.
fn bind_found<'q>(statement: Statement<'q>, organization_id: &str, text: Option<&str>) -> Statement<'q> {
    let pattern = text.map_or("%".to_owned(), |text| format!("%{}%", escaped(&text.to_lowercase())));
    statement.bind(organization_id.to_owned()).bind(pattern).bind(text.unwrap_or_default().to_owned())
}

/// `$4` to `$7`.
fn bind_slice<'q>(statement: Statement<'q>, slice: &Slice) -> Statement<'q> {
    let (time, id) = slice.after_time();
    statement.bind(time).bind(id).bind(slice.most).bind(slice.skip)
}

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
            "INSERT INTO members (organization_id, user_id, created_at, search_text) VALUES ($1, $2, $3, \
             COALESCE((SELECT search_text FROM users WHERE user_id = $4), '')) ON CONFLICT DO NOTHING",
        );
        let statement = statement.bind(organization_id.to_owned()).bind(user_id.to_owned()).bind(now.0);
        let statement = statement.bind(user_id.to_owned());
        Ok(self.execute(statement).await? > 0)
    }

    /// `false` when the user was no member. The roles in the organization end with the membership.
    pub async fn delete_member(&mut self, organization_id: &str, user_id: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query("DELETE FROM members WHERE organization_id = $1 AND user_id = $2");
        let statement = statement.bind(organization_id.to_owned()).bind(user_id.to_owned());
        Ok(self.execute(statement).await? > 0)
    }

    /// Keeps what a search of members looks into beside each membership of the user.
    pub(super) async fn update_memberships(&mut self, user_id: &str, search_text: String) -> Result<(), StoreError> {
        let statement = sqlx::query("UPDATE members SET search_text = $1 WHERE user_id = $2 AND search_text <> $3");
        let statement = statement.bind(search_text.clone()).bind(user_id.to_owned()).bind(search_text);
        self.execute(statement).await.map(|_| ())
    }

    pub async fn find_member(&mut self, organization_id: &str, user_id: &str) -> Result<Option<Member>, StoreError> {
        let statement = sqlx::query(concat!(select_members!(), "WHERE m.organization_id = $1 AND m.user_id = $2"));
        let statement = statement.bind(organization_id.to_owned()).bind(user_id.to_owned());
        self.optional(statement).await?.map(|row| Ok(read_member(&row)?.item)).transpose()
    }

    /// Those whom `text` is about, or all; whoever joined first comes first.
    pub async fn list_members(
        &mut self,
        organization_id: &str,
        text: Option<&str>,
        slice: &Slice,
    ) -> Result<Vec<Placed<Member>>, StoreError> {
        let statement = sqlx::query(concat!(select_members!(), found_members!(), members_of_slice!()));
        let statement = bind_found(statement, organization_id, text);
        self.all(bind_slice(statement, slice)).await?.iter().map(read_member).collect()
    }

    pub async fn count_members(&mut self, organization_id: &str, text: Option<&str>) -> Result<i64, StoreError> {
        let statement = sqlx::query(concat!("SELECT COUNT(*) AS total FROM members m ", found_members!()));
        self.count(bind_found(statement, organization_id, text)).await
    }

    /// The roles in the organization of the members that [`Rows::list_members`] answers to the same question, by user.
    pub async fn list_roles_of_members(
        &mut self,
        organization_id: &str,
        text: Option<&str>,
        slice: &Slice,
    ) -> Result<HashMap<String, Vec<RoleName>>, StoreError> {
        let statement = sqlx::query(concat!(
            "SELECT p.user_id, r.id, r.name FROM (SELECT m.user_id FROM members m ",
            found_members!(),
            members_of_slice!(),
            ") p JOIN member_roles mr ON mr.organization_id = $1 AND mr.user_id = p.user_id \
             JOIN roles r ON r.id = mr.role_id ORDER BY p.user_id, mr.role_id",
        ));
        let statement = bind_slice(bind_found(statement, organization_id, text), slice);
        let mut roles: HashMap<String, Vec<RoleName>> = HashMap::new();
        for row in self.all(statement).await? {
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
