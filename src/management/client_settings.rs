//! What an application may be set to (contract §1.12): the request's members, their checks, the defaults.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::check::{Metadata, Only, Sent, Unbuilt, wrong};
use super::client_addresses::check_addresses;
use super::schema::{IDENTIFIER, LINE};
use crate::model::application::{DiscoveryMethod, JwtConfiguration, TokenEndpointAuthMethod};
use crate::model::{
    ApiError, Application, DefaultOrganization, LONGEST_TOKEN_SECONDS, OrganizationUsage, RequireBehavior,
    random_alphanumeric,
};

/// Most addresses of one list (contract §1.12).
const ADDRESSES: usize = 100;
const LONGEST_ADDRESS: usize = 2048;
/// A line without `<` and `>`, as the contract wants names.
pub(super) const NAME: &str = r"^[^<>\u0000-\u001f\u007f-\u009f]+$";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewClient {
    #[schemars(length(min = 1, max = 255), regex(pattern = NAME))]
    name: String,
    #[serde(flatten)]
    settings: ClientSettings,
    #[serde(flatten)]
    _unbuilt: UnbuiltMembers,
}

/// What is left out stays; `null` clears.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ClientChange {
    #[schemars(length(min = 1, max = 255), regex(pattern = NAME))]
    name: Sent<String>,
    #[serde(flatten)]
    settings: ClientSettings,
    #[serde(flatten)]
    _unbuilt: UnbuiltMembers,
}

