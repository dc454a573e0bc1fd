//! `/logs`: the audit events, by page or from one on (contract §1.13).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Management;
use super::answer::{Answer, Parameters};
use super::check::Ids;
use super::operation::{Operation, Routes};
use super::paging::{Fields, List, Listed, Paging, Selected};
use crate::model::{ApiError, LogEvent};
use crate::store::{EventColumn, EventFilter, Slice, event_position};

pub(super) fn routes() -> Routes {
    Routes::new("logs")
        .get("/logs", list, Operation::new("Search the log", &["read:logs", "read:logs_users"]))
        .get("/logs/{id}", find, Operation::new("Get a log event", &["read:logs", "read:logs_users"]))
        .get("/users/{id}/logs", list_of_user, Operation::new("List a user's log", &["read:logs", "read:logs_users"]))
}

impl Listed for LogEvent {
    const KEY: &'static str = "logs";
    const TELLS_LENGTH: bool = true;
}

#[derive(Deserialize, JsonSchema)]
struct LogList {
    #[serde(flatten)]
    paging: Paging,
    #[serde(flatten)]
    fields: Fields,
    #[serde(default)]
    sort: Sort,
    /// Terms `field:value` joined by `AND`; the fields are `type`, `client_id`, `connection_id`, `organization_id`,
    /// `user_id` and `ip`.
    #[schemars(length(max = 1000), regex(pattern = TERMS))]
    q: Option<String>,
    /// The same under another name.
    #[schemars(length(max = 1000), regex(pattern = TERMS))]
    search: Option<String>,
    /// Id of the event after which to begin; the oldest comes first then, and nothing else but `take` counts.
    #[schemars(regex(pattern = "^[0-9]{13}[0-9A-Za-z]{1,50}$"))]
    from: Option<String>,
    /// Events from there on.
    #[schemars(range(min = 1, max = 100))]
    take: Option<i64>,
}

#[derive(Deserialize, JsonSchema)]
struct UserLogList {
    #[serde(flatten)]
    paging: Paging,
    #[serde(default)]
    sort: Sort,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
enum Sort {
    #[default]
    #[serde(rename = "date:-1")]
    Newest,
    #[serde(rename = "date:1")]
    Oldest,
}

macro_rules! term {
    () => {
        r#"(type|client_id|connection_id|organization_id|user_id|ip):("[^"\\]*"|[^" ()\\*?]+)"#
    };
}

/// `type:s AND organization_id:"org_1"`, or nothing.
const TERMS: &str = concat!("^ *(", term!(), "( +AND +", term!(), ")*)? *$");

async fn list(
    State(management): State<Arc<Management>>,
    Parameters(query): Parameters<LogList>,
) -> Answer<Json<List<Selected<LogEvent>>>> {
    let mut rows = management.tenant.read().await?;
    if query.from.is_some() || query.take.is_some() {
        let after = query.from.as_deref().and_then(event_position);
        let slice = Slice { after, skip: 0, most: query.take.unwrap_or(50) };
        let events = rows.list_events(&EventFilter::default(), false, &slice).await?;
        let events = query.fields.select_all(events)?;
        return Ok(Json(List::Bare(events.into_iter().map(|event| event.item).collect())));
    }
    let wanted = query.paging.wanted(50)?;
    let terms = [query.q, query.search].into_iter().flatten();
    let filter = terms.fold(EventFilter::default(), |filter, terms| narrow(filter, &terms));
    let events = rows.list_events(&filter, query.sort == Sort::Newest, &wanted.slice).await?;
    let total = if wanted.counts() { rows.count_events(&filter).await? } else { 0 };
    Ok(Json(wanted.answer(query.fields.select_all(events)?, total)))
}

async fn find(
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Parameters(fields): Parameters<Fields>,
) -> Answer<Json<Selected<LogEvent>>> {
    let found = management.tenant.read().await?.find_event(&id).await?;
    let found = found.ok_or_else(|| ApiError::not_found(None, "No log event found by that id"))?;
    Ok(Json(fields.select(&found)?))
}

/// Also of a user who was deleted: the log keeps what they did.
async fn list_of_user(
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Parameters(query): Parameters<UserLogList>,
) -> Answer<Json<List<LogEvent>>> {
    let wanted = query.paging.wanted(50)?;
    let mut rows = management.tenant.read().await?;
    let filter = EventFilter::default().with(EventColumn::User, id);
    let events = rows.list_events(&filter, query.sort == Sort::Newest, &wanted.slice).await?;
    let total = if wanted.counts() { rows.count_events(&filter).await? } else { 0 };
    Ok(Json(wanted.answer(events, total)))
}

/// `terms` have the form of [`TERMS`].
fn narrow(mut filter: EventFilter, terms: &str) -> EventFilter {
    let mut rest = terms.trim_matches(' ');
    while let Some((field, tail)) = rest.split_once(':') {
        let (value, after) = match tail.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => tail.split_once(' ').unwrap_or((tail, "")),
        };
        let column = match field {
            "type" => EventColumn::Kind,
            "client_id" => EventColumn::Client,
            "connection_id" => EventColumn::Connection,
            "organization_id" => EventColumn::Organization,
            "user_id" => EventColumn::User,
            _ => EventColumn::Address,
        };
        filter = filter.with(column, value);
        rest = after.trim_start_matches(' ').strip_prefix("AND").unwrap_or_default().trim_start_matches(' ');
    }
    filter
}
