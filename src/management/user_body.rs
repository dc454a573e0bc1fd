//! What an administrator says of a user, on creation and later.

use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::answer::Answer;
use super::check::{self, Sent, Unbuilt, check_web_address, is_plain, wrong};
use super::password_policy::{check as check_password, weak};
use super::schema::LINE;
use super::{Management, email_codes, password_changes, password_hashes};
use crate::model::password::{LONGEST_PASSWORD_BYTES, PasswordPolicy};
use crate::model::user::{EMAIL, LONGEST_EMAIL, LONGEST_SUBJECT, USERNAME};
use crate::model::{ApiError, Connection, Strategy, User, random_bytes};
use crate::store::{NewUser, StoredUser, federated_user_id};

/// The largest `user_metadata` or `app_metadata`, in bytes of JSON.
const LARGEST_METADATA: usize = 16 * 1024;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UserBody {
    /// The connection's name.
    #[schemars(length(min = 1, max = 128), regex(pattern = LINE))]
    pub(super) connection: String,
    /// Of a database user: the part after `auth0|`; of a federated one: its subject at the identity provider, which
    /// makes it possible to add members before their first login (our extension).
    #[serde(default)]
    #[schemars(length(min = 1, max = LONGEST_SUBJECT), regex(pattern = LINE))]
    user_id: Sent<String>,
    /// The hash of the password at another place: bcrypt, PBKDF2 or Argon2id in the PHC string format (our extension
    /// of this call; Auth0's imports know it). It is replaced by our own when the password is first typed here.
    #[serde(default)]
    #[schemars(length(min = 1, max = 512), regex(pattern = LINE))]
    password_hash: Sent<String>,
    #[serde(flatten)]
    pub(super) members: UserMembers,
}

/// What is left out stays.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct UserChange {
    /// That the user is of; it cannot be changed.
    #[schemars(length(min = 1, max = 128), regex(pattern = LINE))]
    pub(super) connection: Sent<String>,
    #[serde(flatten)]
    pub(super) members: UserMembers,
}

/// What both creation and change may say; `null` clears.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(default)]
pub(super) struct UserMembers {
    #[schemars(length(max = LONGEST_EMAIL), regex(pattern = EMAIL))]
    email: Sent<String>,
    email_verified: Sent<bool>,
    #[schemars(length(max = 128), regex(pattern = USERNAME))]
    username: Sent<String>,
    #[schemars(with = "String", length(min = 1, max = LONGEST_PASSWORD_BYTES), regex(pattern = LINE))]
    password: Sent<SecretString>,
    blocked: Sent<bool>,
    #[schemars(length(min = 1, max = 300), regex(pattern = LINE))]
    name: Sent<Option<String>>,
    #[schemars(length(min = 1, max = 300), regex(pattern = LINE))]
    nickname: Sent<Option<String>>,
    #[schemars(length(min = 1, max = 150), regex(pattern = LINE))]
    given_name: Sent<Option<String>>,
    #[schemars(length(min = 1, max = 150), regex(pattern = LINE))]
    family_name: Sent<Option<String>>,
    #[schemars(length(max = 2048))]
    picture: Sent<Option<String>>,
    user_metadata: Sent<Map<String, Value>>,
    app_metadata: Sent<Map<String, Value>>,
    /// Whether a link is sent that verifies the address; none is unless this asks for it.
    verify_email: Sent<bool>,
    #[serde(rename = "phone_number")]
    _phone_number: Sent<Unbuilt>,
    #[serde(rename = "phone_verified")]
    _phone_verified: Sent<Unbuilt>,
}

