//! How many logins, sign-ups and refusals there were each day: noted with each event, and added up apart from it.

use std::collections::BTreeMap;

use sqlx::Row;
use sqlx::any::AnyRow;

use super::Tenant;
use super::database::{Rows, StoreError};
use super::events::Event;
use crate::model::Timestamp;
use crate::model::login_stats::{LOGIN, LoginsOf, OTHER_REFUSAL, SIGN_UP};

/// Counts are kept for this many days, however long events are.
pub const DAYS_KEPT: i64 = 400;
/// Events that are added up in one transaction, so that no login waits long for it.
const PORTION: i64 = 1000;

/// The days from the first to the last, both counted since 1970 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    pub first: i64,
    pub last: i64,
}

/// What was counted together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum CountedOf {
    Everything,
    One(Place, String),
}

/// Where people sign in, and by what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Organization,
    Connection,
}

impl Place {
    fn word(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Connection => "connection",
        }
    }
}

/// How often something happened on a day: [`LOGIN`], [`SIGN_UP`], or why a login was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    pub day: i64,
    pub what: String,
    pub total: i64,
}

impl CountedOf {
    fn columns(&self) -> (&'static str, &str) {
        match self {
            Self::Everything => ("everything", ""),
            Self::One(place, id) => (place.word(), id),
        }
    }
}

/// What an event counts as, if it is a login, a sign-up or a refusal.
fn counted_as(event: &Event) -> Option<String> {
    match event.kind {
        "s" => Some(LOGIN.to_owned()),
        "ss" => Some(SIGN_UP.to_owned()),
        "f" | "fp" | "fu" | "fi" => {
            let reason = event.details.as_ref().and_then(|details| details.get("reason")?.as_str());
            Some(reason.unwrap_or(OTHER_REFUSAL).to_owned())
        }
        _ => None,
    }
}

impl Rows<'_> {
    /// Notes an event that counts.
    pub(super) async fn note_for_counts(&mut self, id: &str, event: &Event, now: Timestamp) -> Result<(), StoreError> {
        let Some(what) = counted_as(event) else { return Ok(()) };
        let statement = sqlx::query(
            "INSERT INTO uncounted_events (event_id, what, day, organization_id, connection_id) \
             VALUES ($1, $2, $3, $4, $5)",
        );
        let statement = statement.bind(id.to_owned()).bind(what).bind(now.day());
        let statement = statement.bind(event.organization_id.clone()).bind(event.connection_id.clone());
        self.execute(statement).await.map(|_| ())
    }

    /// Adds up a portion of what was noted; how many events it was.
    async fn add_up(&mut self) -> Result<i64, StoreError> {
        let statement = sqlx::query(
            "DELETE FROM uncounted_events WHERE event_id IN \
             (SELECT event_id FROM uncounted_events ORDER BY event_id LIMIT $1) \
             RETURNING what, day, organization_id, connection_id",
        );
        let noted = self.all(statement.bind(PORTION)).await?;
        // In one order, so that two who add up at once never wait for each other.
        let mut sums: BTreeMap<(CountedOf, i64, String), i64> = BTreeMap::new();
        for row in &noted {
            let (what, day): (String, i64) = (row.try_get("what")?, row.try_get("day")?);
            let organization: Option<String> = row.try_get("organization_id")?;
            let connection: Option<String> = row.try_get("connection_id")?;
            let places = [(Place::Organization, organization), (Place::Connection, connection)];
            let places = places.into_iter().filter_map(|(place, id)| Some(CountedOf::One(place, id?)));
            for of in places.chain([CountedOf::Everything]) {
                *sums.entry((of, day, what.clone())).or_default() += 1;
            }
        }
        for ((of, day, what), total) in sums {
            let statement = sqlx::query(
                "INSERT INTO event_counts (about, id, day, what, total) VALUES ($1, $2, $3, $4, $5) \
                 ON CONFLICT (about, id, day, what) DO UPDATE SET total = event_counts.total + excluded.total",
            );
            let (about, id) = of.columns();
            let statement = statement.bind(about).bind(id.to_owned()).bind(day).bind(what).bind(total);
            self.execute(statement).await?;
        }
        Ok(noted.len() as i64)
    }

    /// What happened on each of the days, by what it was.
    pub async fn list_counts(&mut self, of: &CountedOf, days: Days) -> Result<Vec<Counted>, StoreError> {
        let (about, id) = of.columns();
        let statement = sqlx::query(
            "SELECT day, what, total FROM event_counts WHERE about = $1 AND id = $2 AND day BETWEEN $3 AND $4",
        );
        let statement = statement.bind(about).bind(id.to_owned()).bind(days.first).bind(days.last);
        let read = |row: AnyRow| {
            Ok(Counted { day: row.try_get("day")?, what: row.try_get("what")?, total: row.try_get("total")? })
        };
        self.all(statement).await?.into_iter().map(read).collect()
    }

    /// The organizations or connections with the most logins, the most first.
    pub async fn list_busiest(&mut self, place: Place, days: Days, most: i64) -> Result<Vec<LoginsOf>, StoreError> {
        let statement = sqlx::query(
            "SELECT busiest.id, COALESCE(o.name, c.name) AS name, \
             COALESCE(o.display_name, c.display_name) AS display_name, busiest.logins FROM (\
             SELECT id, CAST(SUM(total) AS BIGINT) AS logins FROM event_counts WHERE about = $1 \
             AND what = $2 AND day BETWEEN $3 AND $4 GROUP BY id ORDER BY logins DESC, id LIMIT $5) AS busiest \
             LEFT JOIN organizations o ON o.id = busiest.id LEFT JOIN connections c ON c.id = busiest.id \
             ORDER BY busiest.logins DESC, busiest.id",
        );
        let statement = statement.bind(place.word()).bind(LOGIN).bind(days.first).bind(days.last).bind(most);
        self.all(statement).await?.iter().map(read_busy).collect()
    }

    /// How many users signed in since then.
    pub async fn count_active_users(&mut self, since: Timestamp) -> Result<i64, StoreError> {
        let statement = sqlx::query("SELECT COUNT(*) AS total FROM users WHERE last_login >= $1");
        self.count(statement.bind(since.0)).await
    }

    pub(super) async fn delete_old_counts(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let first = now.day() - DAYS_KEPT;
        let statement = sqlx::query("DELETE FROM event_counts WHERE day < $1").bind(first);
        self.execute(statement).await.map(|_| ())
    }
}

fn read_busy(row: &AnyRow) -> Result<LoginsOf, StoreError> {
    Ok(LoginsOf {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        display_name: row.try_get("display_name")?,
        logins: row.try_get::<i64, _>("logins")?.unsigned_abs(),
    })
}

impl Tenant {
    /// Adds up what was noted, so that the counts tell every event until now.
    pub async fn add_up_counts(&self) -> Result<(), StoreError> {
        loop {
            let done = self.write(|mut rows| Box::pin(async move { rows.add_up().await })).await?;
            if done < PORTION {
                return Ok(());
            }
        }
    }
}
