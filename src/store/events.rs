//! Audit events, written in the transaction of what they tell, and read as the log.

use serde_json::Value;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::database::{Rows, StoreError};
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

/// Which events a list holds: those that have each of these values.
#[derive(Debug, Clone, Default)]
pub struct EventFilter(Vec<(EventColumn, String)>);

/// What events can be looked for by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventColumn {
    Kind,
    Client,
    Connection,
    Organization,
    User,
    Address,
}

impl EventColumn {
    fn name(self) -> &'static str {
        match self {
            Self::Kind => "type",
            Self::Client => "client_id",
            Self::Connection => "connection_id",
            Self::Organization => "organization_id",
            Self::User => "user_id",
            Self::Address => "client_address",
        }
    }
}

impl EventFilter {
    pub fn with(mut self, column: EventColumn, value: impl Into<String>) -> Self {
        self.0.push((column, value.into()));
        self
    }

    /// `e.type = $1 AND ...`; only the wanted columns are named, so that an index of theirs is used.
    fn conditions(&self) -> String {
        let named = self.0.iter().enumerate();
        named.fold(String::new(), |text, (index, (column, _))| {
            format!("{text}e.{} = ${} AND ", column.name(), index + 1)
        })
    }
}

/// The digits an event's id begins with: its time in Unix milliseconds.
const TIME_DIGITS: usize = 13;

/// The place of an event in the log, by its id; `None` when it is no event's id.
pub fn event_position(id: &str) -> Option<Position> {
    let digits = id.get(..TIME_DIGITS).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    Some(Position::at_time(digits.parse().ok()?, id))
}

macro_rules! select_events {
    ($rest:literal) => {
        concat!(
            "SELECT e.*, a.name AS client_name, c.name AS connection_name, c.strategy, o.name AS organization_name, ",
            "COALESCE(u.email, u.username) AS user_name FROM events e LEFT JOIN clients a ON a.client_id = e.client_id ",
            "LEFT JOIN connections c ON c.id = e.connection_id ",
            "LEFT JOIN organizations o ON o.id = e.organization_id LEFT JOIN users u ON u.user_id = e.user_id ",
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
        let statement = statement
            .bind(format!("{:0TIME_DIGITS$}{}", now.0, random_alphanumeric(20)))
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

    pub async fn list_events(
        &mut self,
        filter: &EventFilter,
        newest_first: bool,
        slice: &Slice,
    ) -> Result<Vec<Placed<LogEvent>>, StoreError> {
        let (conditions, next) = (filter.conditions(), filter.0.len() + 1);
        let (sign, order, (time, id)) = match newest_first {
            true => ("<", " DESC", slice.before_time()),
            false => (">", "", slice.after_time()),
        };
        let sql = format!(
            select_events!("WHERE {}(e.date, e.id) {} (${}, ${}) ORDER BY e.date{}, e.id{} LIMIT ${} OFFSET ${}"),
            conditions,
            sign,
            next,
            next + 1,
            order,
            order,
            next + 2,
            next + 3
        );
        // Every part of the text is one of ours; the values are bound.
        let mut statement = sqlx::query(AssertSqlSafe(sql));
        for (_, value) in &filter.0 {
            statement = statement.bind(value.clone());
        }
        let statement = statement.bind(time).bind(id).bind(slice.most).bind(slice.skip);
        self.all(statement).await?.into_iter().map(read_placed).collect()
    }

    pub async fn count_events(&mut self, filter: &EventFilter) -> Result<i64, StoreError> {
        let sql = format!("SELECT COUNT(*) AS total FROM events e WHERE {}1 = 1", filter.conditions());
        let mut statement = sqlx::query(AssertSqlSafe(sql));
        for (_, value) in &filter.0 {
            statement = statement.bind(value.clone());
        }
        self.count(statement).await
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
