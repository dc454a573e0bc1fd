//! What an application may be set to (contract §1.12): the request's members, their checks, the defaults.

use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use super::check::{check_line, check_web_address, given, not_built, wrong};
use crate::model::application::{JwtConfiguration, TokenEndpointAuthMethod};
use crate::model::{ApiError, Application, OrganizationUsage, RequireBehavior, random_alphanumeric};

/// Most addresses of one list (contract §1.12).
const ADDRESSES: usize = 100;
/// Most pairs of an application's metadata.
const METADATA_PAIRS: usize = 10;
/// The longest an ID token may be valid: 30 days, in seconds.
const LONGEST_ID_TOKEN: i64 = 2_592_000;
const GRANT_TYPES: [&str; 2] = ["authorization_code", "client_credentials"];
const APP_TYPES: [&str; 4] = ["spa", "native", "regular_web", "non_interactive"];

/// The members of a creation or a change: what is left out stays, `null` clears.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ClientSettings {
    #[serde(deserialize_with = "given")]
    pub(super) name: Option<String>,
    #[serde(deserialize_with = "given")]
    description: Option<Option<String>>,
    #[serde(deserialize_with = "given")]
    app_type: Option<String>,
    #[serde(deserialize_with = "given")]
    logo_uri: Option<Option<String>>,
    #[serde(deserialize_with = "given")]
    callbacks: Option<Vec<String>>,
    #[serde(deserialize_with = "given")]
    allowed_logout_urls: Option<Vec<String>>,
    #[serde(deserialize_with = "given")]
    web_origins: Option<Vec<String>>,
    #[serde(deserialize_with = "given")]
    grant_types: Option<Vec<String>>,
    #[serde(deserialize_with = "given")]
    token_endpoint_auth_method: Option<TokenEndpointAuthMethod>,
    #[serde(deserialize_with = "given")]
    initiate_login_uri: Option<Option<String>>,
    #[serde(deserialize_with = "given")]
    organization_usage: Option<Option<OrganizationUsage>>,
    /// A text, so that `post_login_prompt` is told apart from nonsense.
    #[serde(deserialize_with = "given")]
    organization_require_behavior: Option<Option<String>>,
    #[serde(deserialize_with = "given")]
    is_first_party: Option<bool>,
    #[serde(deserialize_with = "given")]
    oidc_conformant: Option<bool>,
    #[serde(deserialize_with = "given")]
    jwt_configuration: Option<JwtConfiguration>,
    #[serde(deserialize_with = "given")]
    client_metadata: Option<Option<Map<String, Value>>>,
}

impl ClientSettings {
    /// A new application: public ones (`spa`, `native`) have no secret and no grant of their own.
    ///
    /// # Errors
    /// 400, as [`ClientSettings::apply`].
    pub(super) fn create(self) -> Result<Application, ApiError> {
        let name = self.name.clone().ok_or_else(|| wrong("name", "Missing required property"))?;
        let by_type = match self.app_type.as_deref() {
            Some("spa" | "native") => TokenEndpointAuthMethod::None,
            _ => TokenEndpointAuthMethod::ClientSecretPost,
        };
        let method = self.token_endpoint_auth_method.unwrap_or(by_type);
        let grants = if method == TokenEndpointAuthMethod::None { &GRANT_TYPES[..1] } else { &GRANT_TYPES[..] };
        let mut application = Application {
            client_id: random_alphanumeric(32),
            name,
            description: None,
            client_secret: None,
            app_type: None,
            logo_uri: None,
            callbacks: Vec::new(),
            allowed_logout_urls: Vec::new(),
            web_origins: Vec::new(),
            grant_types: grants.iter().map(|&grant| grant.to_owned()).collect(),
            token_endpoint_auth_method: method,
            initiate_login_uri: None,
            organization_usage: None,
            organization_require_behavior: None,
            default_organization: None,
            is_first_party: true,
            oidc_conformant: true,
            jwt_configuration: Some(JwtConfiguration {
                alg: "RS256".to_owned(),
                lifetime_in_seconds: None,
                secret_encoded: false,
            }),
            client_metadata: None,
        };
        self.apply(&mut application)?;
        Ok(application)
    }

    /// Changes the application, and gives it a secret or takes it, as its way of authentication needs.
    ///
    /// # Errors
    /// 400 `invalid_body` naming the member, 400 `operation_not_supported` for what is not built.
    pub(super) fn apply(self, application: &mut Application) -> Result<(), ApiError> {
        if let Some(text) = self.organization_require_behavior {
            application.organization_require_behavior = text.as_deref().map(require_behavior).transpose()?;
        }
        set(&mut application.name, self.name);
        set(&mut application.description, self.description);
        set(&mut application.app_type, self.app_type.map(Some));
        set(&mut application.logo_uri, self.logo_uri);
        set(&mut application.callbacks, self.callbacks);
        set(&mut application.allowed_logout_urls, self.allowed_logout_urls);
        set(&mut application.web_origins, self.web_origins);
        set(&mut application.grant_types, self.grant_types);
        set(&mut application.token_endpoint_auth_method, self.token_endpoint_auth_method);
        set(&mut application.initiate_login_uri, self.initiate_login_uri);
        set(&mut application.organization_usage, self.organization_usage);
        set(&mut application.is_first_party, self.is_first_party);
        set(&mut application.oidc_conformant, self.oidc_conformant);
        set(&mut application.jwt_configuration, self.jwt_configuration.map(Some));
        set(&mut application.client_metadata, self.client_metadata);
        if application.is_public() {
            application.client_secret = None;
        } else if application.client_secret.is_none() {
            application.client_secret = Some(new_client_secret());
        }
        check(application)
    }
}

