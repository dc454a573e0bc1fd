//! What came lately, kept in mind by its hash: about 16 bytes each, however long it is.

use std::collections::HashSet;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The latest, at least so many as it was made for and at most twice as many. One that is in use stays.
pub(super) struct Recent {
    least: usize,
    generations: Mutex<Generations>,
    hasher: RandomState,
}

/// Those that came lately, and those before, which go when as many new ones came.
#[derive(Default)]
struct Generations {
    lately: HashSet<u64>,
    before: HashSet<u64>,
}

impl Recent {
    pub(super) fn new(least: usize) -> Self {
        Self { least, generations: Mutex::default(), hasher: RandomState::new() }
    }

    pub(super) fn add(&self, one: impl Hash) {
        self.generations().add(self.hasher.hash_one(one), self.least);
    }

    pub(super) fn remove(&self, one: impl Hash) {
        let hash = self.hasher.hash_one(one);
        let mut generations = self.generations();
        generations.lately.remove(&hash);
        generations.before.remove(&hash);
    }

    pub(super) fn has(&self, one: impl Hash) -> bool {
        let hash = self.hasher.hash_one(one);
        let mut generations = self.generations();
        let was_before = generations.before.contains(&hash);
        if was_before {
            generations.add(hash, self.least);
        }
        was_before || generations.lately.contains(&hash)
    }

    fn generations(&self) -> MutexGuard<'_, Generations> {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn add(&mut self, hash: u64, least: usize) {
        if self.lately.len() >= least && !self.lately.contains(&hash) {
            self.before = std::mem::take(&mut self.lately);
        }
        self.lately.insert(hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_are_kept_in_mind_and_no_more_than_twice_as_many() {
        let (least, recent) = (1000, Recent::new(1000));
        (0..3 * least).for_each(|number| recent.add(number));
        assert!((2 * least..3 * least).all(|number| recent.has(number)), "the latest");
        (3 * least..4 * least).for_each(|number| {
            recent.add(number);
            assert!(recent.has(2 * least), "one that is in use");
        });
        let generations = recent.generations();
        assert!(generations.lately.len() + generations.before.len() <= 2 * least);
        drop(generations);
        assert!(!recent.has(0));
        recent.remove(2 * least);
        assert!(!recent.has(2 * least));
    }
}
