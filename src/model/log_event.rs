//! What the log tells of one audit event.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Timestamp;

/// An audit event as `/logs` tells it (contract §1.13). The names are those of today; what was deleted has none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LogEvent {
    pub log_id: String,
    pub _id: String,
    pub date: Timestamp,
    /// Auth0's type code: `s` a login, `f` a refused one, `fp` a wrong password, `sapi` a write ...
    #[serde(rename = "type")]
    pub kind: String,
    pub description: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub client_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub connection: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub connection_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub strategy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub organization_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub organization_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user_name: Option<String>,
    /// The person's network address.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub details: Option<Value>,
}
