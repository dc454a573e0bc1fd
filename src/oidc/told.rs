//! What an identity provider said during one login, for an administrator who tries the connection.

use openidconnect::core::CoreIdToken;
use serde_json::{Map, Value};

use super::id_token;

/// Claims whose values are bound to one login or token, and say nothing about the person.
const HIDDEN: [&str; 4] = ["nonce", "at_hash", "c_hash", "s_hash"];

/// Filled only where somebody will read it.
#[derive(Debug, Default)]
pub struct Told {
    is_wanted: bool,
    /// The claims of the ID token, whether or not they hold.
    pub id_token: Map<String, Value>,
    /// What userinfo or the calls in its place answered.
    pub userinfo: Map<String, Value>,
}

impl Told {
    pub fn wanted() -> Self {
        Self { is_wanted: true, ..Self::default() }
    }

    pub(super) fn id_token(&mut self, token: &CoreIdToken) {
        if self.is_wanted {
            self.id_token = shown(id_token::payload(token).unwrap_or_default());
        }
    }

    pub(super) fn answer(&mut self, answer: &Value) {
        if self.is_wanted {
            self.userinfo = shown(answer.clone());
        }
    }
}

fn shown(claims: Value) -> Map<String, Value> {
    let Value::Object(mut claims) = claims else { return Map::new() };
    for (name, value) in &mut claims {
        if HIDDEN.contains(&name.as_str()) {
            *value = "hidden".into();
        }
    }
    claims
}
