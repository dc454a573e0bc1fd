//! How many people signed in, were refused, or made an account: by day, organization, connection and reason.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Timestamp;

/// What counts are kept of besides refusals, which are kept by their reason.
pub const LOGIN: &str = "login";
pub const SIGN_UP: &str = "signup";
/// A refusal whose reason was not written down.
pub const OTHER_REFUSAL: &str = "other";

/// A day as `GET /api/v2/stats/daily` tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DailyStats {
    /// When the day begins, in UTC.
    pub date: Timestamp,
    pub logins: u64,
    pub signups: u64,
    /// Passwords are looked up nowhere, so there are none.
    pub leaked_passwords: u64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// The answer of `GET /api/v2/stats/logins` (our extension).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LoginStats {
    /// Every day of the span, the oldest first.
    pub days: Vec<DayOfLogins>,
    /// Why logins were refused, the most frequent first.
    pub refusals: Vec<RefusalsFor>,
    /// Those with the most logins; left out where one organization or connection was asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub organizations: Option<Vec<LoginsOf>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub connections: Option<Vec<LoginsOf>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DayOfLogins {
    /// When the day begins, in UTC.
    pub date: Timestamp,
    pub logins: u64,
    pub signups: u64,
    pub refusals: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefusalsFor {
    /// The error's code, such as `not_a_member`; `other` for what was refused before reasons were kept.
    pub reason: String,
    pub refusals: u64,
}

/// An organization or a connection; what was deleted has no name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LoginsOf {
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub display_name: Option<String>,
    pub logins: u64,
}