impl UserBody {
    /// Which person of the connection is meant.
    ///
    /// # Errors
    /// 400 when what this kind of connection needs is missing.
    pub(super) fn identify(&self, connection: &Connection) -> Answer<NewUser> {
        let told = match &self.user_id {
            Sent::Yes(id) => Some(id),
            Sent::No => None,
        };
        let (user_id, issuer, subject) = if connection.strategy.is_database() {
            let subject = self.database_subject(told)?;
            (format!("auth0|{subject}"), Strategy::Auth0.as_str().to_owned(), subject)
        } else if connection.strategy == Strategy::Email {
            let Sent::Yes(email) = &self.members.email else {
                return Err(wrong("email", "A user of an email connection needs one").into());
            };
            if (&self.members.username, told) != (&Sent::No, None) || !matches!(self.members.password, Sent::No) {
                return Err(wrong("connection", "A user of an email connection is told by its email alone").into());
            }
            let email = check::email(email).ok_or_else(|| wrong("email", "String is no e-mail address"))?;
            (email_codes::new_user_id(), email_codes::ISSUER.to_owned(), email)
        } else {
            if self.has_password() {
                return Err(wrong("password", "Only a user of a database connection has one").into());
            }
            let subject = told.filter(|id| is_plain(id, LONGEST_SUBJECT));
            let missing = || wrong("user_id", "The subject at the identity provider is required");
            let subject = subject.ok_or_else(missing)?.clone();
            let issuer = connection.upstream_options().ok().and_then(|options| options.issuer);
            let issuer = issuer.ok_or_else(|| wrong("connection", "The connection's options name no issuer"))?;
            (federated_user_id(connection.strategy, &connection.name, &subject), issuer, subject)
        };
        Ok(NewUser { user_id, connection_id: connection.id.clone(), issuer, subject })
    }

    fn database_subject(&self, told: Option<&String>) -> Result<String, ApiError> {
        let UserMembers { email, username, password, .. } = &self.members;
        match (password, &self.password_hash) {
            (Sent::No, Sent::No) => return Err(wrong("password", "A user of a database connection needs one")),
            (Sent::Yes(_), Sent::Yes(_)) => return Err(wrong("password_hash", "Not allowed together with password")),
            _ => {}
        }
        if (email, username) == (&Sent::No, &Sent::No) {
            return Err(wrong("email", "A user of a database connection needs an email or a username"));
        }
        match told {
            Some(id) if is_native_id(id) => Ok(id.clone()),
            Some(_) => Err(wrong("user_id", "It takes letters, digits, '.', '_' and '-'")),
            None => Ok(random_subject()),
        }
    }

    fn has_password(&self) -> bool {
        !matches!((&self.members.password, &self.password_hash), (Sent::No, Sent::No))
    }

    /// The hash of a new user's password, or the one that was sent.
    ///
    /// # Errors
    /// 400 for a password or a hash that cannot be used, 503 when too many are being hashed.
    pub(super) async fn hash(&self, management: &Management, connection: &Connection) -> Answer<Option<String>> {
        if let Sent::Yes(hash) = &self.password_hash {
            let unknown = || wrong("password_hash", "String is no bcrypt, PBKDF2 or Argon2id hash that can be used");
            return password_hashes::is_importable(hash).then(|| Some(hash.clone())).ok_or_else(|| unknown().into());
        }
        let Sent::Yes(password) = &self.members.password else { return Ok(None) };
        let policy = PasswordPolicy::of(&connection.options);
        check_password(&policy, password.expose_secret(), &self.members.personal()).map_err(weak)?;
        management.passwords.hash(password).await.map(Some)
    }
}

