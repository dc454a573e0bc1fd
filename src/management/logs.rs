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
use super::search::{self, Searchable, Syntax};
use super::users::get_user;
use crate::model::{ApiError, LogEvent};
use crate::store::{Slice, event_field, event_position, events_of_user};

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
    /// A search in Lucene's syntax, such as `type:f AND organization_id:org_...`.
    #[schemars(length(max = 1000))]
    q: Option<String>,
    /// The same under another name.
    #[schemars(length(max = 1000))]
    search: Option<String>,
    /// Id of the event after which to begin; the oldest comes first then, and nothing else but `take` counts.
    #[schemars(regex(pattern = "^[0-9]{13}[0-9A-Za-z]{1,50}$"))]
    from: Option<String>,
    /// Events from there on.
    #[schemars(range(min = 1, max = 100))]
    take: Option<i64>,
    /// Id of the event before which to begin; the newest comes first then, and `page` does not count (our extension).
    #[schemars(regex(pattern = "^[0-9]{13}[0-9A-Za-z]{1,50}$"))]
    before: Option<String>,
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

const SEARCHABLE: Searchable =
    Searchable { field: event_field, bare: &["client_name", "connection", "user_name"], most_terms: 10 };

async fn list(
    State(management): State<Arc<Management>>,
    Parameters(query): Parameters<LogList>,
) -> Answer<Json<List<Selected<LogEvent>>>> {
    let mut rows = management.tenant.read().await?;
    if query.from.is_some() || query.take.is_some() {
        let after = query.from.as_deref().and_then(event_position);
        let slice = Slice { after, skip: 0, most: query.take.unwrap_or(50) };
        let events = rows.list_events(None, false, &slice).await?;
        let events = query.fields.select_all(events)?;
        return Ok(Json(List::Bare(events.into_iter().map(|event| event.item).collect())));
    }
    let mut wanted = query.paging.wanted(50)?;
    let mut is_newest_first = query.sort == Sort::Newest;
    if let Some(after) = query.before.as_deref().and_then(event_position) {
        (wanted.slice.after, wanted.slice.skip, is_newest_first) = (Some(after), 0, true);
    }
    let q = query.q.or(query.search).filter(|q| !q.trim().is_empty());
    let condition = q.map(|q| search::parse(&q, Syntax::Lucene, &SEARCHABLE)).transpose()?;
    let events = rows.list_events(condition.as_ref(), is_newest_first, &wanted.slice).await?;
    let total = if wanted.counts() { rows.count_events(condition.as_ref()).await? } else { 0 };
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

/// What a deleted user did, `/logs?q=user_id:` still tells.
async fn list_of_user(
    State(management): State<Arc<Management>>,
    Ids(id): Ids<String>,
    Parameters(query): Parameters<UserLogList>,
) -> Answer<Json<List<LogEvent>>> {
    let wanted = query.paging.wanted(50)?;
    let mut rows = management.tenant.read().await?;
    get_user(&mut rows, &id).await?;
    let theirs = events_of_user(&id);
    let events = rows.list_events(Some(&theirs), query.sort == Sort::Newest, &wanted.slice).await?;
    let total = if wanted.counts() { rows.count_events(Some(&theirs)).await? } else { 0 };
    Ok(Json(wanted.answer(events, total)))
}
