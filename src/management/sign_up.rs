//! Signing up: an account of a database connection, made by the login that first uses it.

use secrecy::SecretString;
use serde_json::{Map, Value};

use super::answer::Answer;
use super::attempts::{count_work, find_open_connection};
use super::check::{email, wrong};
use super::logins::{Stop, event, refused};
use super::password_policy::{check, weak};
use super::recognize::{Prepared, Recognized};
use super::user_body::{name_by_default, new_database_user};
use super::{Management, acceptance};
use crate::model::login::{ChallengePurpose, LoginRecord, NewAccount, refusal};
use crate::model::password::PasswordPolicy;
use crate::model::user::{LONGEST_EMAIL, Profile};
use crate::model::{ApiError, Connection, Timestamp};
use crate::store::{Event, OpenConnection, Rows, StoreError, StoredChallenge, StoredUser};

/// The lengths of a user name where the connection does not say (contract §1.11).
const USERNAME_LENGTHS: (u64, u64) = (1, 15);

fn not_allowed() -> Stop {
    refused(refusal::SIGN_UP_NOT_ALLOWED, "Sign-up is not allowed here.")
}

fn wrong_code() -> Stop {
    refused(refusal::WRONG_CODE, "The code is wrong, used or too old.")
}

/// What comes before the transaction: the policy, then the hash. Nothing is hashed where sign-up is closed, nor for a
/// code that was never asked for: a made-up one must not cost a hash.
pub(super) async fn prepare(
    management: &Management,
    record: &LoginRecord,
    account: &NewAccount,
    now: Timestamp,
) -> Answer<Prepared> {
    let mut rows = management.tenant.read().await?;
    let Some(open) = find_open_connection(&mut rows, record).await? else { return Ok(Prepared::default()) };
    let Some(connection) = rows.find_connection(&open.id).await? else { return Ok(Prepared::default()) };
    if !may_sign_up(&mut rows, record, &connection, account, now).await? {
        return Ok(Prepared::default());
    }
    if let Some(challenge) = &account.challenge {
        let open = rows.find_open_challenge(challenge, now).await?;
        if !open.is_some_and(|open| email(&account.email).is_some_and(|email| is_for(&open, record, &email))) {
            return Ok(Prepared::default());
        }
    }
    drop(rows);
    let username = account.username.as_deref();
    let client_address = record.client_address.as_deref();
    let asked = Asked { email: &account.email, username, password: &account.password, personal: &[], client_address };
    let password_hash = asked.check_and_hash(management, &connection, now).await?;
    Ok(Prepared { password_hash: Some(password_hash), ..Prepared::default() })
}

/// An account that somebody wants to make.
pub(super) struct Asked<'a> {
    pub email: &'a str,
    pub username: Option<&'a str>,
    pub password: &'a str,
    /// What else the password may not hold, where the policy says so.
    pub personal: &'a [&'a str],
    pub client_address: Option<&'a str>,
}

impl Asked<'_> {
    /// The hash of the password, once all is as the connection asks.
    ///
    /// # Errors
    /// 400 for a user name, 400 `weak_password`, 429 for a network that asks too often, 503 when too many wait.
    pub(super) async fn check_and_hash(
        &self,
        management: &Management,
        connection: &Connection,
        now: Timestamp,
    ) -> Answer<String> {
        check_username(connection, self.username)?;
        let mut personal = vec![self.email];
        personal.extend(self.username);
        personal.extend(self.personal);
        check(&PasswordPolicy::of(&connection.options), self.password, &personal).map_err(weak)?;
        count_work(management, "sign-ups", self.client_address, now).await?;
        management.passwords.hash(&SecretString::from(self.password)).await
    }
}

fn check_username(connection: &Connection, username: Option<&str>) -> Result<(), ApiError> {
    let is_required = connection.options.get("requires_username") == Some(&Value::Bool(true));
    let Some(username) = username else {
        return if is_required { Err(wrong("username", "The connection requires one")) } else { Ok(()) };
    };
    if !is_required {
        return Err(wrong("username", "The connection has none"));
    }
    let lengths = connection.options.get("validation").map(|validation| &validation["username"]);
    let length = |member: &str, usual| lengths.and_then(|lengths| lengths[member].as_u64()).unwrap_or(usual);
    let (least, most) = (length("min", USERNAME_LENGTHS.0), length("max", USERNAME_LENGTHS.1));
    // An `@` could be taken for another's e-mail.
    let is_plain =
        username.len() <= LONGEST_EMAIL && !username.contains(['@', ' ']) && !username.contains(char::is_control);
    match is_plain && (least..=most).contains(&(username.chars().count() as u64)) {
        true => Ok(()),
        false => Err(wrong("username", &format!("It takes {least} to {most} characters without space and @"))),
    }
}

/// Whether this person may make an account here: everybody where sign-up is on, else who is invited.
async fn may_sign_up(
    rows: &mut Rows<'_>,
    record: &LoginRecord,
    connection: &Connection,
    account: &NewAccount,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if !connection.strategy.is_database() {
        return Ok(false);
    }
    if acceptance::proves(rows, record, &account.email, now).await? {
        return Ok(true);
    }
    match &record.organization_id {
        Some(id) => {
            let found = rows.find_organization_connection(id, &connection.id).await?;
            Ok(found.is_some_and(|found| found.switches.is_signup_enabled == Some(true)))
        }
        None => Ok(connection.allows_sign_up()),
    }
}

