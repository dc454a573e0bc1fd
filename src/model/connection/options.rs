//! The options of a connection with an identity provider, as the relying party reads them (contract §1.11).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

/// Of every strategy with an identity provider: which member means something to which, `management` checks.
#[derive(Clone, PartialEq, Deserialize)]
pub struct UpstreamOptions {
    #[serde(default)]
    pub client_id: String,
    #[serde(default)]
    pub client_secret: Option<String>,
    #[serde(default)]
    pub issuer: Option<String>,
    /// Where the metadata is, when it is not below the issuer.
    #[serde(default)]
    pub discovery_url: Option<String>,
    /// Okta's domain, such as `acme.okta.com`; the domain of a Google Workspace or of an Entra tenant.
    #[serde(default)]
    pub domain: Option<String>,
    #[serde(default)]
    pub tenant_domain: Option<String>,
    #[serde(default)]
    pub domain_aliases: Vec<String>,
    /// What is asked for; the strategy's own when absent.
    #[serde(default)]
    pub scope: Option<Scopes>,
    #[serde(default)]
    pub freeform_scopes: Vec<String>,
    /// Further parameters for the identity provider's authorization endpoint:
    /// `{name: {"value": text}}` is fixed, `{name: {"alias": parameter}}` passes one on (contract §1.11).
    #[serde(default)]
    pub upstream_params: BTreeMap<String, UpstreamParameter>,
    /// `client_secret_post`, `client_secret_basic` or `private_key_jwt`; absent: what the metadata allows, basic first.
    #[serde(default)]
    pub token_endpoint_auth_method: Option<String>,
    /// What the audience of a `private_key_jwt` is: `token_endpoint`, which is the default, or `issuer`.
    #[serde(default)]
    pub token_endpoint_jwtca_aud_format: Option<String>,
    #[serde(default, rename = "type")]
    pub channel: Channel,
    #[serde(default)]
    pub authorization_endpoint: Option<String>,
    #[serde(default)]
    pub token_endpoint: Option<String>,
    #[serde(default)]
    pub jwks_uri: Option<String>,
    #[serde(default)]
    pub userinfo_endpoint: Option<String>,
    /// What discovery would answer.
    #[serde(default)]
    pub oidc_metadata: Option<Map<String, Value>>,
    #[serde(default)]
    pub attribute_map: Option<AttributeMap>,
    /// Of `waad`: people of every tenant may come.
    #[serde(default, rename = "useCommonEndpoint")]
    pub use_common_endpoint: bool,
    #[serde(default)]
    pub should_trust_email_verified_connection: Option<String>,
    #[serde(default)]
    pub team_id: Option<String>,
    /// The id of `app_secret`.
    #[serde(default)]
    pub kid: Option<String>,
    /// Of `apple`: the private key in PKCS #8, as PEM.
    #[serde(default)]
    pub app_secret: Option<String>,
    #[serde(default, rename = "authorizationURL")]
    pub authorization_url: Option<String>,
    #[serde(default, rename = "tokenURL")]
    pub token_url: Option<String>,
    #[serde(default)]
    pub pkce_enabled: Option<bool>,
    /// The rest, among which are the switches that stand for scopes.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// How the ID token comes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// For a code, from the token endpoint.
    #[default]
    BackChannel,
    /// By the browser, in a posted form.
    FrontChannel,
}

/// Scopes are written as one text or as a list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Scopes {
    Text(String),
    List(Vec<String>),
}

impl Scopes {
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let texts = match self {
            Self::Text(text) => std::slice::from_ref(text),
            Self::List(list) => list,
        };
        texts.iter().flat_map(|text| text.split_ascii_whitespace())
    }
}

/// Where the members of a profile come from.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct AttributeMap {
    #[serde(default)]
    pub mapping_mode: MappingMode,
    /// Members of our profile, as templates over the claims.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// Scopes that make userinfo tell more.
    #[serde(default)]
    pub userinfo_scope: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MappingMode {
    /// The standard claims, from userinfo what the ID token left out.
    #[default]
    BasicProfile,
    /// `attributes` and nothing else.
    UseMap,
    /// The standard claims of the ID token and of userinfo, which is always asked.
    BindAll,
}

/// One entry of `upstream_params`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum UpstreamParameter {
    Value { value: String },
    Alias { alias: String },
}
