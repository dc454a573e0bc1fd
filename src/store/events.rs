//! Audit events, written in the transaction of what they tell, and read as the log.

use serde_json::Value;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::database::{Rows, StoreError};
use super::filters::{Condition, Field, FieldKind, Listing, Operand, Test, bind_all};
use super::slice::{Placed, Position, Slice};
use crate::model::{LogEvent, Timestamp, random_alphanumeric};

/// What happened, under Auth0's log type codes (`s` login, `f` refused, `fp` wrong password, `sapi` write ...).
#[derive(Debug, Clone, Default)]
pub struct Event {
    pub kind: &'static str,
    pub description: String,
    pub client_id: Option<String>,
    pub connection_id: Option<String>,
    pub organization_id: Option<String>,
    pub user_id: Option<String>,
    pub client_address: Option<String>,
    /// Facts that have no column of their own.
    pub details: Option<Value>,
}

impl Event {
    /// A write that a client of the API made.
    pub fn by(client_id: &str, description: impl Into<String>) -> Self {
        Self { kind: "sapi", description: description.into(), client_id: Some(client_id.to_owned()), ..Self::default() }
    }
}

/// The field of an event that a search may name.
pub fn event_field(name: &str) -> Option<Field> {
    Some(match name {
        "log_id" => Field::new(FieldKind::Id, "e.id"),
        "type" => Field::new(FieldKind::Id, "e.type"),
        "date" => Field::new(FieldKind::Time, "e.date"),
        "description" => Field::new(FieldKind::Text, "e.description"),
        "client_id" => Field::new(FieldKind::Id, "e.client_id"),
        "client_name" => Field::new(FieldKind::Text, "a.name"),
        "connection" => Field::new(FieldKind::Text, "c.name"),
        "connection_id" => Field::new(FieldKind::Id, "e.connection_id"),
        "organization_id" => Field::new(FieldKind::Id, "e.organization_id"),
        "organization_name" => Field::new(FieldKind::Handle, "o.name"),
        "user_id" => Field::new(FieldKind::Id, "e.user_id"),
        "user_name" => Field::new(FieldKind::Text, "COALESCE(u.email, u.username)"),
        "ip" => Field::new(FieldKind::Id, "e.client_address"),
        _ => return None,
    })
}

/// What a user did, and what was done to them.
pub fn events_of_user(user_id: &str) -> Condition {
    let field = Field::new(FieldKind::Id, "e.user_id");
    Condition::Field { field, test: Test::Is, operand: Operand::Text(user_id.to_owned()) }
}

/// The digits an event's id begins with: its time in Unix milliseconds.
const TIME_DIGITS: usize = 13;

/// The place of an event in the log, by its id; `None` when it is no event's id.
pub fn event_position(id: &str) -> Option<Position> {
    let digits = id.get(..TIME_DIGITS).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    Some(Position::at_time(digits.parse().ok()?, id))
}

macro_rules! from_events {
    () => {
        "FROM events e LEFT JOIN clients a ON a.client_id = e.client_id \
         LEFT JOIN connections c ON c.id = e.connection_id LEFT JOIN organizations o ON o.id = e.organization_id \
         LEFT JOIN users u ON u.user_id = e.user_id "
    };
}

macro_rules! select_events {
    ($rest:literal) => {
        concat!(
            "SELECT e.*, a.name AS client_name, c.name AS connection_name, c.strategy, o.name AS organization_name, ",
            "COALESCE(u.email, u.username) AS user_name ",
            from_events!(),
            $rest
        )
    };
}

impl Rows<'_> {
    pub async fn record_event(&mut self, event: Event, now: Timestamp) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "INSERT INTO events (id, type, date, description, client_id, connection_id, organization_id, user_id, \
             client_address, details) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        );
        let id = format!("{:0TIME_DIGITS$}{}", now.0, random_alphanumeric(20));
        self.note_for_counts(&id, &event, now).await?;
        let statement = statement
            .bind(id)
            .bind(event.kind)
            .bind(now.0)
            .bind(event.description)
            .bind(event.client_id)
            .bind(event.connection_id)
            .bind(event.organization_id)
            .bind(event.user_id)
            .bind(event.client_address)
            .bind(event.details.as_ref().map(serde_json::to_string).transpose()?);
        self.execute(statement).await.map(|_| ())
    }

    pub async fn find_event(&mut self, id: &str) -> Result<Option<LogEvent>, StoreError> {
        let statement = sqlx::query(select_events!("WHERE e.id = $1")).bind(id.to_owned());
        self.optional(statement).await?.map(read).transpose()
    }

    /// Those that are like `condition`, if there is one.
    pub async fn list_events(
        &mut self,
        condition: Option<&Condition>,
        newest_first: bool,
        slice: &Slice,
    ) -> Result<Vec<Placed<LogEvent>>, StoreError> {
        let order = Listing { key: "e.date", is_time: true, id: "e.id", is_descending: newest_first };
        let (clauses, values) = order.clauses(condition, slice);
        let statement = sqlx::query(AssertSqlSafe(format!(select_events!("{}"), clauses)));
        self.all(bind_all(statement, values)).await?.into_iter().map(read_placed).collect()
    }

    pub async fn count_events(&mut self, condition: Option<&Condition>) -> Result<i64, StoreError> {
        let mut values = Vec::new();
        let wanted = condition.map_or("1 = 1".to_owned(), |condition| condition.sql(0, &mut values));
        let sql = format!(concat!("SELECT COUNT(*) AS total ", from_events!(), "WHERE {}"), wanted);
        self.count(bind_all(sqlx::query(AssertSqlSafe(sql)), values)).await
    }

    /// Deletes the events before `start`.
    pub(super) async fn delete_events(&mut self, start: Timestamp) -> Result<(), StoreError> {
        let statement = sqlx::query("DELETE FROM events WHERE date < $1");
        self.execute(statement.bind(start.0)).await.map(|_| ())
    }
}

fn read_placed(row: AnyRow) -> Result<Placed<LogEvent>, StoreError> {
    let item = read(row)?;
    Ok(Placed { position: Position::at_time(item.date.0, item.log_id.clone()), item })
}

fn read(row: AnyRow) -> Result<LogEvent, StoreError> {
    let id: String = row.try_get("id")?;
    let details: Option<String> = row.try_get("details")?;
    Ok(LogEvent {
        _id: id.clone(),
        log_id: id,
        date: Timestamp(row.try_get("date")?),
        kind: row.try_get("type")?,
        description: row.try_get("description")?,
        client_id: row.try_get("client_id")?,
        client_name: row.try_get("client_name")?,
        connection: row.try_get("connection_name")?,
        connection_id: row.try_get("connection_id")?,
        strategy: row.try_get("strategy")?,
        organization_id: row.try_get("organization_id")?,
        organization_name: row.try_get("organization_name")?,
        user_id: row.try_get("user_id")?,
        user_name: row.try_get("user_name")?,
        ip: row.try_get("client_address")?,
        details: details.map(|json| serde_json::from_str(&json)).transpose()?,
    })
}
