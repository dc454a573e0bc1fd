//! What the gateway tells the Management API of a login, and what it is answered (design §5.3).

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::connection::ConnectionSummary;
use super::tenant_settings::Locale;
use super::user::{LONGEST_EMAIL, LONGEST_SUBJECT, LONGEST_USER_ID, Profile};
use super::{LINE, Organization, Timestamp, User};

/// The longest issuer in bytes.
pub const LONGEST_ISSUER: usize = 2048;

/// What a connection says about a person: found again by (connection, issuer, subject), never by e-mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Identity {
    #[schemars(length(min = 1, max = LONGEST_ISSUER), regex(pattern = LINE))]
    pub issuer: String,
    #[schemars(length(min = 1, max = LONGEST_SUBJECT), regex(pattern = LINE))]
    pub subject: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub email: Option<String>,
    /// Only a JSON `true` from the identity provider counts.
    #[serde(default)]
    pub email_verified: bool,
    /// The Google Workspace that vouches for the person (`hd` of a verified ID token).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(length(min = 1, max = 253), regex(pattern = LINE))]
    pub hosted_domain: Option<String>,
    /// The Microsoft Entra tenant that vouches for the person (`tid` of a verified ID token).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(length(min = 1, max = 64), regex(pattern = LINE))]
    pub tenant_id: Option<String>,
    #[serde(flatten)]
    pub profile: Profile,
}

/// How the person proved who they are.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Proof {
    /// The gateway verified it with the identity provider.
    Identity(Identity),
    /// To be verified where the hashes are.
    Password { identifier: String, password: String },
    /// A code that was sent to an address of an `email` connection.
    EmailCode {
        /// The [`Challenge`]'s id.
        #[schemars(length(min = 1, max = 64), regex(pattern = LINE))]
        challenge: String,
        #[schemars(length(max = 64))]
        code: String,
    },
    /// A new account of a database connection, which this login makes.
    SignUp(NewAccount),
    /// A session that already has this user: asked again at each trust boundary.
    Session {
        #[schemars(length(min = 1, max = LONGEST_USER_ID), regex(pattern = LINE))]
        user_id: String,
        /// The admission's, from when the session began.
        #[schemars(length(min = 1, max = 64), regex(pattern = LINE))]
        account_version: String,
    },
}

/// Whatever is logged of a login, its password is not.
impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identity(identity) => f.debug_tuple("Identity").field(identity).finish(),
            Self::Password { identifier, .. } => {
                f.debug_struct("Password").field("identifier", identifier).finish_non_exhaustive()
            }
            Self::EmailCode { challenge, .. } => {
                f.debug_struct("EmailCode").field("challenge", challenge).finish_non_exhaustive()
            }
            Self::SignUp(account) => f.debug_struct("SignUp").field("email", &account.email).finish_non_exhaustive(),
            Self::Session { user_id, .. } => {
                f.debug_struct("Session").field("user_id", user_id).finish_non_exhaustive()
            }
        }
    }
}

/// What somebody signs up with. Its address is proved by a code, or by the ticket of the invitation that was sent to it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    #[schemars(length(min = 1, max = LONGEST_EMAIL))]
    pub email: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(length(min = 1, max = 128), regex(pattern = LINE))]
    pub username: Option<String>,
    pub password: String,
    /// The [`Challenge`]'s id; absent with an invitation.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(length(min = 1, max = 64), regex(pattern = LINE))]
    pub challenge: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(length(max = 64))]
    pub code: Option<String>,
}

/// What proving an address is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChallengePurpose {
    /// Signing in through an `email` connection.
    SignIn,
    /// Signing up at a database connection.
    SignUp,
    /// Being told the organizations of the address's domain.
    Discovery,
}

/// The body of `POST /api/v2/logins/challenges`: a code is to be sent to an address. Whether one is sent tells nobody
/// but the address's owner anything: the answer is the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChallengeRequest {
    pub purpose: ChallengePurpose,
    #[schemars(length(min = 1, max = LONGEST_EMAIL))]
    pub email: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(length(min = 1, max = 50), regex(pattern = LINE))]
    pub organization_id: Option<String>,
    #[schemars(length(min = 1, max = 100), regex(pattern = LINE))]
    pub client_id: String,
    /// Absent for a discovery.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(length(min = 1, max = 50), regex(pattern = LINE))]
    pub connection_id: Option<String>,
    /// The person's network address as the gateway knows it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(length(min = 1, max = 64), regex(pattern = LINE))]
    pub client_address: Option<String>,
    /// The language of the mail.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub locale: Option<Locale>,
}

/// A code was sent, or nobody was to get one: the two look alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Challenge {
    pub id: String,
    pub expires_at: Timestamp,
}

/// Where an e-mail domain or a connection leads: what a gateway is told of it, and never a list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Discovery {
    /// Two stand for several: which they are is told to who proved the address.
    pub organizations: Vec<Organization>,
    /// The connection of any organization that the domain leads to, for an application whose people choose their
    /// organization after they signed in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub connection_id: Option<String>,
}

