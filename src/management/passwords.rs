//! Passwords: Argon2id in a bounded pool, so that a flood of logins takes neither all memory nor all cores.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::answer::Answer;
use super::password_hashes;
use crate::config;
use crate::error::{Context, Fault};
use crate::model::ApiError;
use crate::model::login::refusal;
use crate::model::password::LONGEST_PASSWORD_BYTES;

/// Hashes and verifies a few passwords at a time; some wait, the rest are turned away.
pub(super) struct Passwords {
    permits: Arc<Semaphore>,
    /// Calls that hold a permit or wait for one.
    inside: Arc<AtomicUsize>,
    /// Pieces of work done, each of one hash or more.
    done: AtomicUsize,
    most_inside: usize,
}

/// What became of a password that was tried.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Verified {
    pub is_right: bool,
    /// The right password hashed anew, where its hash is not as ours are today.
    pub rehashed: Option<String>,
}

/// One call's place in the pool, given back when dropped.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Passwords {
    pub(super) fn new(settings: &config::Login) -> Self {
        let permits = settings.max_password_checks.max(1);
        Self {
            permits: Arc::new(Semaphore::new(permits)),
            inside: Arc::default(),
            done: AtomicUsize::default(),
            most_inside: permits + settings.max_waiting_password_checks,
        }
    }

    /// Whether the password is the one of `hash`. Without a hash the same work is done in vain, so that time
    /// does not tell who has an account (T54). An imported hash costs what it costs until its owner comes.
    ///
    /// # Errors
    /// 503 with `Retry-After` when too many wait already.
    pub(super) async fn verify(&self, hash: Option<String>, password: &SecretString) -> Answer<Verified> {
        if password.expose_secret().len() > LONGEST_PASSWORD_BYTES {
            return Ok(Verified::default());
        }
        let password = password.clone();
        let work = move || verify(hash.as_deref(), password.expose_secret());
        Ok(self.run(work).await?.context("checking a password")?)
    }

    /// The password as an Argon2id PHC string with a fresh salt.
    ///
    /// # Errors
    /// 503 with `Retry-After` when too many wait already.
    pub(super) async fn hash(&self, password: &SecretString) -> Answer<String> {
        let password = password.clone();
        let work = move || password_hashes::hash(password.expose_secret());
        Ok(self.run(work).await?.context("hashing a password")?)
    }

    /// Whether the password is the one of any of these hashes.
    ///
    /// # Errors
    /// 503 with `Retry-After` when too many wait already.
    pub(super) async fn is_any_of(&self, hashes: Vec<String>, password: &SecretString) -> Answer<bool> {
        if hashes.is_empty() {
            return Ok(false);
        }
        let password = password.clone();
        let work = move || {
            for hash in &hashes {
                if password_hashes::verify(hash, password.expose_secret())? {
                    return Ok(true);
                }
            }
            Ok::<_, Fault>(false)
        };
        Ok(self.run(work).await?.context("checking earlier passwords")?)
    }

    /// How much was done, for tests of equal work.
    #[cfg(test)]
    pub(super) fn done(&self) -> usize {
        self.done.load(Ordering::Acquire)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Answer<T> {
        let held = self.enter().await?;
        self.done.fetch_add(1, Ordering::AcqRel);
        // The work keeps its place even when the caller goes away: it cannot be stopped half-way.
        let task = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(held);
            result
        });
        Ok(task.await.context("hashing a password")?)
    }

    async fn enter(&self) -> Answer<(OwnedSemaphorePermit, Place)> {
        let before = self.inside.fetch_add(1, Ordering::AcqRel);
        let place = Place(self.inside.clone());
        if before >= self.most_inside {
            metrics::counter!("password_checks_refused_total").increment(1);
            let message = "Too many passwords are being checked; try again in a moment.";
            return Err(ApiError::new(503, Some(refusal::TOO_BUSY), message).with_retry_after(2).into());
        }
        let permit = self.permits.clone().acquire_owned().await.context("waiting to check a password")?;
        Ok((permit, place))
    }
}

fn verify(hash: Option<&str>, password: &str) -> Result<Verified, Fault> {
    // A hash of nobody's password with our parameters.
    static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| password_hashes::hash(&crate::model::new_secret()).ok());
    let text = hash.or(NOBODY.as_deref()).unwrap_or_default();
    let is_right = password_hashes::verify(text, password)? && hash.is_some();
    let rehashed = match is_right && password_hashes::is_outdated(text) {
        true => Some(password_hashes::hash(password)?),
        false => None,
    };
    Ok(Verified { is_right, rehashed })
}

#[cfg(test)]
mod tests {
    use super::super::answer::Failure;
    use super::*;
    use crate::management::test_support::config;

    #[tokio::test]
    async fn a_password_is_verified_against_its_own_hash_only() {
        let passwords = Passwords::new(&config().login);
        let hash = passwords.hash(&"correct horse".into()).await.expect("hashes");
        let verify = async |hash: Option<String>, password: &str| {
            passwords.verify(hash, &password.into()).await.expect("verifies")
        };
        let right = Verified { is_right: true, rehashed: None };
        assert_eq!(verify(Some(hash.clone()), "correct horse").await, right);
        assert_eq!(verify(Some(hash.clone()), "correct hors").await, Verified::default());
        assert_eq!(verify(Some(hash), &"x".repeat(1025)).await, Verified::default());
        assert_eq!(verify(None, "correct horse").await, Verified::default());
    }

    #[tokio::test]
    async fn more_than_may_wait_are_turned_away() {
        let mut settings = config().login;
        (settings.max_password_checks, settings.max_waiting_password_checks) = (1, 1);
        let passwords = Passwords::new(&settings);
        let secret: SecretString = "x".into();
        let check = || passwords.verify(None, &secret);
        let (a, b, c) = tokio::join!(check(), check(), check());
        assert!(a.is_ok() && b.is_ok());
        assert!(matches!(c, Err(Failure::Api(error)) if error.status_code == 503 && error.retry_after == Some(2)));
        assert!(check().await.is_ok(), "the places are given back");
    }
}
