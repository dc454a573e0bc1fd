//! Tickets: links that let a password be changed or verify an address, each used once.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::tenant_settings::Locale;
use super::user::{LONGEST_EMAIL, Profile, USERNAME};
use super::{LINE, Timestamp};

/// What a ticket lets its holder do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TicketPurpose {
    PasswordChange,
    EmailVerification,
    /// Makes the first administrator of the server.
    Setup,
}

/// The body of `POST /api/v2/logins/password-resets`: a link to choose a new password is to be sent. Whether one is
/// sent tells nobody but the address's owner anything: the answer is the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordReset {
    #[schemars(length(min = 1, max = LONGEST_EMAIL))]
    pub email: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(length(min = 1, max = 50), regex(pattern = LINE))]
    pub organization_id: Option<String>,
    #[schemars(length(min = 1, max = 100), regex(pattern = LINE))]
    pub client_id: String,
    #[schemars(length(min = 1, max = 50), regex(pattern = LINE))]
    pub connection_id: String,
    /// The person's network address as the gateway knows it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(length(min = 1, max = 64), regex(pattern = LINE))]
    pub client_address: Option<String>,
    /// The language of the mail.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub locale: Option<Locale>,
    /// The address of the page that the ticket is for; the ticket is added.
    #[schemars(length(min = 1, max = 2048), regex(pattern = LINE))]
    pub page: String,
    /// The authorize request that the person comes from, as a query.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(length(min = 1, max = 16384), regex(pattern = LINE))]
    pub return_to: Option<String>,
}

/// A mail was sent, or nobody was to get one: the two look alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PasswordResetAsked {
    /// When the link ends.
    pub expires_at: Timestamp,
}

/// The body of `POST /api/v2/logins/tickets`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TicketQuestion {
    #[schemars(length(min = 1, max = 128), regex(pattern = LINE))]
    pub ticket: String,
    pub purpose: TicketPurpose,
}

/// What an open ticket is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TicketSubject {
    /// What the person signs in with.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub identifier: Option<String>,
    pub connection_id: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub organization_id: Option<String>,
}

/// The body of `POST /api/v2/logins/password-changes`; it has no `Debug` since it holds the password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    #[schemars(length(min = 1, max = 128), regex(pattern = LINE))]
    pub ticket: String,
    pub password: String,
    /// The person's network address as the gateway knows it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(length(min = 1, max = 64), regex(pattern = LINE))]
    pub client_address: Option<String>,
    /// The language of the mail that tells of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub locale: Option<Locale>,
}

/// The body of `POST /api/v2/logins/email-verifications`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailVerification {
    #[schemars(length(min = 1, max = 128), regex(pattern = LINE))]
    pub ticket: String,
}

/// The body of `POST /api/v2/logins/setups`: the first administrator's account; it has no `Debug` since it holds the
/// password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetUp {
    #[schemars(length(min = 1, max = 128), regex(pattern = LINE))]
    pub ticket: String,
    #[schemars(length(min = 1, max = LONGEST_EMAIL))]
    pub email: String,
    pub password: String,
    /// The person's network address as the gateway knows it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(length(min = 1, max = 64), regex(pattern = LINE))]
    pub client_address: Option<String>,
}

/// A ticket was used: where the person goes next, if anywhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TicketUsed {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub organization_id: Option<String>,
    /// The authorize request that the person came from, as a query.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub return_to: Option<String>,
    /// The address that whoever made the ticket wants the person led to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub result_url: Option<String>,
}

/// The body of `POST /api/v2/logins/sign-ups`: an account without a login, whose address is not proved yet; it has no
/// full `Debug` since it holds the password.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenSignUp {
    #[schemars(length(min = 1, max = 100), regex(pattern = LINE))]
    pub client_id: String,
    /// The connection's name.
    #[schemars(length(min = 1, max = 128), regex(pattern = LINE))]
    pub connection: String,
    #[schemars(length(min = 1, max = LONGEST_EMAIL))]
    pub email: String,
    pub password: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(length(min = 1, max = 128), regex(pattern = USERNAME))]
    pub username: Option<String>,
    #[serde(default)]
    pub profile: Profile,
    #[serde(skip_serializing_if = "Map::is_empty", default)]
    #[schemars(extend("maxProperties" = 10))]
    pub user_metadata: Map<String, Value>,
    /// The person's network address as the gateway knows it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(length(min = 1, max = 64), regex(pattern = LINE))]
    pub client_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub locale: Option<Locale>,
    /// The address of the page that verifies the e-mail address by choosing the password anew; the ticket is added.
    #[schemars(length(min = 1, max = 2048), regex(pattern = LINE))]
    pub page: String,
}

impl fmt::Debug for OpenSignUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenSignUp").field("email", &self.email).finish_non_exhaustive()
    }
}
