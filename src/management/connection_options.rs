//! What each strategy's `options` may hold (contract §1.11): what is not built is refused, never ignored.

use serde_json::{Map, Value, json};
use url::Url;

use super::check::{check_line, check_web_address, not_built, wrong};
use crate::model::connection::{SECRET_OPTIONS, Strategy};
use crate::model::{ApiError, Connection};

/// What a new connection gets where nothing was said.
pub(super) fn add_defaults(strategy: Strategy, options: &mut Map<String, Value>) {
    if strategy.is_database() {
        let defaults = [
            ("passwordPolicy", json!("good")),
            ("brute_force_protection", json!(true)),
            ("strategy_version", json!(2)),
        ];
        for (name, value) in defaults {
            options.entry(name).or_insert(value);
        }
    }
}

/// # Errors
/// 400 `invalid_body` naming the wrong option, 400 `operation_not_supported` for one that is not built.
pub(super) fn check(connection: &Connection) -> Result<(), ApiError> {
    for (name, value) in &connection.options {
        let fit = if connection.strategy.is_database() { database(name, value) } else { oidc(name, value) };
        let property = format!("options.{name}");
        match fit {
            Fit::Good => {}
            Fit::Wrong(why) => return Err(wrong(&property, why)),
            Fit::NotBuilt => return Err(not_built(&property)),
            Fit::Address => check_web_address(&property, value.as_str().unwrap_or_default())?,
            Fit::Line(most) => check_line(&property, value.as_str().unwrap_or_default(), most)?,
        }
    }
    if connection.strategy.is_database() {
        return Ok(());
    }
    connection.oidc_options().map(|_| ()).map_err(|why| wrong("options", &why))
}

enum Fit {
    Good,
    Wrong(&'static str),
    NotBuilt,
    /// Good if it is an address.
    Address,
    /// Good if it is a line of at most this many characters.
    Line(usize),
}

/// A switch that may stand only as it is built.
fn only(value: &Value, built: Value) -> Fit {
    if *value == built { Fit::Good } else { Fit::NotBuilt }
}

fn database(name: &str, value: &Value) -> Fit {
    match name {
        "passwordPolicy" => match value.as_str() {
            Some("none" | "low" | "fair" | "good" | "excellent") => Fit::Good,
            _ => Fit::Wrong("not one of none, low, fair, good, excellent"),
        },
        "disable_signup" | "requires_username" | "disable_self_service_change_password" => match value {
            Value::Bool(_) => Fit::Good,
            _ => Fit::Wrong("Expected type boolean"),
        },
        // Passwords are always throttled.
        "brute_force_protection" => only(value, json!(true)),
        "import_mode" | "enabledDatabaseCustomization" => only(value, json!(false)),
        "customScripts" | "configuration" => only(value, json!({})),
        "strategy_version" => only(value, json!(2)),
        _ => Fit::NotBuilt,
    }
}

fn oidc(name: &str, value: &Value) -> Fit {
    match name {
        "client_id" | "client_secret" | "scope" => Fit::Line(1024),
        "issuer" | "discovery_url" | "icon_url" => Fit::Address,
        "domain" => match value.as_str().is_some_and(is_host) {
            true => Fit::Good,
            false => Fit::Wrong("String is not a host name such as acme.okta.com"),
        },
        // The code flow, which Auth0 calls the back channel.
        "type" => only(value, json!("back_channel")),
        "token_endpoint_auth_method" => match value.as_str() {
            Some("client_secret_post" | "client_secret_basic") => Fit::Good,
            _ => Fit::NotBuilt,
        },
        "upstream_params" => match value.is_object() {
            true => Fit::Good,
            false => Fit::Wrong("Expected type object"),
        },
        "connection_settings" => match value["pkce"].as_str() {
            Some("auto" | "S256") => Fit::Good,
            _ => Fit::NotBuilt,
        },
        "set_user_root_attributes" => only(value, json!("on_each_login")),
        "domain_aliases" | "non_persistent_attrs" => only(value, json!([])),
        _ => Fit::NotBuilt,
    }
}

fn is_host(text: &str) -> bool {
    let parsed = Url::parse(&format!("https://{text}"));
    parsed.is_ok_and(|url| url.domain().is_some_and(|domain| domain == text) && url.path() == "/")
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
        if ["issuer", "discovery_url", "domain"].iter().any(|name| old.get(*name) != new.get(*name)) {
            return Err(wrong(&format!("options.{secret}"), "Required when the identity provider changes"));
        }
        new.insert(secret.to_owned(), kept.clone());
    }
    new.retain(|_, value| !value.is_null());
    Ok(new)
}

/// The connection as a caller without `read:connections_options` sees it.
pub(super) fn without_secrets(mut connection: Connection) -> Connection {
    for secret in SECRET_OPTIONS {
        connection.options.remove(secret);
    }
    connection
}
