//! What strangers may ask for in vain, so that a flood of made-up names loads nobody.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::question::Asked;
use super::{ManagementError, Result};
use crate::web::budget::{FailureBudget, RetryAfter};

/// How many names that exist are kept in mind at least, of about 16 bytes each; at most twice as many.
const LEAST_EXISTING: usize = 100_000;

/// What strangers name. A text that is a name of one kind is not known as another's.
#[derive(Debug, Clone, Copy, Hash)]
pub(super) enum Name<'n> {
    Of(Asked<'n>),
    /// By its hash: no ticket stays in memory.
    Ticket(&'n str),
}

/// Counts, for each network address, the names that nobody has.
pub(super) struct Strangers {
    unknown: FailureBudget,
    /// Names and ids that existed when last asked for, by their hashes: who asked in vain too often may still ask for
    /// these, also when their answer is not fresh any more.
    existing: Mutex<Existing>,
    hasher: RandomState,
}

/// Hashes of names: those learned lately, and those before, which go when as many new ones came.
#[derive(Default)]
struct Existing {
    lately: HashSet<u64>,
    before: HashSet<u64>,
}

impl Existing {
    fn learn(&mut self, hash: u64) {
        if self.lately.len() >= LEAST_EXISTING && !self.lately.contains(&hash) {
            self.before = std::mem::take(&mut self.lately);
        }
        self.lately.insert(hash);
    }

    fn forget(&mut self, hash: u64) {
        self.lately.remove(&hash);
        self.before.remove(&hash);
    }

    /// One that is in use stays.
    fn has(&mut self, hash: u64) -> bool {
        let was_before = self.before.contains(&hash);
        if was_before {
            self.learn(hash);
        }
        was_before || self.lately.contains(&hash)
    }
}

impl Strangers {
    /// `unknown_names`: how many at once, and as many again spread over each minute.
    pub(super) fn new(unknown_names: u32) -> Self {
        let unknown = FailureBudget::per_minute(unknown_names);
        Self { unknown, existing: Mutex::default(), hasher: RandomState::new() }
    }

    /// Asks for the address, unless it asked in vain too often and `name` is neither remembered nor known to exist.
    ///
    /// # Errors
    /// `TooManyUnknown`, and what `ask` says.
    pub(super) async fn ask<T>(
        &self,
        address: IpAddr,
        name: Name<'_>,
        is_remembered: bool,
        ask: impl Future<Output = Result<Option<T>>>,
    ) -> Result<Option<T>> {
        if !is_remembered && !self.know(name) {
            self.unknown.open(address).map_err(|RetryAfter(seconds)| ManagementError::TooManyUnknown { seconds })?;
        }
        let found = ask.await?;
        if !is_remembered {
            self.learn(name, found.is_some());
        }
        if found.is_none() {
            self.unknown.fail(address);
        }
        Ok(found)
    }

    /// Keeps in mind whether there is one of this name.
    pub(super) fn learn(&self, name: Name<'_>, exists: bool) {
        let hash = self.hasher.hash_one(name);
        match exists {
            true => self.existing().learn(hash),
            false => self.existing().forget(hash),
        }
    }

    /// Whether the name existed when it was last asked for.
    pub(super) fn know(&self, name: Name<'_>) -> bool {
        let hash = self.hasher.hash_one(name);
        self.existing().has(hash)
    }

    fn existing(&self) -> MutexGuard<'_, Existing> {
        self.existing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_names_are_kept_in_mind_and_no_more_than_twice_as_many() {
        let mut existing = Existing::default();
        let most = LEAST_EXISTING as u64;
        (0..3 * most).for_each(|hash| existing.learn(hash));
        assert!((2 * most..3 * most).all(|hash| existing.has(hash)), "the latest");
        (3 * most..4 * most).for_each(|hash| {
            existing.learn(hash);
            assert!(existing.has(2 * most), "one that is in use");
        });
        assert!(existing.lately.len() + existing.before.len() <= 2 * LEAST_EXISTING);
        assert!(!existing.has(0));
        existing.forget(2 * most);
        assert!(!existing.has(2 * most));
    }
}