/// What creation and change have in common.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
struct ClientSettings {
    #[schemars(length(max = 140), regex(pattern = LINE))]
    description: Sent<Option<String>>,
    app_type: Sent<AppType>,
    /// An https address.
    #[schemars(length(min = 1, max = LONGEST_ADDRESS), regex(pattern = LINE), extend("format" = "uri"))]
    logo_uri: Sent<Option<String>>,
    /// Absolute addresses without a fragment.
    #[schemars(length(max = ADDRESSES), inner(length(min = 1, max = LONGEST_ADDRESS), regex(pattern = LINE)))]
    callbacks: Sent<Vec<String>>,
    /// Absolute addresses without a fragment.
    #[schemars(length(max = ADDRESSES), inner(length(min = 1, max = LONGEST_ADDRESS), regex(pattern = LINE)))]
    allowed_logout_urls: Sent<Vec<String>>,
    /// Origins such as `https://app.example.com`.
    #[schemars(length(max = ADDRESSES), inner(length(min = 1, max = LONGEST_ADDRESS), regex(pattern = LINE)))]
    web_origins: Sent<Vec<String>>,
    #[schemars(length(max = 10))]
    grant_types: Sent<Vec<GrantType>>,
    token_endpoint_auth_method: Sent<TokenEndpointAuthMethod>,
    /// An https address.
    #[schemars(length(min = 1, max = LONGEST_ADDRESS), regex(pattern = LINE), extend("format" = "uri"))]
    initiate_login_uri: Sent<Option<String>>,
    organization_usage: Sent<Option<OrganizationUsage>>,
    organization_require_behavior: Sent<Option<RequireBehavior>>,
    #[schemars(length(min = 1), extend("uniqueItems" = true))]
    organization_discovery_methods: Sent<Option<Vec<DiscoveryMethod>>>,
    default_organization: Sent<Option<DefaultOrganizationWish>>,
    jwt_configuration: Sent<JwtSettings>,
    client_metadata: Sent<Option<Metadata<10>>>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-not-built" = true))]
enum AppType {
    Spa,
    Native,
    RegularWeb,
    NonInteractive,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-not-built" = true))]
enum GrantType {
    AuthorizationCode,
    ClientCredentials,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DefaultOrganizationWish {
    #[schemars(length(min = 1, max = 50), regex(pattern = IDENTIFIER))]
    organization_id: String,
    #[schemars(length(min = 1, max = 1))]
    flows: Vec<Flow>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Flow {
    ClientCredentials,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct JwtSettings {
    #[serde(rename = "alg")]
    _alg: Sent<SigningAlgorithm>,
    /// Seconds an ID token is valid; `null` leaves it to the server's settings.
    #[schemars(range(min = 1, max = LONGEST_TOKEN_SECONDS))]
    lifetime_in_seconds: Sent<Option<i64>>,
    #[serde(rename = "secret_encoded")]
    _secret_encoded: Sent<Only<false>>,
    #[serde(rename = "scopes")]
    _scopes: Sent<BTreeMap<String, Unbuilt>>,
}

/// What tokens are signed with.
#[derive(Deserialize, JsonSchema)]
#[schemars(inline, extend("x-not-built" = true))]
pub(super) enum SigningAlgorithm {
    #[serde(rename = "RS256")]
    Rs256,
}

/// What the contract's clients have and ours have not: sent to say "off" they are taken, else refused.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
struct UnbuiltMembers {
    #[serde(rename = "is_first_party")]
    _is_first_party: Sent<Only<true>>,
    #[serde(rename = "oidc_conformant")]
    _oidc_conformant: Sent<Only<true>>,
    #[serde(rename = "custom_login_page_on")]
    _custom_login_page_on: Sent<Only<true>>,
    #[serde(rename = "sso_disabled")]
    _sso_disabled: Sent<Only<false>>,
    #[serde(rename = "cross_origin_authentication")]
    _cross_origin_authentication: Sent<Only<false>>,
    #[serde(rename = "is_token_endpoint_ip_header_trusted")]
    _is_token_endpoint_ip_header_trusted: Sent<Only<false>>,
    #[serde(rename = "require_pushed_authorization_requests")]
    _require_pushed_authorization_requests: Sent<Only<false>>,
    #[serde(rename = "require_proof_of_possession")]
    _require_proof_of_possession: Sent<Only<false>>,
    #[serde(rename = "allowed_clients")]
    _allowed_clients: Sent<Vec<Unbuilt>>,
    #[serde(rename = "allowed_origins")]
    _allowed_origins: Sent<Vec<Unbuilt>>,
    #[serde(rename = "client_aliases")]
    _client_aliases: Sent<Vec<Unbuilt>>,
    #[serde(rename = "addons")]
    _addons: Sent<BTreeMap<String, Unbuilt>>,
    #[serde(rename = "mobile")]
    _mobile: Sent<BTreeMap<String, Unbuilt>>,
    #[serde(rename = "client_authentication_methods")]
    _client_authentication_methods: Sent<Unbuilt>,
    #[serde(rename = "encryption_key")]
    _encryption_key: Sent<Unbuilt>,
    #[serde(rename = "native_social_login")]
    _native_social_login: Sent<Unbuilt>,
    #[serde(rename = "oidc_logout")]
    _oidc_logout: Sent<Unbuilt>,
    #[serde(rename = "refresh_token")]
    _refresh_token: Sent<Unbuilt>,
    #[serde(rename = "session_transfer")]
    _session_transfer: Sent<Unbuilt>,
    #[serde(rename = "signed_request_object")]
    _signed_request_object: Sent<Unbuilt>,
    #[serde(rename = "token_exchange")]
    _token_exchange: Sent<Unbuilt>,
    #[serde(rename = "token_quota")]
    _token_quota: Sent<Unbuilt>,
}

impl NewClient {
    /// A new application: public ones (`spa`, `native`) have no secret and no grant of their own.
    ///
    /// # Errors
    /// 400, as [`ClientChange::apply`].
    pub(super) fn create(self) -> Result<Application, ApiError> {
        let settings = self.settings;
        let by_type = match settings.app_type {
            Sent::Yes(AppType::Spa | AppType::Native) => TokenEndpointAuthMethod::None,
            _ => TokenEndpointAuthMethod::ClientSecretPost,
        };
        let method = settings.token_endpoint_auth_method.into_option().unwrap_or(by_type);
        let grants: &[GrantType] = match method {
            TokenEndpointAuthMethod::None => &[GrantType::AuthorizationCode],
            _ => &[GrantType::AuthorizationCode, GrantType::ClientCredentials],
        };
        let mut application = Application {
            grant_types: grants.iter().map(|grant| grant.as_str().to_owned()).collect(),
            jwt_configuration: Some(JwtConfiguration::default()),
            ..Application::new(random_alphanumeric(32), self.name, method)
        };
        settings.apply(&mut application)?;
        Ok(application)
    }
}

impl ClientChange {
    /// Changes the application, and gives it a secret or takes it, as its way of authentication needs.
    ///
    /// # Errors
    /// 400 `invalid_body` naming the member.
    pub(super) fn apply(self, application: &mut Application) -> Result<(), ApiError> {
        self.name.put(&mut application.name);
        self.settings.apply(application)
    }
}

impl ClientSettings {
    fn apply(self, application: &mut Application) -> Result<(), ApiError> {
        self.description.put(&mut application.description);
        self.logo_uri.put(&mut application.logo_uri);
        self.callbacks.put(&mut application.callbacks);
        self.allowed_logout_urls.put(&mut application.allowed_logout_urls);
        self.web_origins.put(&mut application.web_origins);
        self.token_endpoint_auth_method.put(&mut application.token_endpoint_auth_method);
        self.initiate_login_uri.put(&mut application.initiate_login_uri);
        self.organization_usage.put(&mut application.organization_usage);
        self.organization_require_behavior.put(&mut application.organization_require_behavior);
        self.organization_discovery_methods.put(&mut application.organization_discovery_methods);
        if let Sent::Yes(app_type) = self.app_type {
            application.app_type = Some(app_type.as_str().to_owned());
        }
        if let Sent::Yes(grants) = self.grant_types {
            application.grant_types = grants.iter().map(|grant| grant.as_str().to_owned()).collect();
        }
        if let Sent::Yes(wish) = self.default_organization {
            application.default_organization = wish.map(DefaultOrganization::from);
        }
        if let Sent::Yes(jwt) = self.jwt_configuration {
            let kept = application.jwt_configuration.get_or_insert_default();
            jwt.lifetime_in_seconds.put(&mut kept.lifetime_in_seconds);
        }
        if let Sent::Yes(metadata) = self.client_metadata {
            let pairs = metadata.map(Metadata::into_pairs);
            application.client_metadata =
                pairs.map(|pairs| pairs.into_iter().map(|(key, value)| (key, Value::from(value))).collect());
        }
        if application.is_public() {
            application.client_secret = None;
        } else if application.client_secret.is_none() {
            application.client_secret = Some(new_client_secret());
        }
        if application.is_public() && application.may_use_grant(GrantType::ClientCredentials.as_str()) {
            return Err(wrong("grant_types", "client_credentials needs a client that authenticates"));
        }
        check_addresses(application)
    }
}

impl From<DefaultOrganizationWish> for DefaultOrganization {
    fn from(wish: DefaultOrganizationWish) -> Self {
        let flows = wish.flows.iter().map(|Flow::ClientCredentials| "client_credentials".to_owned());
        Self { organization_id: wish.organization_id, flows: flows.collect() }
    }
}

impl AppType {
    fn as_str(self) -> &'static str {
        match self {
            Self::Spa => "spa",
            Self::Native => "native",
            Self::RegularWeb => "regular_web",
            Self::NonInteractive => "non_interactive",
        }
    }
}

impl GrantType {
    fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::ClientCredentials => "client_credentials",
        }
    }
}

/// 64 letters and digits (contract §1.12).
pub(super) fn new_client_secret() -> String {
    random_alphanumeric(64)
}
