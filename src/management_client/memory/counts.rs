//! How much is remembered, and what happened since the start.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How much is remembered.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::management_client) struct Totals {
    pub(in crate::management_client) entries: u64,
    /// Of what there is, which is what has a budget.
    pub(in crate::management_client) weight_bytes: u64,
    /// The age of the oldest answer.
    pub(in crate::management_client) oldest: Option<Duration>,
}

/// What happened since the start.
#[derive(Debug, Default)]
pub(in crate::management_client) struct Counts {
    pub(super) hits: AtomicU64,
    pub(super) stale_hits: AtomicU64,
    pub(super) loads: AtomicU64,
    pub(super) load_errors: AtomicU64,
    pub(super) changes: AtomicU64,
}

impl Counts {
    /// Answers that were remembered and fresh.
    pub(in crate::management_client) fn hits(&self) -> u64 {
        self.hits.load(Ordering::Relaxed)
    }

    /// Answers that were remembered and good enough for a page.
    pub(in crate::management_client) fn stale_hits(&self) -> u64 {
        self.stale_hits.load(Ordering::Relaxed)
    }

    pub(in crate::management_client) fn loads(&self) -> u64 {
        self.loads.load(Ordering::Relaxed)
    }

    pub(in crate::management_client) fn load_errors(&self) -> u64 {
        self.load_errors.load(Ordering::Relaxed)
    }

    /// How often something that is worth writing down was remembered, or anything forgotten.
    pub(in crate::management_client) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }
}
