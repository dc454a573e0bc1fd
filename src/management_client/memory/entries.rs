//! Where answers are kept: what there is, bounded by weight, and apart from it what there is not, bounded by number.
//!
//! Answers that say "none" are of use for seconds only and are what a flood of made-up names leaves. Kept apart they
//! take no room from the others, and those need no clock of their own each: that is a tenth of their memory. One that
//! is too old for anything stays until its room is wanted; [`super::Memory`] does not see it any more.

use std::hash::Hash;
use std::sync::Arc;

use equivalent::Equivalent;
use moka::sync::Cache;

use super::{Entry, Windows};
use crate::management_client::question::{Answer, Asked, Key};

type Shelf = Cache<Key, Entry, foldhash::quality::RandomState>;

/// Answers that say "none", at most: of about 500 bytes each.
const MOST_ABSENT: u64 = 20_000;

/// What an entry weighs besides its answer and the texts of its key, in bytes: its own fields and moka's books, measured.
const ENTRY_WEIGHT: usize = 256;

pub(super) fn weight(key: &Key, answer: &Answer) -> u32 {
    u32::try_from(ENTRY_WEIGHT + key.length() + answer.weight()).unwrap_or(u32::MAX)
}

/// A question is answered on one of the two shelves at most.
pub(super) struct Entries {
    found: Shelf,
    absent: Shelf,
}

impl Entries {
    pub(super) fn new(windows: &Windows, bytes: u64) -> Self {
        let hasher = foldhash::quality::RandomState::default();
        let found = Cache::builder().max_capacity(bytes).weigher(|_: &Key, entry: &Entry| entry.weight);
        let absent = Cache::builder().max_capacity(MOST_ABSENT).time_to_live(windows.absence());
        Self { found: found.build_with_hasher(hasher.clone()), absent: absent.build_with_hasher(hasher) }
    }

    pub(super) fn get(&self, asked: &Asked<'_>) -> Option<Entry> {
        self.found.get(asked).or_else(|| self.absent.get(asked))
    }

    /// Instead of what was kept under this key.
    pub(super) fn insert(&self, key: Key, entry: Entry) {
        let (its, other) =
            if entry.answer.is_absent() { (&self.absent, &self.found) } else { (&self.found, &self.absent) };
        other.invalidate(&key);
        its.insert(key, entry);
    }

    pub(super) fn invalidate(&self, key: &(impl Equivalent<Key> + Hash)) {
        self.found.invalidate(key);
        self.absent.invalidate(key);
    }

    pub(super) fn invalidate_all(&self) {
        self.found.invalidate_all();
        self.absent.invalidate_all();
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Arc<Key>, Entry)> + '_ {
        self.found.iter().chain(self.absent.iter())
    }
}
