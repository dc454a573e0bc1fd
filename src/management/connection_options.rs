//! What each strategy's `options` may hold (contract §1.11): one schema a strategy, which is the description and the
//! check. What is not built is refused, never ignored.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::answer::wrong_body;
use super::check::{check_web_address, wrong};
use super::schema::{Complaint, LINE, NOT_BUILT, Shape};
use crate::model::connection::{SECRET_OPTIONS, Strategy};
use crate::model::{ApiError, Connection};

/// The versions of the options of OpenID connections; the last is what a connection gets.
const SCHEMA_VERSIONS: [&str; 2] = ["openid-1.0.0", "oidc-v4"];

static SHAPES: LazyLock<HashMap<Strategy, Shape>> = LazyLock::new(|| {
    let shape = |strategy| {
        let whole = json!({"type": "object", "properties": {"options": schema(strategy)}});
        (strategy, Shape::new(whole))
    };
    Strategy::ALL.into_iter().map(shape).collect()
});

/// What is an address, which a schema cannot tell whole.
const ADDRESSES: [&str; 9] = [
    "issuer",
    "discovery_url",
    "icon_url",
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "userinfo_endpoint",
    "authorizationURL",
    "tokenURL",
];

/// Where a secret goes: whoever changes one of them has to send the secret along.
const PLACES_OF_SECRETS: [&str; 10] = [
    "issuer",
    "discovery_url",
    "domain",
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "userinfo_endpoint",
    "oidc_metadata",
    "authorizationURL",
    "tokenURL",
];

/// What a connection gets where nothing was said.
pub(super) fn add_defaults(strategy: Strategy, options: &mut Map<String, Value>) {
    let defaults = match strategy {
        Strategy::Auth0 => vec![
            ("passwordPolicy", json!("good")),
            ("brute_force_protection", json!(true)),
            ("strategy_version", json!(2)),
        ],
        Strategy::Oidc | Strategy::Okta => vec![("schema_version", json!(SCHEMA_VERSIONS[1]))],
        Strategy::Email => vec![("brute_force_protection", json!(true))],
        _ => Vec::new(),
    };
    for (name, value) in defaults {
        options.entry(name).or_insert(value);
    }
}

/// # Errors
/// 400 `invalid_body` naming the wrong option, 400 `operation_not_supported` for one that is not built.
pub(super) fn check(connection: &Connection) -> Result<(), ApiError> {
    let options = &connection.options;
    if let Some(shape) = SHAPES.get(&connection.strategy) {
        let whole = json!({"options": options});
        shape.check(&whole).map_err(|complaint: Complaint| wrong_body(complaint))?;
    }
    for name in ADDRESSES {
        if let Some(address) = options.get(name) {
            check_web_address(&format!("options.{name}"), address.as_str().unwrap_or_default())?;
        }
    }
    let lengths = options.get("validation").map(|validation| &validation["username"]);
    match lengths.map(|lengths| (lengths["min"].as_i64(), lengths["max"].as_i64())) {
        Some((Some(min), Some(max))) if min > max => {
            Err(wrong("options.validation.username.min", "Value is greater than max"))
        }
        _ => Ok(()),
    }
}

/// The options a `PATCH` leaves: the new ones, with the secrets that it does not mention (design §5.12).
/// A secret never moves to another identity provider unasked: whoever may write a connection but not read
/// its secrets could otherwise have them sent to an address of their own.
///
/// # Errors
/// 400 when the identity provider changes and the secret was not sent along.
pub(super) fn replace(old: &Map<String, Value>, mut new: Map<String, Value>) -> Result<Map<String, Value>, ApiError> {
    for secret in SECRET_OPTIONS {
        let Some(kept) = old.get(secret).filter(|_| !new.contains_key(secret)) else { continue };
        if PLACES_OF_SECRETS.iter().any(|name| old.get(*name) != new.get(*name)) {
            return Err(wrong(&format!("options.{secret}"), "Required when the identity provider changes"));
        }
        new.insert(secret.to_owned(), kept.clone());
    }
    Ok(new)
}

/// The connection as a caller without `read:connections_options` sees it.
pub(super) fn without_secrets(mut connection: Connection) -> Connection {
    for secret in SECRET_OPTIONS {
        connection.options.remove(secret);
    }
    connection
}

/// The schema of a new connection, whose options are those of its strategy.
pub(super) fn by_strategy(body: &mut schemars::Schema) {
    let rules = Strategy::ALL.into_iter().rev().fold(None, |otherwise: Option<Value>, strategy| {
        let options = schema(strategy);
        let mut then = json!({"properties": {"options": options}});
        if options.get("required").is_some() {
            then["required"] = json!(["options"]);
        }
        let mut rule = json!({"if": {"properties": {"strategy": {"const": strategy}}}, "then": then});
        if let Some(otherwise) = otherwise {
            rule["else"] = otherwise;
        }
        Some(rule)
    });
    let rules = rules.and_then(|rules| rules.as_object().cloned()).unwrap_or_default();
    rules.into_iter().for_each(|(word, rule)| drop(body.insert(word, rule)));
}

