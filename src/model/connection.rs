//! The connection: a configured way to sign in, and its switches in one organization.

mod anyone;
mod options;
mod shown;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::discovery_domain::normal_domain;
pub use anyone::is_issuer_of_anyone;
pub use options::{AttributeMap, Channel, MappingMode, Scopes, UpstreamOptions, UpstreamParameter};
pub use shown::ShownConnection;

/// The kinds of connection that can be kept (contract §1.11). A closed set: an enum and a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
// Another strategy is one of the contract's that is not built. (Its variants have no documentation, so that the schema
// is one list.)
#[schemars(extend("x-not-built" = true))]
pub enum Strategy {
    // A database of identifiers and passwords.
    Auth0,
    // Any OpenID provider.
    Oidc,
    // Okta, an OpenID provider whose issuer follows from its domain.
    Okta,
    GoogleOauth2,
    // Google Workspace.
    GoogleApps,
    Github,
    // Microsoft Entra ID.
    Waad,
    // Personal Microsoft accounts.
    Windowslive,
    Apple,
    Linkedin,
    // Any OAuth 2.0 server that tells who somebody is.
    Oauth2,
    // A code sent by e-mail.
    Email,
}

impl Strategy {
    pub const ALL: [Self; 12] = [
        Self::Auth0,
        Self::Oidc,
        Self::Okta,
        Self::GoogleOauth2,
        Self::GoogleApps,
        Self::Github,
        Self::Waad,
        Self::Windowslive,
        Self::Apple,
        Self::Linkedin,
        Self::Oauth2,
        Self::Email,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auth0 => "auth0",
            Self::Oidc => "oidc",
            Self::Okta => "okta",
            Self::GoogleOauth2 => "google-oauth2",
            Self::GoogleApps => "google-apps",
            Self::Github => "github",
            Self::Waad => "waad",
            Self::Windowslive => "windowslive",
            Self::Apple => "apple",
            Self::Linkedin => "linkedin",
            Self::Oauth2 => "oauth2",
            Self::Email => "email",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|strategy| strategy.as_str() == text)
    }

    /// Whether the connection keeps passwords itself.
    pub fn is_database(self) -> bool {
        self == Self::Auth0
    }

    /// Whether a company's own directory is behind it, which domains may lead to and a page may hide (contract §1.4).
    pub fn is_enterprise(self) -> bool {
        matches!(self, Self::Oidc | Self::Okta | Self::Waad | Self::GoogleApps)
    }

    /// The brand a person knows a social strategy by.
    pub fn brand(self) -> Option<&'static str> {
        match self {
            Self::GoogleOauth2 => Some("Google"),
            Self::Github => Some("GitHub"),
            Self::Windowslive => Some("Microsoft"),
            Self::Apple => Some("Apple"),
            Self::Linkedin => Some("LinkedIn"),
            _ => None,
        }
    }

    /// Whether its people come as themselves and not as somebody's employees (`isSocial`).
    pub fn is_social(self) -> bool {
        self.brand().is_some() || self == Self::Oauth2
    }

    /// The secret without which nobody can come through.
    fn secret(self) -> Option<&'static str> {
        match self {
            Self::GoogleOauth2 | Self::GoogleApps | Self::Github | Self::Waad | Self::Windowslive | Self::Linkedin => {
                Some("client_secret")
            }
            Self::Apple => Some("app_secret"),
            Self::Auth0 | Self::Oidc | Self::Okta | Self::Oauth2 | Self::Email => None,
        }
    }

    /// Whether a login can pass through a connection with these options, which may come without the secrets. What lacks
    /// something is no login option: closed by default.
    pub fn is_open(self, options: &Map<String, Value>) -> bool {
        let has = |name: &str| options.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
        let has_all = |names: &[&str]| names.iter().all(|name| has(name));
        match self {
            Self::Auth0 | Self::Email | Self::Oidc | Self::Okta => true,
            Self::GoogleOauth2 | Self::Github | Self::Windowslive | Self::Linkedin => has("client_id"),
            // Without a domain everybody's account at Google would do.
            Self::GoogleApps => has("client_id") && (has("domain") || has("tenant_domain")),
            Self::Waad => {
                let common = options.get("useCommonEndpoint").is_some_and(|value| *value == true);
                has("client_id") && (common || has("domain") || has("tenant_domain"))
            }
            Self::Apple => has_all(&["client_id", "team_id", "kid"]),
            Self::Oauth2 => has_all(&["client_id", "authorizationURL", "tokenURL", "userinfo_endpoint"]),
        }
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
pub const SECRET_OPTIONS: [&str; 2] = ["client_secret", "app_secret"];

/// Without the options, which hold secrets.
impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

impl Connection {
    /// Whether a login can pass through it, with its secrets; see [`Strategy::is_open`].
    pub fn is_open(&self) -> bool {
        let has = |name: &str| self.options.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
        self.strategy.is_open(&self.options) && self.strategy.secret().is_none_or(has)
    }

    /// Whether people may make accounts of their own where no organization decides it (contract §1.11).
    pub fn allows_sign_up(&self) -> bool {
        self.strategy.is_database() && self.options.get("disable_signup") != Some(&Value::Bool(true))
    }

    /// The e-mail domains that lead to it, each in its one form (contract §1.11).
    pub fn domains(&self) -> impl Iterator<Item = String> + '_ {
        let own = match self.strategy {
            Strategy::Waad | Strategy::GoogleApps => self.options.get("domain"),
            // Okta's is where its server is, and nobody's address.
            _ => None,
        };
        let aliases = self.options.get("domain_aliases").and_then(Value::as_array).into_iter().flatten();
        let all = aliases.chain(self.options.get("tenant_domain")).chain(own);
        let is_led_to = self.strategy.is_enterprise();
        all.filter_map(Value::as_str).filter_map(normal_domain).filter(move |_| is_led_to)
    }

    /// What the options mean to the relying party, checked for what a login needs.
    ///
    /// # Errors
    /// A sentence that names the missing or wrong option.
    pub fn upstream_options(&self) -> Result<UpstreamOptions, String> {
        let mut options: UpstreamOptions =
            serde_json::from_value(Value::Object(self.options.clone())).map_err(|error| format!("options: {error}"))?;
        if options.client_id.is_empty() {
            return Err("options.client_id is required".to_owned());
        }
        match self.strategy {
            Strategy::Okta if options.domain.is_none() && options.issuer.is_none() => {
                Err("options.domain is required".to_owned())
            }
            Strategy::Okta => {
                let domain = options.domain.as_ref().map(|domain| format!("https://{domain}"));
                options.issuer = options.issuer.or(domain);
                Ok(options)
            }
            Strategy::Oidc if options.issuer.is_none() && options.discovery_url.is_none() => {
                Err("options.issuer or options.discovery_url is required".to_owned())
            }
            Strategy::Oidc => Ok(options),
            _ if self.is_open() => Ok(options),
            strategy => Err(format!("the options lack what {} needs", strategy.as_str())),
        }
    }
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
    /// Whose people auto-membership is for (our extension): domains of verified e-mail addresses and of Google
    /// Workspace, tenant ids of Microsoft Entra. Absent: everybody's.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub allowed_domains: Vec<String>,
    /// Present when anyone at all becomes a member through it (our extension).
    #[serde(skip_serializing_if = "is_false", default)]
    pub membership_open: bool,
    pub connection: ConnectionSummary,
    /// Whether the connection is one that anyone may have an account at, see [`Strategy::is_for_anyone`], or another
    /// organization lets anyone make one there.
    #[serde(skip)]
    pub is_for_anyone: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

impl EnabledConnection {
    /// Decides `membership_open` by the switches as they are.
    pub fn settle(mut self) -> Self {
        let anyone = self.is_for_anyone || self.is_signup_enabled == Some(true);
        self.membership_open = self.assign_membership_on_login && anyone && self.allowed_domains.is_empty();
        self
    }
}

/// A connection in its place at one organization, switched on or off (contract §1.5). The other view of it,
/// [`EnabledConnection`], is of those that are on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrganizationConnection {
    #[serde(flatten)]
    pub switches: EnabledConnection,
    /// What the organization's own administrators call it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub organization_connection_name: Option<String>,
    pub organization_access_level: AccessLevel,
    /// Off: no login passes through it, as if it were not there.
    pub is_enabled: bool,
}

/// What the organization's own administrators may do with a connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum AccessLevel {
    #[default]
    None,
    Readonly,
    Limited,
    Full,
}

impl AccessLevel {
    pub const ALL: [Self; 4] = [Self::None, Self::Readonly, Self::Limited, Self::Full];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Readonly => "readonly",
            Self::Limited => "limited",
            Self::Full => "full",
        }
    }
}

/// The part of a connection that an enabled connection tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectionSummary {
    pub name: String,
    pub strategy: Strategy,
}
