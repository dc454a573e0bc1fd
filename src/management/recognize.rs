//! Recognizing: who somebody is by what they prove, and whether there is such a user yet.

use super::attempts::Attempt;
use super::email_codes::CodeTry;
use super::logins::{Stop, conflict, not_enabled, refused, version_of};
use super::{email_codes, sign_up};
use crate::model::Strategy;
use crate::model::login::{Identity, LoginRecord, Proof, refusal};
use crate::model::{ApiError, Timestamp};
use crate::store::{OpenConnection, Rows, StoredUser, federated_user_id};

/// What was done outside of the transaction, since it takes long.
#[derive(Default)]
pub(super) struct Prepared {
    /// A password that was counted and verified.
    pub attempt: Option<Attempt>,
    /// A code that was counted.
    pub code: Option<CodeTry>,
    /// The hash of a new account's password.
    pub password_hash: Option<String>,
}

impl Prepared {
    /// The log types of the waits that begin if what was tried is wrong.
    pub(super) fn waits(&self) -> &[&'static str] {
        let attempt = self.attempt.as_ref().map(|attempt| &attempt.counted);
        attempt.or(self.code.as_ref().map(|code| &code.counted)).map_or(&[], |counted| counted.waits.as_slice())
    }
}

/// Who somebody is. Without a user they come for the first time, and the login makes one.
pub(super) struct Recognized {
    pub user_id: String,
    pub user: Option<StoredUser>,
}

impl Recognized {
    pub(super) fn known(stored: StoredUser) -> Self {
        Self { user_id: stored.user.user_id.clone(), user: Some(stored) }
    }
}

/// The address that this login proves, or that the account proved before it: never one that nobody verified.
pub(super) fn proved_address<'r>(
    record: &'r LoginRecord,
    prepared: &'r Prepared,
    user: Option<&'r StoredUser>,
) -> Option<&'r str> {
    match &record.proof {
        Proof::Identity(identity) => identity.email.as_deref().filter(|_| identity.email_verified),
        Proof::EmailCode { .. } => prepared.code.as_ref().and_then(|tried| tried.email.as_deref()),
        // By a code or by the ticket of an invitation.
        Proof::SignUp(account) => Some(&account.email),
        Proof::Password { .. } | Proof::Session { .. } => {
            user.and_then(|stored| stored.user.email.as_deref().filter(|_| stored.user.email_verified))
        }
    }
}

/// Reads and decides; writes nothing but the counts of tries.
pub(super) async fn recognize(
    rows: &mut Rows<'_>,
    record: &LoginRecord,
    connection: &OpenConnection,
    prepared: &Prepared,
    now: Timestamp,
) -> Result<Recognized, Stop> {
    match &record.proof {
        Proof::Identity(identity) => by_identity(rows, connection, identity).await,
        Proof::Session { user_id, account_version } => by_session(rows, connection, user_id, account_version).await,
        Proof::Password { .. } => by_password(rows, prepared.attempt.as_ref(), now).await,
        Proof::EmailCode { challenge, code } => {
            email_codes::recognize(rows, record, connection, prepared, (challenge, code), now).await
        }
        Proof::SignUp(account) => sign_up::recognize(rows, record, connection, account, now).await,
    }
}

/// By (connection, issuer, subject), never by e-mail (design §5.5).
async fn by_identity(
    rows: &mut Rows<'_>,
    connection: &OpenConnection,
    identity: &Identity,
) -> Result<Recognized, Stop> {
    // Nobody vouches for these but the Management API itself.
    if connection.summary.strategy.is_database() || connection.summary.strategy == Strategy::Email {
        return Err(not_enabled());
    }
    if let Some(stored) = rows.find_user_by_identity(&connection.id, &identity.issuer, &identity.subject).await? {
        return Ok(Recognized::known(stored));
    }
    let user_id = federated_user_id(connection.summary.strategy, &connection.summary.name, &identity.subject);
    match rows.find_user(&user_id).await? {
        None => Ok(Recognized { user_id, user: None }),
        // A parallel first login was committed between the two looks.
        Some(stored) if stored.is(&connection.id, &identity.issuer, &identity.subject) => Ok(Recognized::known(stored)),
        Some(_) => Err(conflict(&user_id)),
    }
}

async fn by_session(
    rows: &mut Rows<'_>,
    connection: &OpenConnection,
    user_id: &str,
    account_version: &str,
) -> Result<Recognized, Stop> {
    let is_same = |stored: &StoredUser| stored.connection_id == connection.id && version_of(stored) == account_version;
    let stored = rows.find_user(user_id).await?.filter(is_same);
    match stored {
        Some(stored) => Ok(Recognized::known(stored)),
        None => Err(refused(refusal::UNKNOWN_USER, "the user of this session is unknown").of_user(user_id)),
    }
}

async fn by_password(rows: &mut Rows<'_>, attempt: Option<&Attempt>, now: Timestamp) -> Result<Recognized, Stop> {
    let Some(attempt) = attempt else { return Err(not_enabled()) };
    let wrong = |kind, user_id| {
        let error = ApiError::new(403, Some(refusal::WRONG_CREDENTIALS), "Wrong identifier or password.");
        Stop::Refused { error, kind, user_id }
    };
    // Auth0's log types: fu for an unknown identifier, fp for a wrong password.
    let Some(tried) = &attempt.user else { return Err(wrong("fu", None)) };
    let user_id = tried.user.user_id.clone();
    let stored = rows.find_user(&user_id).await?.filter(|stored| {
        // The password may have been changed while the old one was being verified.
        attempt.verified.is_right && stored.password_hash.is_some() && stored.password_hash == tried.password_hash
    });
    let Some(stored) = stored else { return Err(wrong("fp", Some(user_id))) };
    attempt.counted.settle(rows, now).await?;
    if let (Some(old), Some(new)) = (&tried.password_hash, &attempt.verified.rehashed) {
        rows.replace_password_hash(&user_id, old, new).await?;
    }
    Ok(Recognized::known(stored))
}
