//! The connection: a configured way to sign in, and its switches in one organization.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The kinds of connection whose behaviour is built (contract §1.11). A closed set: an enum and a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Strategy {
    /// A database of identifiers and passwords.
    Auth0,
    /// Any OpenID provider.
    Oidc,
    /// Okta, an OpenID provider whose issuer follows from its domain.
    Okta,
}

impl Strategy {
    pub const ALL: [Self; 3] = [Self::Auth0, Self::Oidc, Self::Okta];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auth0 => "auth0",
            Self::Oidc => "oidc",
            Self::Okta => "okta",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|strategy| strategy.as_str() == text)
    }

    /// Whether the connection keeps passwords itself.
    pub fn is_database(self) -> bool {
        self == Self::Auth0
    }
}

/// A connection (contract §1.11).
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Connection {
    pub id: String,
    /// The stable handle, 1 to 128 letters and digits with inner hyphens, unique.
    pub name: String,
    pub strategy: Strategy,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub display_name: Option<String>,
    /// What the strategy needs; secrets inside are given only to holders of `read:connections_options`.
    #[serde(default)]
    pub options: Map<String, Value>,
    /// Applications that may use the connection without an organization.
    #[serde(default)]
    pub enabled_clients: Vec<String>,
    #[serde(default)]
    pub show_as_button: bool,
    #[serde(default)]
    pub is_domain_connection: bool,
    #[serde(default)]
    pub realms: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub metadata: Option<BTreeMap<String, String>>,
}

/// The members of `options` that hold secrets: sealed at rest, withheld without `read:connections_options`.
pub const SECRET_OPTIONS: [&str; 1] = ["client_secret"];

/// Without the options, which hold secrets.
impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

impl Connection {
    /// The text on the connection's button: the display name, or the name.
    pub fn title(&self) -> &str {
        self.display_name.as_deref().unwrap_or(&self.name)
    }

    /// The options of an `oidc` or `okta` connection, checked for what a login needs.
    ///
    /// # Errors
    /// A sentence that names the missing or wrong option.
    pub fn oidc_options(&self) -> Result<OidcOptions, String> {
        let mut options: OidcOptions =
            serde_json::from_value(Value::Object(self.options.clone())).map_err(|error| format!("options: {error}"))?;
        if options.issuer.is_none() && self.strategy == Strategy::Okta {
            options.issuer = options.domain.as_ref().map(|domain| format!("https://{domain}"));
        }
        if options.client_id.is_empty() {
            return Err("options.client_id is required".to_owned());
        }
        if options.issuer.is_none() && options.discovery_url.is_none() {
            return Err(match self.strategy {
                Strategy::Okta => "options.domain is required".to_owned(),
                _ => "options.issuer or options.discovery_url is required".to_owned(),
            });
        }
        Ok(options)
    }
}

/// What an `oidc` or `okta` connection's options mean to the relying party (contract §1.11).
#[derive(Clone, PartialEq, Deserialize)]
pub struct OidcOptions {
    #[serde(default)]
    pub client_id: String,
    #[serde(default)]
    pub client_secret: Option<String>,
    #[serde(default)]
    pub issuer: Option<String>,
    /// Where the metadata is, when it is not below the issuer.
    #[serde(default)]
    pub discovery_url: Option<String>,
    /// Okta's domain, such as `acme.okta.com`.
    #[serde(default)]
    pub domain: Option<String>,
    /// Scopes separated by spaces; `openid profile email` when absent.
    #[serde(default)]
    pub scope: Option<String>,
    /// Further parameters for the identity provider's authorization endpoint:
    /// `{name: {"value": text}}` is fixed, `{name: {"alias": parameter}}` passes one on (contract §1.11).
    #[serde(default)]
    pub upstream_params: BTreeMap<String, UpstreamParameter>,
    /// `client_secret_post` or `client_secret_basic`; absent: what the metadata allows, basic first.
    #[serde(default)]
    pub token_endpoint_auth_method: Option<String>,
    #[serde(default)]
    pub icon_url: Option<String>,
}

/// One entry of `upstream_params`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum UpstreamParameter {
    Value { value: String },
    Alias { alias: String },
}

/// A connection that is switched on for one organization, with its switches (contract §1.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EnabledConnection {
    pub connection_id: String,
    /// Whether whoever signs in through it becomes a member.
    pub assign_membership_on_login: bool,
    /// Whether it is drawn on the page; a hidden one still works by name.
    pub show_as_button: bool,
    /// Present for database connections only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub is_signup_enabled: Option<bool>,
    pub connection: ConnectionSummary,
}

/// The part of a connection that an enabled connection tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectionSummary {
    pub name: String,
    pub strategy: Strategy,
}
