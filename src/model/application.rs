//! The application (in the API: client) and what it may ask for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Whether an application's people sign in to an organization (contract §1.12).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OrganizationUsage {
    /// Never: an organization parameter is an error.
    #[default]
    Deny,
    /// With or without one.
    Allow,
    /// Always.
    Require,
}

impl OrganizationUsage {
    const ALL: [Self; 3] = [Self::Deny, Self::Allow, Self::Require];

    /// The contract's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Allow => "allow",
            Self::Require => "require",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|usage| usage.as_str() == text)
    }
}

/// What happens when an organization is needed and nothing points at one (contract §3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequireBehavior {
    /// The application must send one.
    #[default]
    NoPrompt,
    /// The person is asked first.
    PreLoginPrompt,
    /// The person signs in first, then chooses among their organizations.
    PostLoginPrompt,
}

/// What a person may be asked for to find their organization (contract §1.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DiscoveryMethod {
    Email,
    OrganizationName,
}

/// How an application proves itself at the token endpoint (OIDC Core §9).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenEndpointAuthMethod {
    #[default]
    ClientSecretPost,
    ClientSecretBasic,
    /// A public client: no secret, PKCE required.
    None,
}

/// The client id of the dashboard, which is an application as any other.
pub const DASHBOARD: &str = "vestibule-dashboard";

/// An application (contract §1.12).
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Application {
    pub client_id: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<String>,
    /// Told only to holders of `read:client_keys`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub client_secret: Option<String>,
    /// `spa`, `native`, `regular_web` or `non_interactive`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub app_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub logo_uri: Option<String>,
    /// Registered redirect URIs, compared byte by byte.
    #[serde(default)]
    pub callbacks: Vec<String>,
    #[serde(default)]
    pub allowed_logout_urls: Vec<String>,
    #[serde(default)]
    pub web_origins: Vec<String>,
    #[serde(default)]
    pub grant_types: Vec<String>,
    #[serde(default)]
    pub token_endpoint_auth_method: TokenEndpointAuthMethod,
    /// Where a login that did not begin at the application is sent to begin (OIDC Core §4).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub initiate_login_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub organization_usage: Option<OrganizationUsage>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub organization_require_behavior: Option<RequireBehavior>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub organization_discovery_methods: Option<Vec<DiscoveryMethod>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub default_organization: Option<DefaultOrganization>,
    #[serde(default = "yes")]
    pub is_first_party: bool,
    #[serde(default = "yes")]
    pub oidc_conformant: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub jwt_configuration: Option<JwtConfiguration>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub client_metadata: Option<Map<String, Value>>,
}

fn yes() -> bool {
    true
}

/// The organization an application's requests mean when they name none (contract §1.12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DefaultOrganization {
    pub organization_id: String,
    /// The grants it counts for; Auth0 knows `client_credentials` alone.
    pub flows: Vec<String>,
}

/// How an application's ID tokens are made. Only RS256 is built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JwtConfiguration {
    #[serde(default = "rs256")]
    pub alg: String,
    /// Seconds an ID token is valid.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lifetime_in_seconds: Option<i64>,
    #[serde(default)]
    pub secret_encoded: bool,
}

impl Default for JwtConfiguration {
    fn default() -> Self {
        Self { alg: rs256(), lifetime_in_seconds: None, secret_encoded: false }
    }
}

fn rs256() -> String {
    "RS256".to_owned()
}

/// Without the secret.
impl std::fmt::Debug for Application {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Application").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

impl Application {
    /// A first-party application of which nothing but this is said.
    pub fn new(client_id: impl Into<String>, name: impl Into<String>, method: TokenEndpointAuthMethod) -> Self {
        Self {
            client_id: client_id.into(),
            name: name.into(),
            description: None,
            client_secret: None,
            app_type: None,
            logo_uri: None,
            callbacks: Vec::new(),
            allowed_logout_urls: Vec::new(),
            web_origins: Vec::new(),
            grant_types: Vec::new(),
            token_endpoint_auth_method: method,
            initiate_login_uri: None,
            organization_usage: None,
            organization_require_behavior: None,
            organization_discovery_methods: None,
            default_organization: None,
            is_first_party: true,
            oidc_conformant: true,
            jwt_configuration: None,
            client_metadata: None,
        }
    }

    pub fn is_public(&self) -> bool {
        self.token_endpoint_auth_method == TokenEndpointAuthMethod::None
    }

    pub fn usage(&self) -> OrganizationUsage {
        self.organization_usage.unwrap_or_default()
    }

    pub fn require_behavior(&self) -> RequireBehavior {
        self.organization_require_behavior.unwrap_or_default()
    }

    /// Whether people sign in first, and then choose where (contract §3).
    pub fn chooses_after_sign_in(&self) -> bool {
        self.usage() != OrganizationUsage::Deny && self.require_behavior() == RequireBehavior::PostLoginPrompt
    }

    /// Whether people may be asked for this to find their organization; an application that says nothing allows both.
    pub fn may_ask_for(&self, method: DiscoveryMethod) -> bool {
        self.organization_discovery_methods.as_ref().is_none_or(|methods| methods.contains(&method))
    }

    pub fn may_use_grant(&self, grant_type: &str) -> bool {
        self.grant_types.iter().any(|allowed| allowed == grant_type)
    }
}

/// What an application may ask of one API with its own credentials (contract §1.9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClientGrant {
    pub id: String,
    pub client_id: String,
    pub audience: String,
    #[serde(default)]
    pub scope: Vec<String>,
    /// Whether its tokens may or must be for an organization; unset is `deny`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub organization_usage: Option<OrganizationUsage>,
    /// For every organization, not only those it is associated with.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub allow_any_organization: Option<bool>,
}

/// What is told of an application beside the organization that it is associated with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApplicationSummary {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub app_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub logo_uri: Option<String>,
    pub is_first_party: bool,
    pub grant_types: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub organization_usage: Option<OrganizationUsage>,
}

/// An application that is associated with an organization (contract §1.10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrganizationClient {
    pub client_id: String,
    /// Whether the organization's members may sign in to it when access is per application.
    pub use_for_member_access: bool,
    pub client: ApplicationSummary,
}

impl From<Application> for ApplicationSummary {
    fn from(application: Application) -> Self {
        Self {
            name: application.name,
            app_type: application.app_type,
            logo_uri: application.logo_uri,
            is_first_party: application.is_first_party,
            grant_types: application.grant_types,
            organization_usage: application.organization_usage,
        }
    }
}
