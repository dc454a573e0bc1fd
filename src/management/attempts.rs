//! A password or a code tried at a login: counted against guessing; a password is then verified outside of any
//! transaction.
//!
//! Each attempt counts as failed *before* the hash is computed, so a thousand parallel guesses are no more
//! than a thousand in a row. Guesses count for the account and for the network address. Whoever attacks an
//! account from many addresses makes its owner wait as well, for an hour at most at a time: that is the price
//! of a limit that holds. An owner at an address the account signed in from lately does not pay it, since
//! there the pair of account and address has a count of its own.
//!
//! An organization has a far larger count of its own, for those who guess at many of its accounts from many
//! addresses: beyond it, strangers come one a minute. Owners at their own addresses do not notice.

use std::net::IpAddr;

use secrecy::SecretString;

use super::Management;
use super::answer::{Answer, Failure};
use super::check::is_plain;
use super::passwords::Verified;
use crate::model::login::{LoginRecord, refusal};
use crate::model::user::LONGEST_EMAIL;
use crate::model::{ApiError, Timestamp, sha256};
use crate::store::{OpenConnection, Rows, StoreError, StoredUser, Throttle};
use crate::web::budget_key;

/// For how long an address counts as the account's own after a login.
const KNOWN_SECONDS: i64 = 30 * 24 * 3600;

/// Failures of all known accounts of one address, in multiples of one account's.
const SPRAY: i64 = 10;

/// The longest wait of all strangers together: owners at new addresses are among them.
const STRANGERS_WAIT_SECONDS: i64 = 60;

/// Mails that all strangers together may have sent to one address, in multiples of what one network may.
const STRANGERS: i64 = 3;

/// Auth0's log types: an account, or an address, must wait after too many failures.
const ACCOUNT_BLOCKED: &str = "limit_wc";
const ADDRESS_BLOCKED: &str = "limit_mu";

/// An attempt that was counted and verified.
pub(super) struct Attempt {
    /// Who has this identifier, whatever the password.
    pub user: Option<StoredUser>,
    pub verified: Verified,
    pub counted: Counted,
}

/// Counts and verifies. `None` when the connection keeps no passwords or is not open here.
///
/// # Errors
/// 429 `too_many_attempts` with `Retry-After`, 503 when too many passwords wait to be checked, 400 when
/// `client_address` is none.
pub(super) async fn try_password(
    management: &Management,
    record: &LoginRecord,
    identifier: &str,
    password: &str,
    now: Timestamp,
) -> Answer<Option<Attempt>> {
    let network = record.client_address.as_deref().map(network).transpose()?;
    let mut rows = management.tenant.read().await?;
    let Some(connection) = find_open_connection(&mut rows, record).await? else { return Ok(None) };
    if !connection.summary.strategy.is_database() {
        return Ok(None);
    }
    let identifier = identifier.trim().to_lowercase();
    let user = match is_plain(&identifier, LONGEST_EMAIL) {
        true => rows.find_user_by_identifier(&connection.id, &identifier).await?,
        false => None,
    };
    drop(rows);
    // The e-mail and the user name of one account share a count.
    let who = user.as_ref().map_or(identifier, |stored| stored.user.user_id.clone());
    let place = Place { connection_id: connection.id, organization_id: record.organization_id.clone(), network };
    let counted = count(management, place, who, now).await?;
    let hash = user.as_ref().and_then(|stored| stored.password_hash.clone());
    let password = SecretString::from(password);
    match management.passwords.verify(hash, &password).await {
        Ok(verified) => Ok(Some(Attempt { user, verified, counted })),
        Err(failure) => {
            // Nothing was tried, so nothing counts.
            forgive(management, counted.buckets).await?;
            Err(failure)
        }
    }
}

/// The connection that the login names, if it is open to it now.
pub(super) async fn find_open_connection(
    rows: &mut Rows<'_>,
    record: &LoginRecord,
) -> Result<Option<OpenConnection>, StoreError> {
    match &record.organization_id {
        Some(organization) => rows.find_connection_open_to_organization(organization, &record.connection_id).await,
        None if record.chooses => rows.find_connection_open_to_choice(&record.client_id, &record.connection_id).await,
        None => rows.find_connection_open_to_client(&record.client_id, &record.connection_id).await,
    }
}

