//! Passwords: Argon2id in a bounded pool, so that a flood of logins takes neither all memory nor all cores.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::answer::Answer;
use crate::config;
use crate::error::{Context, Fault};
use crate::model::ApiError;

/// Longer passwords are refused unhashed (T55).
pub(super) const LONGEST_PASSWORD_BYTES: usize = 1024;

/// OWASP's recommendation for Argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;

/// Hashes and verifies a few passwords at a time; some wait, the rest are turned away.
pub(super) struct Passwords {
    permits: Arc<Semaphore>,
    /// Calls that hold a permit or wait for one.
    inside: Arc<AtomicUsize>,
    most_inside: usize,
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
            most_inside: permits + settings.max_waiting_password_checks,
        }
    }

    /// Whether the password is the one of `hash`. Without a hash the same work is done in vain, so that time
    /// does not tell who has an account (T54).
    ///
    /// # Errors
    /// 503 with `Retry-After` when too many wait already.
    pub(super) async fn verify(&self, hash: Option<String>, password: &SecretString) -> Answer<bool> {
        if password.expose_secret().len() > LONGEST_PASSWORD_BYTES {
            return Ok(false);
        }
        let password = password.clone();
        let work = move || verify(hash.as_deref(), &password);
        Ok(self.run(work).await?.context("checking a password")?)
    }

    /// The password as an Argon2id PHC string with a fresh salt.
    ///
    /// # Errors
    /// 503 with `Retry-After` when too many wait already.
    pub(super) async fn hash(&self, password: &SecretString) -> Answer<String> {
        let password = password.clone();
        let work = move || hash(password.expose_secret());
        Ok(self.run(work).await?.context("hashing a password")?)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Answer<T> {
        let held = self.enter().await?;
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
            return Err(ApiError::new(503, Some("too_busy"), message).with_retry_after(2).into());
        }
        let permit = self.permits.clone().acquire_owned().await.context("waiting to check a password")?;
        Ok((permit, place))
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).expect("the parameters are within Argon2's limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash(password: &str) -> Result<String, Fault> {
    let hash: PasswordHash = argon2().hash_password(password.as_bytes()).map_err(|error| fault(&error))?;
    Ok(hash.to_string())
}

fn verify(hash: Option<&str>, password: &SecretString) -> Result<bool, Fault> {
    // A hash of nobody's password with the same parameters.
    static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| self::hash(&crate::model::new_secret()).ok());
    let known = hash.is_some();
    let text = hash.or(NOBODY.as_deref()).unwrap_or_default();
    let parsed = PasswordHash::new(text).map_err(|error| Fault::new("a stored password hash", error.to_string()))?;
    match argon2().verify_password(password.expose_secret().as_bytes(), &parsed) {
        Ok(()) => Ok(known),
        Err(Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(fault(&error)),
    }
}

fn fault(error: &Error) -> Fault {
    Fault::new("Argon2", error.to_string())
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
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify(Some(hash.clone()), &"correct horse".into()).await.expect("verifies"));
        assert!(!passwords.verify(Some(hash.clone()), &"correct hors".into()).await.expect("verifies"));
        assert!(!passwords.verify(Some(hash), &"x".repeat(1025).into()).await.expect("verifies"));
        assert!(!passwords.verify(None, &"correct horse".into()).await.expect("verifies"));
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