pub(super) async fn recognize(
    rows: &mut Rows<'_>,
    record: &LoginRecord,
    connection: &OpenConnection,
    account: &NewAccount,
    now: Timestamp,
) -> Result<Recognized, Stop> {
    let email = prove_address(rows, record, account, now).await?;
    let Some(found) = rows.find_connection(&connection.id).await? else { return Err(not_allowed()) };
    if !may_sign_up(rows, record, &found, account, now).await? {
        return Err(not_allowed());
    }
    if rows.find_user_by_identifier(&connection.id, &email).await?.is_some() {
        return Err(refused(refusal::ACCOUNT_EXISTS, "The address has an account already."));
    }
    if let Some(username) = &account.username
        && rows.find_user_by_identifier(&connection.id, &username.to_lowercase()).await?.is_some()
    {
        return Err(refused(refusal::USERNAME_TAKEN, "Another account has this user name."));
    }
    Ok(Recognized { user_id: new_database_user(&connection.id).user_id, user: None })
}

/// The address, proved by the code that was sent to it or by the ticket of the invitation.
async fn prove_address(
    rows: &mut Rows<'_>,
    record: &LoginRecord,
    account: &NewAccount,
    now: Timestamp,
) -> Result<String, Stop> {
    let email = email(&account.email).ok_or_else(wrong_code)?;
    let (Some(challenge), Some(code)) = (&account.challenge, &account.code) else {
        return match acceptance::proves(rows, record, &email, now).await? {
            true => Ok(email),
            // Also for a second click on the same form: the first one used it up.
            false if record.invitation.is_some() => Err(acceptance::sign_up_ended()),
            false => Err(wrong_code()),
        };
    };
    let proved = rows.try_challenge(challenge, code, now).await?;
    proved.filter(|proved| is_for(proved, record, &email)).map(|_| email).ok_or_else(wrong_code)
}

/// What the address is sent codes for here.
fn challenge_of(record: &LoginRecord, email: &str, now: Timestamp) -> StoredChallenge {
    StoredChallenge {
        id: String::new(),
        purpose: ChallengePurpose::SignUp,
        email: email.to_owned(),
        organization_id: record.organization_id.clone(),
        client_id: record.client_id.clone(),
        connection_id: Some(record.connection_id.clone()),
        expires_at: now,
    }
}

/// A code opens only what it was asked for.
fn is_for(challenge: &StoredChallenge, record: &LoginRecord, email: &str) -> bool {
    challenge.purpose == ChallengePurpose::SignUp
        && challenge.email == email
        && challenge.organization_id == record.organization_id
        && challenge.client_id == record.client_id
        && challenge.connection_id.as_ref() == Some(&record.connection_id)
}

pub(super) async fn create(
    rows: &mut Rows<'_>,
    record: &LoginRecord,
    connection: &OpenConnection,
    account: &NewAccount,
    user_id: &str,
    prepared: &Prepared,
    now: Timestamp,
) -> Result<StoredUser, Stop> {
    let (Some(email), Some(hash)) = (email(&account.email), prepared.password_hash.clone()) else {
        return Err(not_allowed());
    };
    if let Some(challenge) = &account.challenge {
        if !rows.delete_challenge(challenge).await? {
            // Another login used it meanwhile.
            return Err(Stop::Overtaken);
        }
        rows.delete_challenges_like(&challenge_of(record, &email, now)).await?;
    }
    let new = Account {
        email,
        email_verified: true,
        username: account.username.clone(),
        hash,
        profile: Profile::default(),
        user_metadata: Map::new(),
    };
    let stored = new.create(rows, &connection.id, user_id, now).await?.ok_or(Stop::Overtaken)?;
    rows.record_event(Event { user_id: Some(user_id.to_owned()), ..event("ss", record) }, now).await?;
    Ok(stored)
}

/// A new account of a database connection.
pub(super) struct Account {
    pub email: String,
    pub email_verified: bool,
    pub username: Option<String>,
    pub hash: String,
    pub profile: Profile,
    pub user_metadata: Map<String, Value>,
}

impl Account {
    /// `None` when another account has the address or the user name; then the transaction must not be kept.
    pub(super) async fn create(
        self,
        rows: &mut Rows<'_>,
        connection_id: &str,
        user_id: &str,
        now: Timestamp,
    ) -> Result<Option<StoredUser>, StoreError> {
        let mut new = new_database_user(connection_id);
        new.subject = user_id.trim_start_matches("auth0|").to_owned();
        new.user_id = user_id.to_owned();
        if !rows.create_user(new, now).await? {
            return Ok(None);
        }
        let Some(mut stored) = rows.find_user(user_id).await? else { return Ok(None) };
        stored.set_password(self.hash, now);
        let user = &mut stored.user;
        (user.email, user.email_verified) = (Some(self.email), self.email_verified);
        user.username = self.username.map(|username| username.to_lowercase());
        (user.profile, user.user_metadata) = (self.profile, self.user_metadata);
        name_by_default(user);
        rows.update_user(&stored).await?;
        Ok(rows.replace_identifiers(&stored).await?.then_some(stored))
    }
}
