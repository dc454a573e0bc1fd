//! Where answers are kept: what there is, bounded by weight, and apart from it what is of use for seconds only.
//!
//! Answers that say "none" are what a flood of made-up names leaves. Whole connections are for what must be fresh, so an
//! older one would only hold secrets that nobody asks for. Kept apart these take no room from the others, and the others
//! need no clock of their own each: that is a tenth of their memory. One of them that is too old for anything stays
//! until its room is wanted; [`super::Memory`] does not see it any more.

use std::hash::Hash;
use std::sync::Arc;

use equivalent::Equivalent;
use moka::sync::Cache;

use super::{Entry, Windows};
use crate::management_client::question::{Answer, Asked, Key, Question};

type Shelf = Cache<Key, Entry, foldhash::quality::RandomState>;

/// Answers that say "none", at most: of about 500 bytes each.
const MOST_ABSENT: u64 = 20_000;

/// What an entry weighs besides its answer and the texts of its key, in bytes: its own fields and moka's books, measured.
const ENTRY_WEIGHT: usize = 256;

pub(super) fn weight(key: &Key, answer: &Answer) -> u32 {
    u32::try_from(ENTRY_WEIGHT + key.length() + answer.weight()).unwrap_or(u32::MAX)
}

/// One in so many bytes of the whole budget is for connections.
const ONE_FOR_CONNECTIONS: u64 = 8;

/// A question is answered on one of the shelves at most.
pub(super) struct Entries {
    found: Shelf,
    connections: Shelf,
    absent: Shelf,
}

impl Entries {
    pub(super) fn new(windows: &Windows, bytes: u64) -> Self {
        let hasher = foldhash::quality::RandomState::default();
        let weighed = |bytes| Cache::builder().max_capacity(bytes).weigher(|_: &Key, entry: &Entry| entry.weight);
        let connections = bytes / ONE_FOR_CONNECTIONS;
        Self {
            found: weighed(bytes - connections).build_with_hasher(hasher.clone()),
            connections: weighed(connections).time_to_live(windows.fresh).build_with_hasher(hasher.clone()),
            absent: Cache::builder()
                .max_capacity(MOST_ABSENT)
                .time_to_live(windows.absence())
                .build_with_hasher(hasher),
        }
    }

    pub(super) fn get(&self, asked: &Asked<'_>) -> Option<Entry> {
        self.of_what_there_is(asked).get(asked).or_else(|| self.absent.get(asked))
    }

    /// Instead of what was kept under this key.
    pub(super) fn insert(&self, key: Key, entry: Entry) {
        let shelf = self.of_what_there_is(&key);
        let (its, other) = if entry.answer.is_absent() { (&self.absent, shelf) } else { (shelf, &self.absent) };
        other.invalidate(&key);
        its.insert(key, entry);
    }

    pub(super) fn invalidate(&self, key: &(impl Equivalent<Key> + Hash)) {
        self.shelves().for_each(|shelf| shelf.invalidate(key));
    }

    pub(super) fn invalidate_all(&self) {
        self.shelves().for_each(Shelf::invalidate_all);
    }

    pub(super) fn weight(&self) -> u64 {
        self.found.weighted_size() + self.connections.weighted_size()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Arc<Key>, Entry)> + '_ {
        self.shelves().flat_map(Shelf::iter)
    }

    fn of_what_there_is<T>(&self, question: &Question<T>) -> &Shelf {
        match question {
            Question::Connection(_) => &self.connections,
            _ => &self.found,
        }
    }

    fn shelves(&self) -> impl Iterator<Item = &Shelf> {
        [&self.found, &self.connections, &self.absent].into_iter()
    }
}
