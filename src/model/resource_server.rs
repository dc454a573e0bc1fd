//! The resource server: an API that tokens are for (contract §1.13).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An API, known by its identifier: the audience of its tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResourceServer {
    pub id: String,
    pub identifier: String,
    pub name: String,
    #[serde(default)]
    pub scopes: Vec<ResourceServerScope>,
    /// Seconds an access token for it is valid, unless the settings say.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub token_lifetime: Option<i64>,
    /// Whether it is the Management API itself.
    #[serde(default)]
    pub is_system: bool,
}

/// What an API lets be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResourceServerScope {
    pub value: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<String>,
}