fn random_subject() -> String {
    random_bytes::<12>().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A user that nobody chose an id for.
pub(super) fn new_database_user(connection_id: &str) -> NewUser {
    let subject = random_subject();
    let (connection_id, issuer) = (connection_id.to_owned(), Strategy::Auth0.as_str().to_owned());
    NewUser { user_id: format!("auth0|{subject}"), connection_id, issuer, subject }
}

fn is_native_id(id: &str) -> bool {
    id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

impl UserMembers {
    /// Whether a link is to be sent that verifies the address.
    pub(super) fn asks_to_verify(&self) -> bool {
        self.verify_email == Sent::Yes(true)
    }

    pub(super) fn blocks(&self) -> bool {
        self.blocked == Sent::Yes(true)
    }

    /// Whether it says what only a user of a database connection can be told.
    pub(super) fn is_of_database_only(&self) -> bool {
        let Self { email, email_verified, username, password, .. } = self;
        *email != Sent::No || *email_verified != Sent::No || *username != Sent::No || !matches!(password, Sent::No)
    }

    /// The hash of the password that the user gets.
    ///
    /// # Errors
    /// 400 for a password that cannot be used, 503 when too many are being hashed.
    pub(super) async fn password_hash(&self, management: &Management, before: &StoredUser) -> Answer<Option<String>> {
        let Sent::Yes(password) = &self.password else { return Ok(None) };
        let hash = password_changes::prepare(management, before, password.expose_secret(), &self.personal()).await?;
        Ok(Some(hash))
    }

    /// What a password may not hold, where the policy says so.
    fn personal(&self) -> Vec<&str> {
        let told = [&self.email, &self.username].into_iter().filter_map(|text| match text {
            Sent::Yes(text) => Some(text.as_str()),
            Sent::No => None,
        });
        let names = [&self.name, &self.nickname, &self.given_name, &self.family_name];
        let names = names.into_iter().filter_map(|text| match text {
            Sent::Yes(text) => text.as_deref(),
            Sent::No => None,
        });
        told.chain(names).collect()
    }

    /// Changes what was sent.
    ///
    /// # Errors
    /// 400 for what the schema cannot tell.
    pub(super) fn apply(self, stored: &mut StoredUser) -> Result<(), ApiError> {
        let user = &mut stored.user;
        if let Sent::Yes(Some(picture)) = &self.picture {
            check_web_address("picture", picture)?;
        }
        let profile = &mut user.profile;
        self.name.put(&mut profile.name);
        self.nickname.put(&mut profile.nickname);
        self.given_name.put(&mut profile.given_name);
        self.family_name.put(&mut profile.family_name);
        self.picture.put(&mut profile.picture);
        if let Sent::Yes(email) = self.email {
            let email = check::email(&email).ok_or_else(|| wrong("email", "String is no e-mail address"))?;
            // A new address is not the one that was verified.
            user.email_verified &= user.email.as_ref() == Some(&email);
            user.email = Some(email);
        }
        self.email_verified.put(&mut user.email_verified);
        if let Sent::Yes(username) = self.username {
            user.username = Some(username.to_lowercase());
        }
        self.blocked.put(&mut user.blocked);
        merge("user_metadata", &mut user.user_metadata, self.user_metadata)?;
        merge("app_metadata", &mut user.app_metadata, self.app_metadata)?;
        Ok(())
    }
}

/// At the first level: a null removes a member, an empty object removes all (as at Auth0).
fn merge(property: &str, kept: &mut Map<String, Value>, sent: Sent<Map<String, Value>>) -> Result<(), ApiError> {
    let Sent::Yes(sent) = sent else { return Ok(()) };
    if sent.is_empty() {
        kept.clear();
    }
    for (key, value) in sent {
        match value {
            Value::Null => drop(kept.remove(&key)),
            value => drop(kept.insert(key, value)),
        }
    }
    match serde_json::to_vec(kept).is_ok_and(|json| json.len() <= LARGEST_METADATA) {
        true => Ok(()),
        false => Err(wrong(property, &format!("Object is too large, at most {LARGEST_METADATA} bytes of JSON"))),
    }
}

/// A new user without a name is called by what it signs in with.
pub(super) fn name_by_default(user: &mut User) {
    let handle = user.email.clone().or_else(|| user.username.clone());
    if user.profile.nickname.is_none() {
        user.profile.nickname = handle.as_deref().map(|text| text.split('@').next().unwrap_or(text).to_owned());
    }
    if user.profile.name.is_none() {
        user.profile.name = handle;
    }
}
