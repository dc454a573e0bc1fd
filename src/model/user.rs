//! The user: a person as one connection knows them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Timestamp;
use super::role::RoleName;

/// The longest user id in bytes (contract §1.1).
pub const LONGEST_USER_ID: usize = 1024;

/// The longest subject in bytes (OIDC Core §2).
pub const LONGEST_SUBJECT: usize = 255;

/// The longest e-mail address in bytes (RFC 5321 §4.5.3.1: 64 + 1 + 255).
pub const LONGEST_EMAIL: usize = 320;

/// What an e-mail address is written as: one `@`, no white space, no control characters.
pub const EMAIL: &str = r"^[^\s@\u0000-\u001f\u007f-\u009f]+@[^\s@\u0000-\u001f\u007f-\u009f]+$";

/// A user name holds no `@`: it could be taken for another's e-mail.
pub const USERNAME: &str = r"^[^\s@\u0000-\u001f\u007f-\u009f]+$";

/// A user (contract §1.13). The password hash is no part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct User {
    /// `auth0|...`, `google-oauth2|subject`, `oidc|CONNECTION|subject` and the like (contract §1.1).
    pub user_id: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub email: Option<String>,
    #[serde(default)]
    pub email_verified: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub username: Option<String>,
    #[serde(flatten)]
    pub profile: Profile,
    #[serde(default)]
    pub identities: Vec<UserIdentity>,
    #[serde(skip_serializing_if = "Map::is_empty", default)]
    pub user_metadata: Map<String, Value>,
    #[serde(skip_serializing_if = "Map::is_empty", default)]
    pub app_metadata: Map<String, Value>,
    #[serde(skip_serializing_if = "is_false", default)]
    pub blocked: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_login: Option<Timestamp>,
    #[serde(default)]
    pub logins_count: i64,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// The standard profile claims we keep (OIDC Core §5.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Profile {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub nickname: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub given_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub family_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub picture: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub locale: Option<String>,
}

impl Profile {
    /// This profile, with the other's members where it has none.
    pub fn or(self, other: Self) -> Self {
        Self {
            name: self.name.or(other.name),
            nickname: self.nickname.or(other.nickname),
            given_name: self.given_name.or(other.given_name),
            family_name: self.family_name.or(other.family_name),
            picture: self.picture.or(other.picture),
            locale: self.locale.or(other.locale),
        }
    }
}

/// Where a user comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UserIdentity {
    /// The connection's name.
    pub connection: String,
    /// The user's id without the provider prefix.
    pub user_id: String,
    /// The strategy's name.
    pub provider: String,
    #[serde(rename = "isSocial")]
    pub is_social: bool,
}

/// A person as the lists of an organization and of a role tell it (contract §1.6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Member {
    pub user_id: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub picture: Option<String>,
    /// The roles in the organization, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub roles: Option<Vec<RoleName>>,
}
