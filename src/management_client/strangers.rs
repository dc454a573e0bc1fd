//! What strangers may ask for in vain, so that a flood of made-up names loads nobody.

use std::net::IpAddr;
use std::sync::Arc;

use moka::future::Cache;

use super::{ManagementError, Result};
use crate::web::budget::{FailureBudget, RetryAfter};

/// How many names that exist are kept in mind, of about 100 bytes each.
const MOST_EXISTING: u64 = 10_000;

/// Counts, for each network address, the names that nobody has.
pub(super) struct Strangers {
    unknown: FailureBudget,
    /// Names and ids that existed when last asked for: who asked in vain too often may still ask for these, also
    /// when their answer is not fresh any more.
    existing: Cache<Arc<str>, ()>,
}

impl Strangers {
    /// `unknown_names`: how many at once, and as many again spread over each minute.
    pub(super) fn new(unknown_names: u32) -> Self {
        Self { unknown: FailureBudget::per_minute(unknown_names), existing: Cache::new(MOST_EXISTING) }
    }

    /// Asks for the address, unless it asked in vain too often and `name` is neither remembered nor known to exist.
    ///
    /// # Errors
    /// `TooManyUnknown`, and what `ask` says.
    pub(super) async fn ask<T>(
        &self,
        address: IpAddr,
        name: &str,
        is_remembered: bool,
        ask: impl Future<Output = Result<Option<T>>>,
    ) -> Result<Option<T>> {
        if !is_remembered && !self.existing.contains_key(name) {
            self.unknown.open(address).map_err(|RetryAfter(seconds)| ManagementError::TooManyUnknown { seconds })?;
        }
        let found = ask.await?;
        match found {
            Some(_) => self.existing.insert(Arc::from(name), ()).await,
            None => {
                self.existing.invalidate(name).await;
                self.unknown.fail(address);
            }
        }
        Ok(found)
    }
}
