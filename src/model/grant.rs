//! What the front channel leaves for the back channel: sessions and authorization codes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Timestamp;

/// A signed-in browser: one user and the connection that proved it (design §5.6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The admission's; another one means that the account is no longer the same.
    pub account_version: String,
    /// The public handle that tokens carry as `sid` and the API finds it by; not the cookie's secret.
    pub sid: String,
    pub user_id: String,
    /// What a page calls the person: e-mail, name or user id.
    pub label: String,
    pub connection_id: String,
    pub connection_name: String,
    /// When the person last proved who they are.
    pub authenticated_at: Timestamp,
    /// When the session ends whatever happens.
    pub ends_at: Timestamp,
    /// Where it began; sessions from before this was kept tell nothing.
    #[serde(default)]
    pub device: Device,
}

/// What a session knows of the browser and the network that it began in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Device {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub initial_ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub initial_user_agent: Option<String>,
}

/// Single use, bound to application, redirect URI, organization, PKCE and session (RFC 6749 §4.1.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationCode {
    /// Names everything issued from this code, so that a second use can revoke it.
    pub grant_id: String,
    pub client_id: String,
    pub redirect_uri: String,
    pub organization_id: Option<String>,
    pub user_id: String,
    pub account_version: String,
    pub connection_id: String,
    pub sid: String,
    pub scope: Vec<String>,
    pub audience: Option<String>,
    pub nonce: Option<String>,
    /// The S256 challenge, when the authorize request carried one.
    pub code_challenge: Option<String>,
    pub authenticated_at: Timestamp,
    /// Whether the ID token must carry `auth_time` (OIDC Core §2).
    pub wants_auth_time: bool,
}
