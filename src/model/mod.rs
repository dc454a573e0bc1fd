//! What the world is made of: plain data whose field names are the Management API's.

pub mod api_error;
pub mod application;
pub mod cache_report;
pub mod connection;
pub mod discovery_domain;
pub mod email_address;
pub mod explanation;
pub mod grant;
pub mod invitation;
pub mod log_event;
pub mod login;
pub mod login_stats;
pub mod mail;
pub mod organization;
pub mod password;
pub mod resource_server;
pub mod role;
pub mod tenant_settings;
pub mod ticket;
pub mod trial;
pub mod user;

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

pub use api_error::ApiError;
pub use application::{
    Application, ClientGrant, DefaultOrganization, OrganizationClient, OrganizationUsage, RequireBehavior,
};
pub use connection::{Connection, EnabledConnection, OrganizationConnection, ShownConnection, Strategy};
pub use discovery_domain::DiscoveryDomain;
pub use invitation::Invitation;
pub use log_event::LogEvent;
pub use organization::{Organization, ShownOrganization};
pub use resource_server::ResourceServer;
pub use role::Role;
pub use user::User;

/// The longest that any token may be valid, in seconds: 30 days. A signing key is believed as long after its last one.
pub const LONGEST_TOKEN_SECONDS: i64 = 2_592_000;

/// The pattern of a line of text: no control characters.
pub const LINE: &str = r"^[^\u0000-\u001f\u007f-\u009f]*$";

/// A moment in Unix milliseconds (UTC); in JSON an ISO 8601 text with milliseconds and `Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub i64);

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

const ISO: &[BorrowedFormatItem<'static>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

impl Timestamp {
    /// The wall clock. Handlers call this once and pass the value down.
    pub fn now() -> Self {
        Self((OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000) as i64)
    }

    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// The day it is in, counted since 1970 in UTC.
    pub fn day(self) -> i64 {
        self.0.div_euclid(DAY)
    }

    /// When that day begins.
    pub fn of_day(day: i64) -> Self {
        Self(day.saturating_mul(DAY))
    }

    /// Whole seconds since the Unix epoch, as JWT claims carry them (RFC 7519 §2).
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH);
        f.write_str(&moment.format(ISO).unwrap_or_default())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Timestamp {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "date-time"})
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let moment = time::PrimitiveDateTime::parse(&text, ISO).map_err(serde::de::Error::custom)?;
        Ok(Self((moment.assume_utc().unix_timestamp_nanos() / 1_000_000) as i64))
    }
}

/// `N` bytes from the operating system's generator.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// A random text of `length` letters and digits (5.95 bits each).
pub fn random_alphanumeric(length: usize) -> String {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut text = String::with_capacity(length);
    while text.len() < length {
        // Values of 248 and above are thrown away, so every letter is equally likely.
        let usable = random_bytes::<32>().into_iter().filter(|byte| *byte < 248);
        text.extend(usable.take(length - text.len()).map(|byte| ALPHABET[usize::from(byte % 62)] as char));
    }
    text
}

/// A new identifier such as `org_4kT...`: the prefix, `_` and 16 letters and digits (contract §1.1).
pub fn new_id(prefix: &str) -> String {
    format!("{prefix}_{}", random_alphanumeric(16))
}

/// A secret of 256 random bits for codes, states and session ids, in base64url.
pub fn new_secret() -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random_bytes::<32>())
}

/// SHA-256 in base64url: the form in which codes, session ids and tokens are stored.
pub fn sha256(text: &str) -> String {
    use base64::Engine;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_reads_back_what_it_writes() {
        let json = serde_json::to_string(&Timestamp(1_790_000_000_123)).expect("serializes");
        assert_eq!(json, "\"2026-09-21T14:13:20.123Z\"");
        assert_eq!(serde_json::from_str::<Timestamp>(&json).expect("parses"), Timestamp(1_790_000_000_123));
    }

    #[test]
    fn an_identifier_has_the_contracts_form() {
        let id = new_id("con");
        assert_eq!(id.len(), 20);
        assert!(id[4..].bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_ne!(id, new_id("con"));
    }
}