fn set<T>(slot: &mut T, given: Option<T>) {
    if let Some(value) = given {
        *slot = value;
    }
}

/// 64 letters and digits (contract §1.12).
pub(super) fn new_client_secret() -> String {
    random_alphanumeric(64)
}

fn require_behavior(text: &str) -> Result<RequireBehavior, ApiError> {
    match text {
        "no_prompt" => Ok(RequireBehavior::NoPrompt),
        "pre_login_prompt" => Ok(RequireBehavior::PreLoginPrompt),
        "post_login_prompt" => Err(not_built("organization_require_behavior")),
        _ => Err(wrong("organization_require_behavior", "not one of no_prompt, pre_login_prompt")),
    }
}

fn check(application: &Application) -> Result<(), ApiError> {
    check_line("name", &application.name, 255)?;
    if application.name.contains(['<', '>']) {
        return Err(wrong("name", "String has < or >"));
    }
    if application.description.as_ref().is_some_and(|text| text.chars().count() > 140) {
        return Err(wrong("description", "String is too long, at most 140 characters"));
    }
    if application.app_type.as_deref().is_some_and(|kind| !APP_TYPES.contains(&kind)) {
        return Err(wrong("app_type", "not one of spa, native, regular_web, non_interactive"));
    }
    check_addresses(application)?;
    check_protocol(application)?;
    application.client_metadata.as_ref().map_or(Ok(()), check_client_metadata)
}

fn check_addresses(application: &Application) -> Result<(), ApiError> {
    for (property, address) in
        [("logo_uri", &application.logo_uri), ("initiate_login_uri", &application.initiate_login_uri)]
    {
        if let Some(address) = address {
            check_web_address(property, address)?;
        }
    }
    let lists = [
        ("callbacks", &application.callbacks),
        ("allowed_logout_urls", &application.allowed_logout_urls),
        ("web_origins", &application.web_origins),
    ];
    for (property, addresses) in lists {
        if addresses.len() > ADDRESSES {
            return Err(wrong(property, &format!("Array is too long, at most {ADDRESSES} items")));
        }
        addresses.iter().try_for_each(|address| check_redirect_target(property, address))?;
    }
    let is_origin = |text: &String| Url::parse(text).is_ok_and(|url| url.path() == "/" && url.query().is_none());
    match application.web_origins.iter().all(is_origin) {
        true => Ok(()),
        false => Err(wrong("web_origins", "String is not an origin such as https://app.example.com")),
    }
}

/// An address that a browser is sent to, compared byte by byte later: absolute, without a fragment
/// (RFC 6749 §3.1.2), of a scheme that runs nothing here, and without wildcards, which are not built.
fn check_redirect_target(property: &str, text: &str) -> Result<(), ApiError> {
    check_line(property, text, 2048)?;
    let url = Url::parse(text).map_err(|_| wrong(property, "String is not an absolute URL"))?;
    if text.contains(['#', '\\']) || text.chars().any(char::is_whitespace) {
        return Err(wrong(property, "URL has a fragment, a backslash or a space"));
    }
    if matches!(url.scheme(), "javascript" | "data" | "vbscript" | "blob" | "file" | "about" | "view-source") {
        return Err(wrong(property, "URL has a scheme that is not allowed"));
    }
    let authority = text.split_once("://").map_or("", |(_, rest)| rest.split(['/', '?']).next().unwrap_or(""));
    if authority.contains(['*', '{', '}']) {
        return Err(not_built(property));
    }
    match authority.contains('@') {
        true => Err(wrong(property, "URL has a user or a password")),
        false => Ok(()),
    }
}

fn check_protocol(application: &Application) -> Result<(), ApiError> {
    for grant in &application.grant_types {
        if !GRANT_TYPES.contains(&grant.as_str()) {
            return Err(not_built(&format!("grant_types {grant:?}")));
        }
    }
    if application.is_public() && application.may_use_grant("client_credentials") {
        return Err(wrong("grant_types", "client_credentials needs a client that authenticates"));
    }
    if !application.is_first_party {
        return Err(not_built("is_first_party"));
    }
    if !application.oidc_conformant {
        return Err(not_built("oidc_conformant"));
    }
    let Some(jwt) = &application.jwt_configuration else { return Ok(()) };
    if jwt.alg != "RS256" || jwt.secret_encoded {
        return Err(not_built("jwt_configuration"));
    }
    match jwt.lifetime_in_seconds {
        Some(seconds) if !(1..=LONGEST_ID_TOKEN).contains(&seconds) => {
            Err(wrong("jwt_configuration.lifetime_in_seconds", "not from 1 to 2592000"))
        }
        _ => Ok(()),
    }
}

fn check_client_metadata(metadata: &Map<String, Value>) -> Result<(), ApiError> {
    if metadata.len() > METADATA_PAIRS {
        return Err(wrong("client_metadata", &format!("Object has too many properties, at most {METADATA_PAIRS}")));
    }
    let fits = |text: &str| text.chars().count() <= 255;
    match metadata.iter().all(|(key, value)| fits(key) && value.as_str().is_some_and(fits)) {
        true => Ok(()),
        false => Err(wrong("client_metadata", "Keys and values are texts of at most 255 characters")),
    }
}
