//! What every request is checked for: identifiers in paths, texts, addresses, profiles, switches, members left out.

use std::borrow::Cow;
use std::collections::BTreeMap;

use axum::extract::{FromRequestParts, Path, RawPathParams};
use axum::http::request::Parts;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::Url;

use super::answer::Failure;
use super::schema::{LINE, NOT_BUILT};
use crate::config::is_loopback;
use crate::model::ApiError;
use crate::model::user::{LONGEST_EMAIL, LONGEST_USER_ID, Profile};
use crate::store::StoreError;

/// The identifiers of the path, free of what no database takes.
pub(super) struct Ids<T>(pub(super) T);

/// In bytes; ours have 32.
pub(super) const LONGEST_CLIENT_ID: usize = 255;

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Ids<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let raw = RawPathParams::from_request_parts(parts, state).await;
        for (name, value) in &raw.map_err(|error| wrong_path(&error.body_text()))? {
            if value.chars().count() > LONGEST_USER_ID || value.chars().any(char::is_control) {
                return Err(wrong_path(&format!("{name} is not an identifier")).into());
            }
        }
        let Path(ids) = Path::from_request_parts(parts, state).await.map_err(|error| wrong_path(&error.body_text()))?;
        Ok(Self(ids))
    }
}

/// The table of operations names the identifiers by the path's template.
impl<T> aide::OperationInput for Ids<T> {}

/// A member of a change: left out, or sent. `Sent<Option<T>>` may also be sent as `null`, which clears it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Sent<T> {
    #[default]
    No,
    Yes(T),
}

impl<T> Sent<T> {
    pub(super) fn into_option(self) -> Option<T> {
        match self {
            Self::No => None,
            Self::Yes(value) => Some(value),
        }
    }

    /// Puts what was sent in its place.
    pub(super) fn put(self, place: &mut T) {
        if let Self::Yes(value) = self {
            *place = value;
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Sent<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::Yes)
    }
}

impl<T: JsonSchema> JsonSchema for Sent<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// A boolean, or as the documentation's example sends it, `"true"` or `"false"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Switch(pub(super) bool);

impl<'de> Deserialize<'de> for Switch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::Bool(value) => Ok(Self(value)),
            serde_json::Value::String(text) => text.parse().map(Self).map_err(D::Error::custom),
            other => Err(D::Error::custom(format!("expected true or false, not {other}"))),
        }
    }
}

impl JsonSchema for Switch {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Switch".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"enum": [true, false, "true", "false"]})
    }
}

impl Sent<Switch> {
    pub(super) fn is_on_or(self, default: bool) -> bool {
        self.into_option().map_or(default, |switch| switch.0)
    }
}

/// A member that the contract knows and that is not built here: sent with any value, it is refused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Unbuilt;

impl<'de> Deserialize<'de> for Unbuilt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

impl JsonSchema for Unbuilt {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Unbuilt".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"not": {}, NOT_BUILT: true})
    }
}

/// A flag of which only the value `IS` is built: sent otherwise, it is refused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Only<const IS: bool>;

impl<const IS: bool> Serialize for Only<IS> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(IS)
    }
}

impl<'de, const IS: bool> Deserialize<'de> for Only<IS> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match bool::deserialize(deserializer)? == IS {
            true => Ok(Self),
            false => Err(D::Error::custom(format!("only {IS} is supported"))),
        }
    }
}

impl<const IS: bool> JsonSchema for Only<IS> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Only_{IS}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "boolean", "enum": [IS], NOT_BUILT: true})
    }
}

/// At most `PAIRS` pairs of a key of 1 to 255 and a value of at most 255 characters (contract §1.2).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(super) struct Metadata<const PAIRS: usize>(BTreeMap<String, String>);

impl<const PAIRS: usize> Metadata<PAIRS> {
    pub(super) fn into_pairs(self) -> BTreeMap<String, String> {
        self.0
    }
}

impl<const PAIRS: usize> JsonSchema for Metadata<PAIRS> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Metadata{PAIRS}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "maxProperties": PAIRS,
            "propertyNames": {"minLength": 1, "maxLength": 255, "pattern": LINE},
            "additionalProperties": {"type": "string", "maxLength": 255},
        })
    }
}

/// 400 `invalid_uri`, in the same words.
pub(super) fn wrong_path(why: &str) -> ApiError {
    ApiError::new(400, Some("invalid_uri"), format!("Path validation error: '{why}'."))
}