/// Counts a code that somebody tries for `who`, an address of the login's connection, before it is looked at.
///
/// # Errors
/// As [`try_password`].
pub(super) async fn count_code(
    management: &Management,
    record: &LoginRecord,
    who: String,
    now: Timestamp,
) -> Answer<Counted> {
    let network = record.client_address.as_deref().map(network).transpose()?;
    let (connection_id, organization_id) = (record.connection_id.clone(), record.organization_id.clone());
    count(management, Place { connection_id, organization_id, network }, who, now).await
}

/// What an attempt was counted under, as failed until it is settled.
pub(super) struct Counted {
    /// Auth0's log types of the waits that begin with this attempt, should it fail.
    pub waits: Vec<&'static str>,
    account: String,
    buckets: Vec<String>,
    known: Option<String>,
}

impl Counted {
    /// Takes the count back after the right password or code and remembers the address as the account's own. The
    /// address keeps its other failures: an own account must not buy an attacker further guesses.
    pub(super) async fn settle(&self, rows: &mut Rows<'_>, now: Timestamp) -> Result<(), StoreError> {
        for bucket in &self.buckets {
            match bucket.starts_with("address:") || bucket.starts_with("organization:") {
                true => rows.forgive_attempt(bucket).await?,
                false => rows.clear_failures(bucket).await?,
            }
        }
        rows.clear_failures(&self.account).await?;
        match &self.known {
            Some(bucket) => rows.remember_bucket(bucket, now.plus_seconds(KNOWN_SECONDS)).await,
            None => Ok(()),
        }
    }
}

/// A mail that somebody asks for.
pub(super) struct MailAsked<'m> {
    /// What for: requests for one purpose keep nobody from another.
    pub purpose: &'static str,
    pub email: &'m str,
    pub client_address: Option<&'m str>,
    /// The connection and whom its attempts are counted for, if it is about an account.
    pub account: Option<(&'m str, &'m str)>,
}

/// Counts a mail; nobody's right or wrong answer takes the count back before its time.
///
/// The growing wait is that of one network with one address. All strangers together make an address wait a minute at
/// most, and its owner at a network that the account signed in from lately not at all: whoever knows an address must
/// not be able to keep its owner out by asking for mails.
///
/// # Errors
/// 429 `too_many_attempts` with `Retry-After`, 400 when `client_address` is none.
pub(super) async fn count_mail(management: &Management, asked: MailAsked<'_>, now: Timestamp) -> Answer<()> {
    let MailAsked { purpose, email, client_address, account } = asked;
    let network = client_address.map(network).transpose()?;
    let login = &management.login;
    let most = |factor: i64| Throttle::new(login.mails_per_hour.saturating_mul(factor), login.password_wait_seconds);
    let known = match (account, network) {
        (Some((connection_id, who)), Some(network)) => known_at(&account_of(connection_id, who), network),
        _ => String::new(),
    };
    let mut buckets = Vec::new();
    if let Some(network) = network {
        buckets.push((format!("mail:{}", sha256(&format!("{purpose}\n{email}\n{network}"))), most(1)));
        buckets.push((format!("mails:{network}"), most(SPRAY)));
    }
    if !management.tenant.read().await?.knows_bucket(&known, now).await? {
        let strangers = Throttle { longest_seconds: STRANGERS_WAIT_SECONDS, ..most(STRANGERS) };
        buckets.push((format!("mails-to:{}", sha256(&format!("{purpose}\n{email}"))), strangers));
    }
    count_all(management, buckets, now).await
}

/// Counts work that anybody may ask for without an account, such as hashing the password of a new one, by the
/// network it is asked from.
///
/// # Errors
/// As [`count_mail`].
pub(super) async fn count_work(
    management: &Management,
    what: &'static str,
    client_address: Option<&str>,
    now: Timestamp,
) -> Answer<()> {
    let Some(network) = client_address.map(network).transpose()? else { return Ok(()) };
    let login = &management.login;
    let most = Throttle::new(login.password_failures.saturating_mul(SPRAY), login.password_wait_seconds);
    count_all(management, vec![(format!("{what}:{network}"), most)], now).await
}

