//! Lists of users: all of them or what a search asks for, in several orders.

use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::database::{Rows, StoreError};
use super::filters::{Condition, Field, FieldKind, Listing, bind_all};
use super::slice::{Placed, Position, Slice};
use super::users::{select_users, stored_user};
use crate::model::User;

/// What a list of users is ordered by; the id comes after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserOrder {
    pub by: UserKey,
    pub is_descending: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserKey {
    CreatedAt,
    /// One without an address stands where an empty one would.
    Email,
}

/// The field of a user that a search may name.
pub fn user_field(name: &str) -> Option<Field> {
    Some(match name {
        "user_id" => Field::new(FieldKind::Id, "u.user_id"),
        "email" => Field::new(FieldKind::Handle, "u.email"),
        "username" => Field::new(FieldKind::Handle, "u.username"),
        "name" | "nickname" | "given_name" | "family_name" => Field::pair("u.profile", name),
        "email_verified" => Field::new(FieldKind::Flag, "u.email_verified"),
        "blocked" => Field::new(FieldKind::Flag, "u.blocked"),
        "created_at" => Field::new(FieldKind::Time, "u.created_at"),
        "updated_at" => Field::new(FieldKind::Time, "u.updated_at"),
        "last_login" => Field::new(FieldKind::Time, "u.last_login"),
        "identities.connection" => Field::new(FieldKind::Id, "c.name"),
        "identities.provider" => Field::new(FieldKind::Id, "c.strategy"),
        "organization_id" => {
            Field::new(FieldKind::Among, "SELECT m.organization_id FROM members m WHERE m.user_id = u.user_id")
        }
        _ => return None,
    })
}

impl UserOrder {
    fn listing(self) -> Listing {
        let (key, is_time) = match self.by {
            UserKey::CreatedAt => ("u.created_at", true),
            UserKey::Email => ("COALESCE(u.email, '')", false),
        };
        Listing { key, is_time, id: "u.user_id", is_descending: self.is_descending }
    }
}

impl Rows<'_> {
    /// Those that are like `condition`, if there is one.
    pub async fn list_users(
        &mut self,
        order: UserOrder,
        condition: Option<&Condition>,
        slice: &Slice,
    ) -> Result<Vec<Placed<User>>, StoreError> {
        let (clauses, values) = order.listing().clauses(condition, slice);
        let statement = sqlx::query(AssertSqlSafe(select_users!("").to_owned() + &clauses));
        let rows = self.all(bind_all(statement, values)).await?;
        rows.iter().map(|row| read_placed(row, order.by)).collect()
    }

    pub async fn count_users(&mut self, condition: Option<&Condition>) -> Result<i64, StoreError> {
        let Some(condition) = condition else {
            return self.count(sqlx::query("SELECT COUNT(*) AS total FROM users")).await;
        };
        let mut values = Vec::new();
        let wanted = condition.sql(0, &mut values);
        let count = "SELECT COUNT(*) AS total FROM users u JOIN connections c ON c.id = u.connection_id WHERE ";
        self.count(bind_all(sqlx::query(AssertSqlSafe(count.to_owned() + &wanted)), values)).await
    }
}

fn read_placed(row: &AnyRow, by: UserKey) -> Result<Placed<User>, StoreError> {
    let item = stored_user(row)?.user;
    let position = match by {
        UserKey::CreatedAt => Position::at_time(row.try_get("created_at")?, item.user_id.clone()),
        UserKey::Email => Position::at_text(item.email.clone().unwrap_or_default(), item.user_id.clone()),
    };
    Ok(Placed { position, item })
}
