//! What came lately, kept in mind by its hash: about 16 bytes each, however long it is.

use std::collections::HashSet;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The latest, at least so many as it was made for and at most twice as many; none longer than its time. One that is in
/// use stays.
pub(super) struct Lately {
    least: usize,
    time: Duration,
    generations: Mutex<Generations>,
    hasher: RandomState,
}

/// Those that came lately, and those before, which go when as many new ones came or half of their time is over.
struct Generations {
    lately: HashSet<u64>,
    before: HashSet<u64>,
    since: Instant,
}

impl Lately {
    pub(super) fn new(least: usize, time: Duration) -> Self {
        let generations = Generations { lately: HashSet::new(), before: HashSet::new(), since: Instant::now() };
        Self { least, time, generations: Mutex::new(generations), hasher: RandomState::new() }
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
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        let age = generations.since.elapsed();
        if age >= self.time / 2 {
            generations.turn();
        }
        if age >= self.time {
            // Nobody asked for so long that even the latest are too old.
            generations.turn();
        }
        generations
    }
}

impl Generations {
    fn add(&mut self, hash: u64, least: usize) {
        if self.lately.len() >= least && !self.lately.contains(&hash) {
            self.turn();
        }
        self.lately.insert(hash);
    }

    fn turn(&mut self) {
        self.before = std::mem::take(&mut self.lately);
        self.since = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_are_kept_in_mind_and_no_more_than_twice_as_many() {
        let (least, lately) = (1000, Lately::new(1000, Duration::MAX));
        (0..3 * least).for_each(|number| lately.add(number));
        assert!((2 * least..3 * least).all(|number| lately.has(number)), "the latest");
        (3 * least..4 * least).for_each(|number| {
            lately.add(number);
            assert!(lately.has(2 * least), "one that is in use");
        });
        let generations = lately.generations();
        assert!(generations.lately.len() + generations.before.len() <= 2 * least);
        drop(generations);
        assert!(!lately.has(0));
        lately.remove(2 * least);
        assert!(!lately.has(2 * least));
    }

    #[test]
    fn nothing_is_kept_in_mind_longer_than_its_time() {
        let (ever, never) = (Lately::new(10, Duration::MAX), Lately::new(10, Duration::ZERO));
        for lately in [&ever, &never] {
            lately.add("one");
        }
        assert!(ever.has("one"));
        assert!(!never.has("one"));
    }
}
