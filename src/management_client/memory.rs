//! Remembered answers: bounded by weight, loaded once per question, never older than the last change seen.
//!
//! A load is a task of its own, so it goes on when whoever began it hangs up, and everybody who asks meanwhile waits
//! for the same one. What it brings is kept only if no change came since it began (design §6): a change takes the
//! loads it may concern off the list of those under way, and one that is not on the list when it lands keeps nothing.
//! (A connection is kept from its second load on, see [`Memory::keep_loaded`].)

mod counts;
mod entries;
mod flight;
mod windows;

use std::collections::hash_map;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use compact_str::CompactString;
use futures_util::FutureExt;
use moka::sync::Cache;

use super::changes::Change;
use super::lately::Lately;
use super::question::{Answer, Asked, KINDS, Kept, Key, Question};
use super::{LoginOption, ManagementError, Result};
use crate::model::ShownOrganization;

use counts::{Counts, Totals};
use entries::Entries;
use flight::{Flight, Flights, Flying, Landing};
use windows::Standing;
pub(super) use windows::Windows;

/// What an answer is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A page: it may be drawn from an older answer.
    Drawing,
    /// Something that completes a login, or that an application gets: fresh, or an error.
    Deciding,
    /// A page that is drawn at once or not at all: for what is not fresh nobody is asked, and no answer ever comes.
    AtOnce,
}

/// Why a load runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Urgency {
    /// Somebody waits for it.
    Awaited,
    /// Behind a page that is drawn from what is remembered.
    Behind,
}

/// An answer and when it came.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) answer: Answer,
    pub(super) fetched: Fetched,
    weight: u32,
    /// The number of the last wholesale change before its load began.
    seen: u64,
}

/// When an answer came from the API.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fetched {
    pub(super) at: Instant,
    /// How old it was already at that moment, in seconds: more than nothing when it comes from the cache file.
    pub(super) seconds_then: u32,
    /// Whether an earlier process fetched it.
    pub(super) is_from_file: bool,
}

impl Fetched {
    pub(super) fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.at) + Duration::from_secs(self.seconds_then.into())
    }
}

/// Why a question could not be answered, and until when that is believed.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) error: ManagementError,
    pub(super) at: Instant,
    until: Instant,
    in_a_row: u32,
}

impl Failure {
    /// What who asks meanwhile is told: nothing was asked for them.
    fn again(&self) -> ManagementError {
        self.error.until(self.until)
    }
}

pub(super) struct Memory {
    windows: Windows,
    entries: Entries,
    failures: Cache<Key, Failure>,
    flights: Mutex<Flights>,
    /// The connections that were asked for while an answer would still be fresh.
    asked_connections: Lately,
    /// Counts wholesale changes; for each kind, the last that forgot all of its answers, and all that say "none".
    changes: AtomicU64,
    forgotten: [AtomicU64; KINDS],
    absences_forgotten: [AtomicU64; KINDS],
    counts: Counts,
}

/// Connections of which it is kept in mind that they were asked for, at least.
const LEAST_CONNECTIONS: usize = 10_000;

/// Failures remembered at most, and for how long they are told of.
const MOST_FAILURES: u64 = 10_000;
const FAILURES_TOLD: Duration = Duration::from_secs(600);

impl Memory {
    pub(super) fn new(windows: Windows, bytes: u64) -> Self {
        Self {
            windows,
            entries: Entries::new(&windows, bytes),
            failures: Cache::builder().max_capacity(MOST_FAILURES).time_to_live(FAILURES_TOLD).build(),
            flights: Mutex::default(),
            asked_connections: Lately::new(LEAST_CONNECTIONS, windows.fresh),
            changes: AtomicU64::new(0),
            forgotten: Default::default(),
            absences_forgotten: Default::default(),
            counts: Counts::default(),
        }
    }

    /// The remembered answer, or what `load` brings.
    ///
    /// # Errors
    /// The load's; for a page only when nothing remembered is good enough.
    pub(super) async fn get<V, F>(
        self: &Arc<Self>,
        asked: Asked<'_>,
        purpose: Purpose,
        load: impl FnOnce(Urgency) -> F,
    ) -> Result<V>
    where
        V: Kept,
        F: Future<Output = Result<V>> + Send + 'static,
    {
        let remembered = self.find(&asked);
        match (&remembered, purpose) {
            (Some((Standing::Fresh, entry)), _) => {
                self.counts.hits.fetch_add(1, Ordering::Relaxed);
                return read(entry.answer.clone());
            }
            (_, Purpose::AtOnce) => return std::future::pending().await,
            (Some((Standing::Stale, entry)), Purpose::Drawing) => {
                if self.recent_failure(&asked).is_none() {
                    drop(self.load(asked, Urgency::Behind, load));
                }
                return self.draw_stale(entry);
            }
            _ => {}
        }
        let outcome = match self.recent_failure(&asked).filter(|_| purpose == Purpose::Drawing) {
            Some(failure) => Err(failure.again()),
            None => self.load(asked, Urgency::Awaited, load).await,
        };
        match (outcome, remembered) {
            (Err(_), Some((_, entry))) if purpose == Purpose::Drawing => self.draw_stale(&entry),
            (outcome, _) => outcome.and_then(read),
        }
    }