async fn count_all(management: &Management, buckets: Vec<(String, Throttle)>, now: Timestamp) -> Answer<()> {
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                for (bucket, throttle) in &buckets {
                    // An error undoes what was counted before it.
                    let counted = rows.count_attempt(bucket, *throttle, now).await?;
                    counted.map_err(|until| too_many(until, now))?;
                }
                Ok::<_, Failure>(())
            })
        })
        .await
}

/// Where a password or code is tried, and from where.
struct Place {
    connection_id: String,
    organization_id: Option<String>,
    network: Option<IpAddr>,
}

async fn count(management: &Management, place: Place, who: String, now: Timestamp) -> Answer<Counted> {
    let login = &management.login;
    let throttle = Throttle::new(login.password_failures, login.password_wait_seconds);
    let of_all = Throttle {
        longest_seconds: STRANGERS_WAIT_SECONDS,
        ..Throttle::new(login.organization_failures, login.password_wait_seconds)
    };
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                let Place { connection_id, organization_id, network } = place;
                let account = account_of(&connection_id, &who);
                let pair = network.map(|network| pair_of(&account, network));
                let known = network.map(|network| known_at(&account, network));
                let is_known = match &known {
                    Some(bucket) => rows.knows_bucket(bucket, now).await?,
                    None => false,
                };
                // Known accounts of one address count together as well, if later: an office, or a proxy that is
                // not configured as one, must not be a place to try one password on everybody.
                let together = Throttle { failures: throttle.failures.saturating_mul(SPRAY), ..throttle };
                let counted = match (pair, network) {
                    (Some(pair), Some(network)) if is_known => {
                        vec![(format!("pair:{pair}"), throttle), (format!("address:known:{network}"), together)]
                    }
                    (_, network) => {
                        let address = network.map(|network| (format!("address:{network}"), throttle));
                        let organization = organization_id.map(|id| (format!("organization:{id}"), of_all));
                        [(account.clone(), throttle)].into_iter().chain(address).chain(organization).collect()
                    }
                };
                let mut waits = Vec::new();
                for (bucket, throttle) in &counted {
                    // An error undoes what was counted before it.
                    let counted = rows.count_attempt(bucket, *throttle, now).await?;
                    if counted.map_err(|until| too_many(until, now))? {
                        waits.extend(wait_of(bucket));
                    }
                }
                let buckets = counted.into_iter().map(|(bucket, _)| bucket).collect();
                Ok::<_, Failure>(Counted { account, known, buckets, waits })
            })
        })
        .await
}

fn account_of(connection_id: &str, who: &str) -> String {
    format!("account:{}", sha256(&format!("{connection_id}\n{who}")))
}

fn pair_of(account: &str, network: IpAddr) -> String {
    sha256(&format!("{account}\n{network}"))
}

/// What remembers that the account signed in from the network.
fn known_at(account: &str, network: IpAddr) -> String {
    format!("known:{}", pair_of(account, network))
}

/// What the log calls the wait of this bucket.
fn wait_of(bucket: &str) -> Option<&'static str> {
    match bucket.split(':').next() {
        Some("address") => Some(ADDRESS_BLOCKED),
        Some("organization") => None,
        _ => Some(ACCOUNT_BLOCKED),
    }
}

async fn forgive(management: &Management, counted: Vec<String>) -> Answer<()> {
    management
        .tenant
        .write(move |mut rows| {
            Box::pin(async move {
                for bucket in &counted {
                    rows.forgive_attempt(bucket).await?;
                }
                Ok(())
            })
        })
        .await
}

fn too_many(until: Timestamp, now: Timestamp) -> ApiError {
    metrics::counter!("password_attempts_refused_total").increment(1);
    let seconds = u64::try_from((until.0 - now.0).div_euclid(1000) + 1).unwrap_or(1).max(1);
    ApiError::new(429, Some(refusal::TOO_MANY_ATTEMPTS), "Too many failed attempts; wait before the next one.")
        .with_retry_after(seconds)
}

/// The network an address is counted under.
fn network(address: &str) -> Result<IpAddr, ApiError> {
    let none = || ApiError::invalid_body("Payload validation error: 'client_address must be an IP address'.");
    address.parse().map(budget_key).map_err(|_| none())
}