fn schema(strategy: Strategy) -> Value {
    let text = || text(1024);
    let client = |secret: &'static str| [("client_id", text()), (secret, text())];
    match strategy {
        Strategy::Auth0 => options(&[], database()),
        Strategy::Oidc => {
            let mut schema = options(&["client_id"], openid());
            schema["anyOf"] = json!([{"required": ["issuer"]}, {"required": ["discovery_url"]}]);
            schema
        }
        Strategy::Okta => {
            let own = [("domain", host())];
            options(&["client_id", "domain"], openid().into_iter().chain(own).collect())
        }
        Strategy::GoogleOauth2 | Strategy::Github | Strategy::Windowslive | Strategy::Linkedin => {
            options(&["client_id"], client("client_secret").into_iter().chain(social(strategy)).collect())
        }
        Strategy::Apple => {
            let own = [("team_id", text()), ("kid", text()), ("email", flag()), ("name", flag())];
            let secret =
                [("client_id", text()), ("app_secret", json!({"type": "string", "minLength": 1, "maxLength": 8192}))];
            options(&["client_id"], secret.into_iter().chain(own).chain(scopes()).chain(outer()).collect())
        }
        Strategy::GoogleApps => {
            let own = [("domain", host()), ("api_enable_users", only(false)), ("email", flag()), ("profile", flag())];
            let members = client("client_secret").into_iter().chain(own).chain(directory());
            options(&["client_id"], members.chain(scopes()).chain(outer()).collect())
        }
        Strategy::Waad => {
            let own = [
                ("domain", host()),
                ("useCommonEndpoint", flag()),
                ("identity_api", only("microsoft-identity-platform-v2.0")),
                ("waad_protocol", only("openid-connect")),
                ("userid_attribute", only("oid")),
                ("basic_profile", only(true)),
                ("should_trust_email_verified_connection", only("never_set_emails_as_verified")),
                ("api_enable_users", only(false)),
            ];
            let members = client("client_secret").into_iter().chain(own).chain(directory());
            options(&["client_id"], members.chain(scopes()).chain(outer()).collect())
        }
        Strategy::Oauth2 => {
            let own = [
                ("authorizationURL", address()),
                ("tokenURL", address()),
                ("userinfo_endpoint", address()),
                ("scope", text()),
                ("pkce_enabled", flag()),
                ("attribute_map", attribute_map(&["id", "user_id", "sub"])),
            ];
            let members = client("client_secret").into_iter().chain(own).chain(outer());
            options(&["client_id", "authorizationURL", "tokenURL"], members.collect())
        }
        Strategy::Email => options(&[], email()),
    }
}