/// The body of `POST /api/v2/logins/discoveries`: the code that was sent to an address, for its organizations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DiscoveryProof {
    /// The [`Challenge`]'s id.
    #[schemars(length(min = 1, max = 64), regex(pattern = LINE))]
    pub challenge: String,
    #[schemars(length(max = 64))]
    pub code: String,
    #[schemars(length(min = 1, max = 100), regex(pattern = LINE))]
    pub client_id: String,
}

/// The body of `POST /api/v2/logins`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginRecord {
    /// Absent for a login without an organization.
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
    /// The same id answers the same admission, so a lost reply may be asked for again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(length(min = 1, max = 256), regex(pattern = LINE))]
    pub trip_id: Option<String>,
    /// The ticket of an invitation that this login accepts.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(length(min = 1, max = 128), regex(pattern = LINE))]
    pub invitation: Option<String>,
    /// Whether the organization is still to be chosen: such an admission leads to the choice, and never to a code.
    #[serde(skip_serializing_if = "is_false", default)]
    pub chooses: bool,
    pub proof: Proof,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// The answer of `POST /api/v2/logins`: exists only if the person may enter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Admission {
    pub user: User,
    /// Changes when the account is made anew or gets another password: sessions from before end with it.
    pub account_version: String,
    pub connection: ConnectionSummary,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub membership: Option<Membership>,
    /// What an administrator who signs in to the dashboard may do in the Management API.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub management_scopes: Vec<String>,
}

/// The membership that let the person in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Membership {
    pub organization_id: String,
    /// Whether this login made it.
    pub created: bool,
}

/// The machine-readable refusals of `POST /api/v2/logins`, as `errorCode`.
pub mod refusal {
    /// The connection is not enabled here now, or never was: the two look alike.
    pub const CONNECTION_NOT_ENABLED: &str = "connection_not_enabled";
    /// The organization's access is per application, and this one is not among those its members may use.
    pub const APPLICATION_NOT_ALLOWED: &str = "application_not_allowed";
    /// The message carries the contract's sentence (§2.6).
    pub const NOT_A_MEMBER: &str = "not_a_member";
    /// Unknown identifier or wrong password: the two look alike.
    pub const WRONG_CREDENTIALS: &str = "wrong_credentials";
    pub const USER_BLOCKED: &str = "user_blocked";
    /// The user id exists under another issuer.
    pub const IDENTITY_CONFLICT: &str = "identity_conflict";
    /// The user was deleted since.
    pub const UNKNOWN_USER: &str = "unknown_user";
    /// Too many failed passwords; `Retry-After` tells when to come again.
    pub const TOO_MANY_ATTEMPTS: &str = "too_many_attempts";

    /// The code is wrong, used up or too old: all look alike.
    pub const WRONG_CODE: &str = "wrong_code";
    /// Told only to who proved that the address is theirs.
    pub const ACCOUNT_EXISTS: &str = "account_exists";
    /// The password does not fit the connection's policy; `shortcomings` tell what it lacks.
    pub const WEAK_PASSWORD: &str = "weak_password";
    pub const SIGN_UP_NOT_ALLOWED: &str = "sign_up_not_allowed";
    /// The ticket is unknown, expired, withdrawn or used.
    pub const INVITATION_ENDED: &str = "invitation_ended";
    /// The account is not the one that was invited; the invitation stays as it is.
    pub const INVITATION_FOR_ANOTHER: &str = "invitation_for_another";

    /// Another account of the connection has the user name; told only to who may make one.
    pub const USERNAME_TAKEN: &str = "username_taken";
    /// The link was used, ended, replaced by a newer one, or never was.
    pub const TICKET_ENDED: &str = "ticket_ended";
    /// Too many passwords wait to be checked; `Retry-After` tells when to come again.
    pub const TOO_BUSY: &str = "too_busy";

    pub const ALL: [&str; 17] = [
        CONNECTION_NOT_ENABLED,
        APPLICATION_NOT_ALLOWED,
        NOT_A_MEMBER,
        WRONG_CREDENTIALS,
        USER_BLOCKED,
        IDENTITY_CONFLICT,
        UNKNOWN_USER,
        TOO_MANY_ATTEMPTS,
        WRONG_CODE,
        ACCOUNT_EXISTS,
        WEAK_PASSWORD,
        SIGN_UP_NOT_ALLOWED,
        INVITATION_ENDED,
        INVITATION_FOR_ANOTHER,
        USERNAME_TAKEN,
        TICKET_ENDED,
        TOO_BUSY,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_can_be_printed_without_its_password() {
        let record = LoginRecord {
            organization_id: None,
            client_id: "app".to_owned(),
            connection_id: "con_1".to_owned(),
            client_address: None,
            trip_id: None,
            invitation: None,
            chooses: false,
            proof: Proof::Password { identifier: "ada".to_owned(), password: "correct horse".to_owned() },
        };
        let printed = format!("{record:?}");
        assert!(printed.contains("ada") && !printed.contains("horse"), "{printed}");
    }
}
