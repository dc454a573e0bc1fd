//! The handshake: what we keep while a person is at the identity provider, and what begins and ends it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::presets::Preset;
use crate::model::connection::{UpstreamOptions, UpstreamParameter};
use crate::model::new_secret;

/// Parameters that are the protocol's own, or ours: no connection's `upstream_params` may set them.
const PROTECTED: [&str; 12] = [
    "client_id",
    "client_secret",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "redirect_uri",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
];

/// Kept with the trip. It holds secrets, so `Debug` shows none of them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handshake {
    /// 256 random bits; the trip is found by its hash.
    pub state: String,
    pub nonce: String,
    pub pkce_verifier: String,
    /// The issuer the person was sent to, which alone may answer (RFC 9207).
    pub issuer: String,
    pub redirect_uri: String,
    /// The `max_age` that was sent, in seconds: the answer must then carry `auth_time`.
    pub max_age: Option<i64>,
}

impl Handshake {
    pub(super) fn new(issuer: &str, redirect_uri: &str, max_age: Option<i64>) -> Self {
        Self {
            state: new_secret(),
            nonce: new_secret(),
            pkce_verifier: new_secret(),
            issuer: issuer.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            max_age,
        }
    }
}

impl std::fmt::Debug for Handshake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handshake").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// What a login asks of the identity provider beyond the protocol. What is set is sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    pub login_hint: Option<String>,
    pub prompt: Option<String>,
    /// Seconds.
    pub max_age: Option<i64>,
    pub ui_locales: Option<String>,
    pub acr_values: Option<String>,
    /// The authorize request's own parameters, which `upstream_params` may pass on by alias.
    pub parameters: Vec<(String, String)>,
}

impl Wish {
    /// What is added to the authorization URL: of the wish what this identity provider takes, then the connection's
    /// `upstream_params` over it.
    pub(super) fn upstream_parameters(&self, preset: &Preset, options: &UpstreamOptions) -> BTreeMap<String, String> {
        let mut own = self.own();
        let taken = preset.takes.iter().filter_map(|(wish, name)| Some(((*name).to_owned(), own.remove(*wish)?)));
        let mut sent: BTreeMap<String, String> = taken.collect();
        if let Some(prompt) = sent.get_mut("prompt").filter(|prompt| *prompt == "login") {
            preset.asks_anew.clone_into(prompt);
        }
        if preset.is_google_apps() {
            let domain = options.tenant_domain.as_ref().or(options.domain.as_ref());
            sent.extend(domain.map(|domain| ("hd".to_owned(), domain.clone())));
        }
        for (name, parameter) in &options.upstream_params {
            let value = match parameter {
                UpstreamParameter::Value { value } => Some(value.clone()),
                UpstreamParameter::Alias { alias } => self.find(alias),
            };
            match value {
                Some(value) if !PROTECTED.contains(&name.as_str()) => drop(sent.insert(name.clone(), value)),
                _ => {}
            }
        }
        sent
    }

    fn own(&self) -> BTreeMap<String, String> {
        let max_age = self.max_age.map(|seconds| seconds.to_string());
        let own = [
            ("login_hint", self.login_hint.clone()),
            ("prompt", self.prompt.clone()),
            ("max_age", max_age),
            ("ui_locales", self.ui_locales.clone()),
            ("acr_values", self.acr_values.clone()),
        ];
        own.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }

    fn find(&self, name: &str) -> Option<String> {
        let sent = || self.parameters.iter().find(|(parameter, _)| parameter == name).map(|(_, value)| value.clone());
        self.own().remove(name).or_else(sent)
    }
}

/// What the identity provider sent back with the person.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Callback {
    pub code: Option<String>,
    pub iss: Option<String>,
    pub error: Option<String>,
    pub error_description: Option<String>,
    /// Of a front channel, and only from a posted form.
    pub id_token: Option<String>,
    /// Apple's JSON of the name, at the first time only, and only from a posted form.
    pub user: Option<String>,
}

impl std::fmt::Debug for Callback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Callback").field("iss", &self.iss).field("error", &self.error).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Strategy;

    fn sent(upstream_params: serde_json::Value, wish: &Wish) -> BTreeMap<String, String> {
        let options = json!({"client_id": "us", "upstream_params": upstream_params});
        let preset = Preset::find(Strategy::Oidc).expect("a preset");
        wish.upstream_parameters(preset, &serde_json::from_value(options).expect("options"))
    }

    #[test]
    fn upstream_parameters_fix_values_and_pass_others_on() {
        let wish = Wish {
            login_hint: Some("a@b".to_owned()),
            parameters: vec![("ext-a".to_owned(), "1".to_owned())],
            ..Wish::default()
        };
        let params = json!({"hd": {"value": "acme.com"}, "user": {"alias": "login_hint"}, "a": {"alias": "ext-a"},
                            "b": {"alias": "absent"}, "prompt": {"value": "login"}});
        let sent = sent(params, &wish);
        let expected = [("a", "1"), ("hd", "acme.com"), ("login_hint", "a@b"), ("prompt", "login"), ("user", "a@b")];
        assert!(sent.iter().map(|(name, value)| (name.as_str(), value.as_str())).eq(expected));
    }

    #[test]
    fn upstream_parameters_never_touch_the_protocol() {
        for name in PROTECTED {
            assert!(sent(json!({name: {"value": "x"}}), &Wish::default()).is_empty(), "{name}");
        }
    }

    #[test]
    fn a_handshake_hides_its_secrets() {
        let handshake = Handshake::new("https://idp/", "https://us/cb", None);
        let shown = format!("{handshake:?}");
        for secret in [&handshake.state, &handshake.nonce, &handshake.pkce_verifier] {
            assert!(!shown.contains(secret.as_str()));
        }
    }
}
