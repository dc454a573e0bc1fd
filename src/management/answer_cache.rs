//! `/stats/cache`: what the gateway of this process remembers of the Management API, and emptying it (our extension).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::NoContent;
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Management;
use super::answer::{Answer, Parameters};
use super::operation::{Operation, Routes};
use super::schema::IDENTIFIER;
use crate::model::cache_report::CacheReport;

/// The gateway's memory: wired by `app.rs`, since it belongs to the faces' client of this API.
pub trait AnswerCache: Send + Sync {
    /// What is remembered, with `limit` organizations from the `start`th on, by name.
    fn report(&self, start: u64, limit: u64) -> BoxFuture<'_, CacheReport>;

    /// Forgets what is remembered of one organization, or everything.
    fn purge(&self, organization_id: Option<String>) -> BoxFuture<'_, ()>;
}

pub(super) fn routes() -> Routes {
    Routes::new("stats")
        .get("/stats/cache", report, Operation::new("Tell what the gateway remembers", &["read:stats"]))
        .delete("/stats/cache", purge, Operation::new("Forget what the gateway remembers", &["delete:stats"]))
}

/// Organizations told unless more are asked for.
const PER_PAGE: u64 = 50;

#[derive(Deserialize, JsonSchema)]
struct Part {
    /// Which page of organizations, from 0.
    #[schemars(range(min = 0, max = 1_000_000))]
    page: Option<u64>,
    /// Organizations of a page.
    #[schemars(range(min = 1, max = 100))]
    per_page: Option<u64>,
}

#[derive(Deserialize, JsonSchema)]
struct What {
    /// Only what is remembered of this organization.
    #[schemars(length(min = 1, max = 50), regex(pattern = IDENTIFIER))]
    organization_id: Option<String>,
}

async fn report(
    State(management): State<Arc<Management>>,
    Parameters(part): Parameters<Part>,
) -> Answer<Json<CacheReport>> {
    let limit = part.per_page.unwrap_or(PER_PAGE);
    Ok(Json(management.answer_cache.report(part.page.unwrap_or(0) * limit, limit).await))
}

async fn purge(State(management): State<Arc<Management>>, Parameters(what): Parameters<What>) -> Answer<NoContent> {
    management.answer_cache.purge(what.organization_id).await;
    Ok(NoContent)
}
