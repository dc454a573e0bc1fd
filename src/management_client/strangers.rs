//! What strangers may ask for in vain, so that a flood of made-up names loads nobody.

use std::net::IpAddr;
use std::time::Duration;

use super::lately::Lately;
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
    existing: Lately,
}

impl Strangers {
    /// `unknown_names`: how many at once, and as many again spread over each minute.
    pub(super) fn new(unknown_names: u32) -> Self {
        let unknown = FailureBudget::per_minute(unknown_names);
        Self { unknown, existing: Lately::new(LEAST_EXISTING, Duration::MAX) }
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
        match exists {
            true => self.existing.add(name),
            false => self.existing.remove(name),
        }
    }

    /// Whether the name existed when it was last asked for.
    pub(super) fn know(&self, name: Name<'_>) -> bool {
        self.existing.has(name)
    }
}
