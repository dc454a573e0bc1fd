//! A load: a task of its own that keeps what it brings, unless a change overtook it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use futures_util::future::{BoxFuture, Shared};

use super::{Failure, Fetched, Memory};
use crate::management_client::Result;
use crate::management_client::question::{Answer, Kept, Key};

/// What everybody who asks the same waits for.
pub(super) type Landing = Shared<BoxFuture<'static, Result<Answer>>>;

/// A load under way.
pub(super) struct Flight {
    pub(super) number: u64,
    pub(super) landing: Landing,
}

#[derive(Default)]
pub(super) struct Flights {
    pub(super) under_way: HashMap<Key, Flight>,
    pub(super) last_number: u64,
}

/// A load on its way; however it ends, it is taken off the list.
pub(super) struct Flying {
    pub(super) memory: Arc<Memory>,
    pub(super) key: Key,
    pub(super) number: u64,
    /// The number of the last wholesale change before it began.
    pub(super) seen: u64,
    pub(super) has_landed: bool,
}

impl Flying {
    pub(super) async fn fly<V: Kept>(mut self, load: impl Future<Output = Result<V>>) -> Result<Answer> {
        self.memory.counts.loads.fetch_add(1, Ordering::Relaxed);
        metrics::counter!("management_cache_loads_total").increment(1);
        let began = Instant::now();
        let outcome = load.await.map(Kept::keep);
        metrics::histogram!("management_cache_load_seconds").record(began.elapsed().as_secs_f64());
        self.land(&outcome, began);
        outcome
    }

    fn land(&mut self, outcome: &Result<Answer>, began: Instant) {
        self.has_landed = true;
        let memory = &self.memory;
        let mut flights = memory.flights();
        let is_listed = leave(&mut flights, &self.key, self.number);
        match outcome {
            Ok(answer) if is_listed => {
                // As old as the question: the answer may have been written down as soon as it was asked.
                let fetched = Fetched { at: began, seconds_then: 0, is_from_file: false };
                memory.keep_loaded(&self.key, answer, fetched, self.seen);
                memory.failures.invalidate(&self.key);
            }
            Ok(_) => {}
            Err(error) => {
                memory.counts.load_errors.fetch_add(1, Ordering::Relaxed);
                metrics::counter!("management_cache_load_errors_total").increment(1);
                let before = memory.failures.get(&self.key).map_or(0, |failure| failure.in_a_row);
                // Where the API is left alone nothing was asked, so this question has not failed once more.
                let (count, in_a_row) = match error.left_alone() {
                    Some(_) => (1, before),
                    None => (before.saturating_add(1), before.saturating_add(1)),
                };
                let at = Instant::now();
                let until = at + memory.windows.pause(count);
                let failure = Failure { error: error.clone(), at, until, in_a_row };
                memory.failures.insert(self.key.clone(), failure);
            }
        }
    }
}

impl Drop for Flying {
    fn drop(&mut self) {
        if !self.has_landed {
            leave(&mut self.memory.flights(), &self.key, self.number);
        }
    }
}

/// Takes a load off the list; whether it was still on it.
fn leave(flights: &mut Flights, key: &Key, number: u64) -> bool {
    let is_listed = flights.under_way.get(key).is_some_and(|flight| flight.number == number);
    if is_listed {
        flights.under_way.remove(key);
    }
    is_listed
}
