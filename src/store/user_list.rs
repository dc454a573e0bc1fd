//! Lists of users, in several orders.

use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::database::{Rows, StoreError};
use super::slice::{Key, Placed, Position, Slice};
use super::users::{select_users, stored_user};
use crate::model::User;

/// What a list of users is ordered by; an index serves each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserOrder {
    Oldest,
    Newest,
    Email,
    EmailBackwards,
}

impl UserOrder {
    /// The column or expression, how the next row compares with the one before, and the direction.
    fn sql(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Oldest => ("u.created_at", ">", "ASC"),
            Self::Newest => ("u.created_at", "<", "DESC"),
            Self::Email => ("COALESCE(u.email, '')", ">", "ASC"),
            Self::EmailBackwards => ("COALESCE(u.email, '')", "<", "DESC"),
        }
    }

    /// Whether the position is one of this order: a cursor may be made up.
    fn has(self, position: &&Position) -> bool {
        matches!(self, Self::Oldest | Self::Newest) == matches!(position.key, Key::Time(_))
    }

    fn position(self, user: &User, row: &AnyRow) -> Result<Position, StoreError> {
        Ok(match self {
            Self::Oldest | Self::Newest => Position::at_time(row.try_get("created_at")?, user.user_id.clone()),
            Self::Email | Self::EmailBackwards => {
                Position::at_text(user.email.clone().unwrap_or_default(), user.user_id.clone())
            }
        })
    }
}

impl Rows<'_> {
    pub async fn list_users(&mut self, order: UserOrder, slice: &Slice) -> Result<Vec<Placed<User>>, StoreError> {
        let (key, compare, direction) = order.sql();
        let place = slice.after.as_ref().filter(|position| order.has(position));
        let after = match place {
            Some(_) => format!("WHERE ({key}, u.user_id) {compare} ($3, $4)"),
            None => String::new(),
        };
        let select = select_users!("");
        let sql = format!("{select} {after} ORDER BY {key} {direction}, u.user_id {direction} LIMIT $1 OFFSET $2");
        let mut statement = sqlx::query(AssertSqlSafe(sql)).bind(slice.most).bind(slice.skip);
        if let Some(Position { key, id }) = place {
            statement = match key {
                Key::Time(time) => statement.bind(*time),
                Key::Text(text) => statement.bind(text.clone()),
            };
            statement = statement.bind(id.clone());
        }
        let rows = self.all(statement).await?;
        let placed = rows.iter().map(|row| {
            let item = stored_user(row)?.user;
            Ok(Placed { position: order.position(&item, row)?, item })
        });
        placed.collect()
    }

    pub async fn count_users(&mut self) -> Result<i64, StoreError> {
        self.count(sqlx::query("SELECT COUNT(*) AS total FROM users")).await
    }
}
