//! A token request as it came: form or JSON, each parameter once (RFC 6749 §3.2).

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use crate::oidc::error::{TokenEndpointError, code};

/// The parameters of a token request; secrets among them, so it has no `Debug`.
pub(super) struct TokenRequest {
    parameters: BTreeMap<String, String>,
}

impl TokenRequest {
    /// # Errors
    /// `invalid_request` for another content type, a broken body or a doubled parameter.
    pub(super) fn parse(headers: &HeaderMap, body: &Bytes) -> Result<Self, TokenEndpointError> {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let parameters = match kind.split(';').next().unwrap_or("").trim() {
            "application/x-www-form-urlencoded" => read_form(body)?,
            "application/json" => read_json(body)?,
            _ => {
                let message = "send application/x-www-form-urlencoded or application/json";
                return Err(invalid_request(message));
            }
        };
        Ok(Self { parameters })
    }

    /// The parameter, unless it is absent or empty (RFC 6749 §3.2: the same).
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// # Errors
    /// `invalid_request` that names the absent parameter.
    pub(super) fn required(&self, name: &str) -> Result<&str, TokenEndpointError> {
        self.get(name).ok_or_else(|| invalid_request(format!("Missing required parameter: {name}")))
    }
}

fn read_form(body: &[u8]) -> Result<BTreeMap<String, String>, TokenEndpointError> {
    once(url::form_urlencoded::parse(body).into_owned())
}

fn read_json(body: &[u8]) -> Result<BTreeMap<String, String>, TokenEndpointError> {
    let members: Members =
        serde_json::from_slice(body).map_err(|_| invalid_request("the body must be a JSON object of texts"))?;
    once(members.0.into_iter())
}

fn once(pairs: impl Iterator<Item = (String, String)>) -> Result<BTreeMap<String, String>, TokenEndpointError> {
    let mut parameters = BTreeMap::new();
    for (name, value) in pairs {
        match parameters.entry(name) {
            Entry::Vacant(free) => free.insert(value),
            Entry::Occupied(taken) => {
                return Err(invalid_request(format!("the parameter {:?} was sent twice", taken.key())));
            }
        };
    }
    Ok(parameters)
}

/// The members of a JSON object one by one, since a map would hide a doubled one; `null` reads as empty.
struct Members(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Option<String>>()? {
                    members.push((name, value.unwrap_or_default()));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

pub(super) fn invalid_request(description: impl Into<String>) -> TokenEndpointError {
    TokenEndpointError::new(code::INVALID_REQUEST, description)
}