type Members = Vec<(&'static str, Value)>;

/// An object of these members; another one is not built.
fn options(required: &[&str], members: Members) -> Value {
    let mut schema = json!({
        "type": "object",
        "properties": members.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect::<Map<_, _>>(),
        "additionalProperties": false,
        NOT_BUILT: true,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn database() -> Members {
    let policy = json!({"enum": ["none", "low", "fair", "good", "excellent"]});
    let enable = |more: Members| {
        let enable = [("enable", flag())];
        part(&["enable"], enable.into_iter().chain(more).collect())
    };
    let length = || json!({"type": "integer", "minimum": 1, "maximum": 128});
    let method = |is_built: bool| part(&[], vec![("enabled", only(is_built))]);
    vec![
        ("passwordPolicy", policy),
        ("password_complexity_options", part(&[], vec![("min_length", length())])),
        ("password_history", enable(vec![("size", json!({"type": "integer", "minimum": 0, "maximum": 24}))])),
        ("password_no_personal_info", enable(vec![])),
        ("password_dictionary", enable(vec![("dictionary", texts(200, 50))])),
        (
            "validation",
            part(&[], vec![("username", part(&["min", "max"], vec![("min", length()), ("max", length())]))]),
        ),
        ("disable_signup", flag()),
        ("requires_username", flag()),
        ("disable_self_service_change_password", flag()),
        ("authentication_methods", part(&[], vec![("password", method(true)), ("passkey", method(false))])),
        ("mfa", part(&[], vec![("active", only(false)), ("return_enroll_settings", flag())])),
        // Passwords are always throttled.
        ("brute_force_protection", only(true)),
        ("import_mode", only(false)),
        ("enabledDatabaseCustomization", only(false)),
        ("customScripts", only(json!({}))),
        ("configuration", only(json!({}))),
        ("strategy_version", only(2)),
    ]
}

fn openid() -> Members {
    let own = vec![
        ("client_id", text(1024)),
        ("client_secret", text(1024)),
        ("type", json!({"enum": ["back_channel", "front_channel"]})),
        ("issuer", address()),
        ("discovery_url", address()),
        ("authorization_endpoint", address()),
        ("token_endpoint", address()),
        ("jwks_uri", address()),
        ("userinfo_endpoint", address()),
        ("oidc_metadata", json!({"type": "object", "maxProperties": 100})),
        ("scope", text(1024)),
        ("tenant_domain", text(253)),
        ("domain_aliases", domains()),
        ("connection_settings", part(&["pkce"], vec![("pkce", json!({"enum": ["auto", "S256"], NOT_BUILT: true}))])),
        // The subject never comes from a map.
        ("attribute_map", attribute_map(&[])),
        (
            "token_endpoint_auth_method",
            json!({"enum": ["client_secret_post", "client_secret_basic", "private_key_jwt"], NOT_BUILT: true}),
        ),
        ("token_endpoint_auth_signing_alg", only("RS256")),
        ("token_endpoint_jwtca_aud_format", json!({"enum": ["issuer", "token_endpoint"]})),
        ("schema_version", json!({"enum": SCHEMA_VERSIONS, NOT_BUILT: true})),
    ];
    own.into_iter().chain(outer()).collect()
}

/// The switches of the social strategies, which stand for scopes.
fn social(strategy: Strategy) -> Members {
    let switches: &[&str] = match strategy {
        Strategy::GoogleOauth2 => &["email", "profile"],
        Strategy::Github => &["email", "profile", "read_user", "read_org"],
        Strategy::Linkedin => &["openid", "email", "profile"],
        _ => &[],
    };
    let switches = switches.iter().map(|name| (*name, flag()));
    let version = match strategy {
        Strategy::Windowslive => Some(2),
        Strategy::Linkedin => Some(3),
        _ => None,
    };
    let version = version.map(|version| ("strategy_version", only(version)));
    switches.chain(version).chain(scopes()).chain(outer()).collect()
}

fn email() -> Members {
    let mail = part(&[], vec![("from", text(255)), ("subject", text(255)), ("syntax", only("liquid"))]);
    let time_step = json!({"type": "integer", "minimum": 60, "maximum": 3600});
    vec![
        ("name", text(128)),
        ("email", mail),
        ("totp", part(&[], vec![("length", only(6)), ("time_step", time_step)])),
        ("disable_signup", flag()),
        ("brute_force_protection", only(true)),
    ]
}

/// What every strategy with an identity provider takes.
fn outer() -> Members {
    vec![
        ("icon_url", address()),
        ("upstream_params", upstream_params()),
        ("set_user_root_attributes", only("on_each_login")),
        ("non_persistent_attrs", only(json!([]))),
    ]
}

fn scopes() -> Members {
    let scope = json!({"anyOf": [text(1024), texts(100, 255)]});
    vec![("scope", scope), ("freeform_scopes", texts(100, 255))]
}

/// What the directories of companies take.
fn directory() -> Members {
    vec![("tenant_domain", text(253)), ("domain_aliases", domains())]
}

/// `{name: {"value": text}}` is fixed, `{name: {"alias": parameter}}` passes one on.
fn upstream_params() -> Value {
    let either =
        ["value", "alias"].map(|name| part(&[name], vec![(name, json!({"type": "string", "maxLength": 1024}))]));
    json!({"type": "object", "maxProperties": 50, "additionalProperties": {"anyOf": either}})
}

/// Members of a profile, as texts in which `${context.tokenset.CLAIM}` and `${context.userinfo.CLAIM}` are filled in.
fn attribute_map(ids: &[&'static str]) -> Value {
    let modes = json!({"enum": ["basic_profile", "use_map", "bind_all"]});
    let template = json!({
        "type": "string", "minLength": 1, "maxLength": 1024,
        "pattern": r"^([^$\u0000-\u001f\u007f-\u009f]|\$\{context\.(tokenset|userinfo)\.[^{}\s]+\})*$",
    });
    let profile = ["name", "nickname", "given_name", "family_name", "picture", "locale", "email", "email_verified"];
    let members = profile.iter().chain(ids).map(|name| (*name, template.clone())).collect();
    let attributes = part(&[], members);
    part(&["mapping_mode"], vec![("mapping_mode", modes), ("attributes", attributes), ("userinfo_scope", text(1024))])
}

/// As [`options`].
fn part(required: &[&str], members: Members) -> Value {
    options(required, members)
}

fn text(most: usize) -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": most, "pattern": LINE})
}

fn texts(items: usize, most: usize) -> Value {
    json!({"type": "array", "maxItems": items, "items": text(most)})
}

/// A value that may stand only as it is built.
fn only(value: impl Into<Value>) -> Value {
    json!({"const": value.into(), NOT_BUILT: true})
}

fn flag() -> Value {
    json!({"type": "boolean"})
}

fn address() -> Value {
    json!({"type": "string", "maxLength": 2048, "format": "uri", "pattern": "^https?://"})
}

fn host() -> Value {
    let label = "[a-z0-9]([a-z0-9-]*[a-z0-9])?";
    json!({"type": "string", "maxLength": 253, "pattern": format!(r"^({label}\.)*[a-z]([a-z0-9-]*[a-z0-9])?$")})
}

fn domains() -> Value {
    let domain = json!({"type": "string", "minLength": 1, "maxLength": 253, "pattern": r"^[^\s@/:]+$"});
    json!({"type": "array", "maxItems": 1000, "uniqueItems": true, "items": domain})
}