/// 400 `invalid_body` in the contract's words (§1.15).
pub(super) fn wrong(property: &str, why: &str) -> ApiError {
    ApiError::invalid_body(format!("Payload validation error: '{why}' on property {property}."))
}

/// What the contract knows but this server does not do yet is refused, not ignored.
pub(super) fn not_built(property: &str) -> ApiError {
    let message = format!("{property}: this value is not supported by this server.");
    ApiError::new(400, Some("operation_not_supported"), message)
}

/// A line of 1 to `most` characters.
pub(super) fn check_line(property: &str, text: &str, most: usize) -> Result<(), ApiError> {
    match text.chars().count() {
        0 => Err(wrong(property, "String is too short, it needs at least 1 character")),
        length if length > most => Err(wrong(property, &format!("String is too long, at most {most} characters"))),
        _ if text.chars().any(char::is_control) => Err(wrong(property, "String has control characters")),
        _ => Ok(()),
    }
}

/// What is part of a key has a limit in bytes, too: Postgres indexes no row of more than 2704.
pub(super) fn check_bytes(property: &str, text: &str, most: usize) -> Result<(), ApiError> {
    match text.len() <= most {
        true => Ok(()),
        false => Err(wrong(property, &format!("String is too long, at most {most} bytes"))),
    }
}

/// An address that pages or the gateway itself use: https, or http on this machine, without user or fragment.
pub(super) fn check_web_address(property: &str, text: &str) -> Result<(), ApiError> {
    check_line(property, text, 2048)?;
    check_bytes(property, text, 2048)?;
    let url = Url::parse(text).map_err(|_| wrong(property, "String is not an absolute URL"))?;
    let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    match url.scheme() {
        _ if !bare => Err(wrong(property, "URL has a user, a password or a fragment")),
        "https" => Ok(()),
        "http" if is_loopback(&url) => Ok(()),
        _ => Err(wrong(property, "URL is not https")),
    }
}

/// Each once, and always in one order: two calls that write the same rows then never wait for each other.
pub(super) fn in_order<T: Ord>(mut items: Vec<T>) -> Vec<T> {
    items.sort_unstable();
    items.dedup();
    items
}

/// Whether the text has 1 to `longest` bytes and no control character.
pub(super) fn is_plain(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// The address as it is stored and found again: trimmed and lower-cased. `None` when it is none: exactly one
/// `@` with something on both sides, no white space, no control characters.
pub(super) fn email(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let (local, domain) = text.split_once('@')?;
    let is_right = is_plain(&text, LONGEST_EMAIL)
        && !local.is_empty()
        && !domain.is_empty()
        && !domain.contains('@')
        && !text.contains(char::is_whitespace);
    is_right.then_some(text)
}

/// The profile without the members that could not be stored or shown as they are. An odd claim of an identity
/// provider is no reason to turn a person away.
pub(super) fn usable_profile(profile: &Profile) -> Profile {
    let keep = |text: &Option<String>, longest| text.clone().filter(|text| is_plain(text, longest));
    Profile {
        name: keep(&profile.name, 300),
        nickname: keep(&profile.nickname, 300),
        given_name: keep(&profile.given_name, 150),
        family_name: keep(&profile.family_name, 150),
        picture: keep(&profile.picture, 2048).filter(|text| text.starts_with("https://")),
        locale: keep(&profile.locale, 50),
    }
}

/// A write's failure, where a row with the same unique value is something to tell the caller.
pub(super) fn or_conflict(error: StoreError, conflict: ApiError) -> Failure {
    match error {
        StoreError::Duplicate => conflict.into(),
        other => other.into(),
    }
}

/// A write's failure, where the row names another that may be missing.
pub(super) fn or_missing(error: StoreError, missing: ApiError) -> Failure {
    match error {
        StoreError::MissingReference => missing.into(),
        other => other.into(),
    }
}

/// As [`or_conflict`], where the row also names another that may be missing.
pub(super) fn or_refused(error: StoreError, conflict: ApiError, missing: ApiError) -> Failure {
    match error {
        StoreError::MissingReference => missing.into(),
        other => or_conflict(other, conflict),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_has_one_at_and_no_white_space() {
        assert_eq!(email(" Ada@Acme.Example ").as_deref(), Some("ada@acme.example"));
        let long = format!("{}@a", "x".repeat(320));
        for wrong in ["", "ada", "@acme", "ada@", "a@b@c", "a b@c", "a\0@c", "a@c\r\nBcc: x", long.as_str()] {
            assert_eq!(email(wrong), None, "{wrong:?}");
        }
    }
}