    fn draw_stale<V: Kept>(&self, entry: &Entry) -> Result<V> {
        self.counts.stale_hits.fetch_add(1, Ordering::Relaxed);
        read(entry.answer.clone())
    }

    /// The remembered answer, if it is fresh.
    pub(super) fn fresh<V: Kept>(&self, asked: &Asked<'_>) -> Option<V> {
        let (standing, entry) = self.find(asked)?;
        if standing != Standing::Fresh {
            return None;
        }
        self.counts.hits.fetch_add(1, Ordering::Relaxed);
        V::read(entry.answer)
    }

    /// Whether there is an answer, however old.
    pub(super) fn knows(&self, asked: &Asked<'_>) -> bool {
        self.find(asked).is_some()
    }

    /// What is remembered, and what it is good for.
    fn find(&self, asked: &Asked<'_>) -> Option<(Standing, Entry)> {
        let entry = self.entries.get(asked)?;
        Some((self.standing(&entry, asked.kind())?, entry))
    }

    /// What an answer is good for; nothing where a wholesale change came since its load began.
    fn standing(&self, entry: &Entry, kind: usize) -> Option<Standing> {
        let is_in_force = entry.seen >= self.forgotten[kind].load(Ordering::Acquire)
            && (!entry.answer.is_absent() || entry.seen >= self.absences_forgotten[kind].load(Ordering::Acquire));
        self.windows.standing(entry.fetched.age(Instant::now()), entry.answer.is_absent()).filter(|_| is_in_force)
    }

    fn recent_failure(&self, asked: &Asked<'_>) -> Option<Failure> {
        self.failures.get(asked).filter(|failure| Instant::now() < failure.until)
    }

