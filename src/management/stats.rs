//! `/stats`: how many people signed in (contract §1.13; by organization, connection and reason: our extension).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

use super::Management;
use super::answer::{Answer, Parameters};
use super::operation::{Operation, Routes};
use super::schema::IDENTIFIER;
use crate::model::login_stats::{DailyStats, DayOfLogins, LOGIN, LoginStats, RefusalsFor, SIGN_UP};
use crate::model::{ApiError, Timestamp};
use crate::store::{Counted, CountedOf, DAYS_KEPT, Days, Place};

pub(super) fn routes() -> Routes {
    Routes::new("stats")
        .get("/stats/active-users", active_users, Operation::new("Count active users", &["read:stats"]))
        .get("/stats/daily", daily, Operation::new("Count logins and sign-ups by day", &["read:stats"]))
        .get("/stats/logins", logins, Operation::new("Count logins and refusals", &["read:stats"]))
}

/// Days that are told unless others are asked for, and for which somebody who signed in is active.
const DAYS: i64 = 30;
/// Organizations and connections that are told.
const BUSIEST: i64 = 10;

const DATE: &[BorrowedFormatItem<'static>] = format_description!("[year][month][day]");

#[derive(Deserialize, JsonSchema)]
struct Span {
    /// The first day, as `YYYYMMDD`; without one, 30 days until the last.
    #[schemars(regex(pattern = "^[0-9]{8}$"))]
    from: Option<String>,
    /// The last day, as `YYYYMMDD`; without one, today. At most 400 days are told at once.
    #[schemars(regex(pattern = "^[0-9]{8}$"))]
    to: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
struct LoginSpan {
    #[serde(flatten)]
    span: Span,
    /// Only at this organization.
    #[schemars(length(min = 1, max = 50), regex(pattern = IDENTIFIER))]
    organization_id: Option<String>,
    /// Only through this connection.
    #[schemars(length(min = 1, max = 50), regex(pattern = IDENTIFIER))]
    connection_id: Option<String>,
}

impl Span {
    /// # Errors
    /// 400 for what is no date, and for a span that ends before it begins or is longer than what is kept.
    fn days(&self, now: Timestamp) -> Result<Days, ApiError> {
        let day = |text: &Option<String>, property: &str| {
            let wrong =
                || ApiError::invalid_query(format!("Query validation error: 'No date' on property {property}."));
            text.as_deref().map(|text| day_of(text).ok_or_else(wrong)).transpose()
        };
        let last = day(&self.to, "to")?.unwrap_or(now.day());
        let first = day(&self.from, "from")?.unwrap_or(last - DAYS + 1);
        match first <= last && last - first < DAYS_KEPT {
            true => Ok(Days { first, last }),
            false => Err(ApiError::invalid_query(format!(
                "Query validation error: 'A span has 1 to {DAYS_KEPT} days' on property from."
            ))),
        }
    }
}

fn day_of(text: &str) -> Option<i64> {
    let date = Date::parse(text, DATE).ok()?;
    Some((date - OffsetDateTime::UNIX_EPOCH.date()).whole_days())
}

/// How many users signed in within 30 days.
async fn active_users(State(management): State<Arc<Management>>) -> Answer<Json<i64>> {
    let since = Timestamp::now().plus_seconds(-DAYS * 24 * 3600);
    Ok(Json(management.tenant.read().await?.count_active_users(since).await?))
}

async fn daily(
    State(management): State<Arc<Management>>,
    Parameters(span): Parameters<Span>,
) -> Answer<Json<Vec<DailyStats>>> {
    let now = Timestamp::now();
    let days = span.days(now)?;
    let counts = counts(&management, &CountedOf::Everything, days).await?;
    let daily = by_day(&counts, days).into_iter().map(|day| DailyStats {
        date: day.date,
        logins: day.logins,
        signups: day.signups,
        leaked_passwords: 0,
        created_at: day.date,
        updated_at: Timestamp::of_day(day.date.day() + 1).min(now),
    });
    Ok(Json(daily.collect()))
}

async fn logins(
    State(management): State<Arc<Management>>,
    Parameters(LoginSpan { span, organization_id, connection_id }): Parameters<LoginSpan>,
) -> Answer<Json<LoginStats>> {
    let days = span.days(Timestamp::now())?;
    let of = match (organization_id, connection_id) {
        (None, None) => CountedOf::Everything,
        (Some(id), None) => CountedOf::One(Place::Organization, id),
        (None, Some(id)) => CountedOf::One(Place::Connection, id),
        (Some(_), Some(_)) => {
            let message = "Query validation error: 'Not beside organization_id' on property connection_id.";
            return Err(ApiError::invalid_query(message).into());
        }
    };
    let counts = counts(&management, &of, days).await?;
    let (organizations, connections) = match of {
        CountedOf::Everything => {
            let mut rows = management.tenant.read().await?;
            let organizations = rows.list_busiest(Place::Organization, days, BUSIEST).await?;
            (Some(organizations), Some(rows.list_busiest(Place::Connection, days, BUSIEST).await?))
        }
        CountedOf::One(..) => (None, None),
    };
    let stats = LoginStats { days: by_day(&counts, days), refusals: by_reason(&counts), organizations, connections };
    Ok(Json(stats))
}

/// What was counted until now.
async fn counts(management: &Management, of: &CountedOf, days: Days) -> Answer<Vec<Counted>> {
    management.tenant.add_up_counts().await?;
    Ok(management.tenant.read().await?.list_counts(of, days).await?)
}

/// Every day of the span, also those on which nothing happened.
fn by_day(counts: &[Counted], days: Days) -> Vec<DayOfLogins> {
    let empty = |day| DayOfLogins { date: Timestamp::of_day(day), logins: 0, signups: 0, refusals: 0 };
    let mut told: Vec<DayOfLogins> = (days.first..=days.last).map(empty).collect();
    for Counted { day, what, total } in counts {
        let Some(told) = usize::try_from(day - days.first).ok().and_then(|index| told.get_mut(index)) else { continue };
        let count = match what.as_str() {
            LOGIN => &mut told.logins,
            SIGN_UP => &mut told.signups,
            _ => &mut told.refusals,
        };
        *count += total.unsigned_abs();
    }
    told
}

fn by_reason(counts: &[Counted]) -> Vec<RefusalsFor> {
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    for counted in counts.iter().filter(|counted| ![LOGIN, SIGN_UP].contains(&counted.what.as_str())) {
        *sums.entry(&counted.what).or_default() += counted.total.unsigned_abs();
    }
    let told = |(reason, refusals): (&str, u64)| RefusalsFor { reason: reason.to_owned(), refusals };
    let mut told: Vec<RefusalsFor> = sums.into_iter().map(told).collect();
    told.sort_by_key(|told| std::cmp::Reverse(told.refusals));
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_whole_days() {
        let now = Timestamp::of_day(20_000);
        let span = |from: Option<&str>, to: Option<&str>| Span { from: from.map(Into::into), to: to.map(Into::into) };
        let days = |from, to| span(from, to).days(now);
        assert_eq!(days(None, None).expect("a span"), Days { first: 19_971, last: 20_000 });
        let leap = days(Some("20240228"), Some("20240301")).expect("a span");
        assert_eq!(
            (leap.last - leap.first, Timestamp::of_day(leap.first).to_string().as_str()),
            (2, "2024-02-28T00:00:00.000Z")
        );
        for (from, to) in [("20240230", "20240301"), ("20240302", "20240301"), ("20220101", "20240101")] {
            assert_eq!(days(Some(from), Some(to)).expect_err("refused").status_code, 400, "{from} {to}");
        }
    }
}
