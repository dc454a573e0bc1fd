//! What a gateway remembers of the Management API, told to administrators (our extension).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Timestamp;

/// The answer of `GET /api/v2/stats/cache`. Counts are of this process, since it started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CacheReport {
    /// The other machine whose Management API is asked; absent when it is in this process.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub upstream: Option<UpstreamReport>,
    /// Remembered answers of all kinds, and what they weigh at most and now, in bytes.
    pub entries: u64,
    pub weight_bytes: u64,
    pub most_bytes: u64,
    /// The age of the oldest answer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub oldest_seconds: Option<u64>,
    /// Answers given without asking, by those that were fresh and those that were not.
    pub hits: u64,
    pub stale_hits: u64,
    pub loads: u64,
    pub load_errors: u64,
    /// A part of what is remembered of organizations, by name.
    pub organizations: Vec<RememberedOrganization>,
    pub start: u64,
    pub limit: u64,
    pub total: u64,
}

/// How the Management API of another machine is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UpstreamReport {
    pub origin: String,
    pub state: UpstreamState,
    /// How long it said to wait.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub paused_seconds: Option<u64>,
    /// How long calls have been failing, and why the last one did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failing_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_error: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UpstreamState {
    Well,
    /// Calls fail; one at a time tries it.
    Failing,
    /// It said to wait.
    Paused,
}

/// What is remembered of one organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RememberedOrganization {
    pub id: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub display_name: Option<String>,
    /// How long ago it came from the API.
    pub age_seconds: u64,
    pub source: AnswerSource,
    /// Login options that are remembered with it, and how long ago they came.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub login_options: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub login_options_age_seconds: Option<u64>,
    /// Why it or its options could not be had again lately.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_error: Option<LastError>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LastError {
    pub message: String,
    pub at: Timestamp,
}

/// Where an answer came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnswerSource {
    /// From the Management API, in this process' time.
    Api,
    /// From the file that an earlier process left.
    File,
}