    /// Joins the load of this question that is under way, or begins one.
    fn load<V, F>(self: &Arc<Self>, asked: Asked<'_>, urgency: Urgency, load: impl FnOnce(Urgency) -> F) -> Landing
    where
        V: Kept,
        F: Future<Output = Result<V>> + Send + 'static,
    {
        let key = asked.to_key();
        let mut flights = self.flights();
        let number = flights.last_number + 1;
        let place = match flights.under_way.entry(key.clone()) {
            hash_map::Entry::Occupied(flight) => return flight.get().landing.clone(),
            hash_map::Entry::Vacant(place) => place,
        };
        // Another load may have landed since this caller looked.
        if let Some((Standing::Fresh, entry)) = self.find(&asked) {
            return futures_util::future::ready(Ok(entry.answer)).boxed().shared();
        }
        let seen = self.changes.load(Ordering::Acquire);
        let flying = Flying { memory: self.clone(), key, number, seen, has_landed: false };
        let task = tokio::spawn(flying.fly(load(urgency)));
        let landing = async move {
            task.await.unwrap_or_else(|error| Err(ManagementError::unreachable(format!("a load ended early: {error}"))))
        };
        let landing = landing.boxed().shared();
        place.insert(Flight { number, landing: landing.clone() });
        flights.last_number = number;
        landing
    }

    /// Forgets what a change makes wrong, also in loads under way. When this returns, nobody who asks gets it any more.
    pub(super) fn forget(&self, changes: &[Change]) {
        let mut flights = self.flights();
        let change_number = self.changes.fetch_add(1, Ordering::AcqRel) + 1;
        flights.under_way.retain(|key, _| !changes.iter().any(|change| change.may_concern(key)));
        for change in changes {
            change.wholesale().for_each(|kind| self.forgotten[kind].store(change_number, Ordering::Release));
            change.absences().for_each(|kind| self.absences_forgotten[kind].store(change_number, Ordering::Release));
            change.keys().for_each(|asked| self.entries.invalidate(&asked));
            if *change == Change::Everything {
                // They are out of force already; this gives their memory back.
                self.entries.invalidate_all();
            }
        }
        // Few at any time, and any of them may be mended by the change.
        self.failures.invalidate_all();
        self.counts.changes.fetch_add(1, Ordering::Relaxed);
        drop(flights);
        if changes.iter().any(Change::must_be_searched) {
            self.search(changes);
        }
    }

    /// Looks through everything: about 100 ns an entry.
    fn search(&self, changes: &[Change]) {
        for (key, entry) in self.entries.iter() {
            if changes.iter().any(|change| change.concerns(&key, &entry.answer)) {
                self.entries.invalidate(&*key);
            }
        }
    }

    /// The organization that is known by this id or name.
    pub(super) fn organization(&self, id_or_name: &str) -> Option<Arc<ShownOrganization>> {
        match self.find(&Question::Organization(id_or_name))?.1.answer {
            Answer::Organization(organization) => organization,
            _ => None,
        }
    }

    /// What is remembered of an organization's options.
    pub(super) fn options(&self, organization_id: &str) -> Option<(Arc<[LoginOption]>, Fetched)> {
        let (_, entry) = self.find(&Question::LoginOptions(organization_id))?;
        match entry.answer {
            Answer::Options(Some(set)) => Some((set.options, entry.fetched)),
            _ => None,
        }
    }

    /// The API says that there is no such organization any more: no page is drawn of it.
    pub(super) fn organization_is_gone(&self, organization: &ShownOrganization) {
        let ShownOrganization { id, name, .. } = organization;
        let mut flights = self.flights();
        for asked in [Question::Organization(id), Question::Organization(name), Question::LoginOptions(id)] {
            let asked = asked.map(CompactString::as_str);
            // One that began before may still bring it.
            flights.under_way.remove(&asked.to_key());
            self.entries.invalidate(&asked);
        }
        self.counts.changes.fetch_add(1, Ordering::Relaxed);
    }

    /// Keeps an answer of an earlier process. It is never fresh: nobody noticed the changes in between.
    pub(super) fn restore(&self, key: Key, answer: Answer, mut fetched: Fetched) {
        let fresh = u32::try_from(self.windows.fresh.as_secs()).unwrap_or(u32::MAX);
        fetched.seconds_then = fetched.seconds_then.max(fresh);
        let age = fetched.age(Instant::now());
        if self.windows.standing(age, answer.is_absent()).is_some() {
            let _flights = self.flights();
            self.keep(key, answer, fetched, self.changes.load(Ordering::Acquire));
        }
    }

    /// Keeps what a load brought. Most connections belong to one organization, whose options tell what its page needs of
    /// them: only one that is asked for a second time while the first answer would be fresh is kept by itself.
    fn keep_loaded(&self, key: &Key, answer: &Answer, fetched: Fetched, seen: u64) {
        if let Question::Connection(id) = key {
            let was_asked_for = self.asked_connections.has(id);
            self.asked_connections.add(id);
            if !was_asked_for {
                return;
            }
        } else {
            self.counts.changes.fetch_add(1, Ordering::Relaxed);
        }
        self.keep(key.clone(), answer.clone(), fetched, seen);
    }

    fn keep(&self, key: Key, answer: Answer, fetched: Fetched, seen: u64) {
        let weight = entries::weight(&key, &answer);
        self.entries.insert(key, Entry { answer, fetched, weight, seen });
    }

    /// Every answer that is in force.
    pub(super) fn entries(&self) -> impl Iterator<Item = (Arc<Key>, Entry)> + '_ {
        self.entries.iter().filter(|(key, entry)| self.standing(entry, key.kind()).is_some())
    }

    /// What could not be answered lately.
    pub(super) fn failure(&self, asked: &Asked<'_>) -> Option<Failure> {
        self.failures.get(asked)
    }

    pub(super) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// About the bytes of what there is, without a look.
    pub(super) fn weight(&self) -> u64 {
        self.entries.weight()
    }

    /// How much is remembered. It looks through everything.
    pub(super) fn totals(&self) -> Totals {
        let now = Instant::now();
        let count = |totals: Totals, (_, entry): (Arc<Key>, Entry)| Totals {
            entries: totals.entries + 1,
            weight_bytes: totals.weight_bytes + u64::from(if entry.answer.is_absent() { 0 } else { entry.weight }),
            oldest: totals.oldest.max(Some(entry.fetched.age(now))),
        };
        self.entries().fold(Totals::default(), count)
    }

    fn flights(&self) -> MutexGuard<'_, Flights> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read<V: Kept>(answer: Answer) -> Result<V> {
    V::read(answer).ok_or_else(|| ManagementError::unreachable("an answer of another kind was remembered"))
}

#[cfg(test)]
mod interleavings;
#[cfg(test)]
mod tests;
