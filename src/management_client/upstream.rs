//! Manners toward another machine's Management API: how much is asked, and when nothing is.

use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use governor::clock::Clock;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use hyper::HeaderMap;
use url::Url;

use super::circuit::{Circuit, Trial};
use super::pause::{Pause, rate_limit_reset, retry_after};
use super::{ManagementError, Result};
use crate::config;
use crate::model::cache_report::{UpstreamReport, UpstreamState};
use crate::model::random_bytes;

/// Bytes of a reason: a made-up name in it must not make it long.
const LONGEST_REASON: usize = 300;

/// Who waits for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asking {
    /// Nobody: the page is drawn from what is remembered.
    Refresh,
    /// A person, who looks at something or completes it.
    Look,
    /// The same, about a name that is not known to exist; all of these together have a fifth of the budget.
    Stranger,
}

/// Why there is no answer that can be used.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{why}")]
pub struct Unreachable {
    pub why: String,
    /// Seconds, when the API is left alone until then; the log has said that once.
    pub(super) retry_after: Option<u64>,
}

impl Unreachable {
    /// When to come again; the value of a `Retry-After` header.
    pub fn seconds(&self) -> u64 {
        self.retry_after.unwrap_or(10)
    }

    /// Whether a call failed; else the API is left alone, and whoever hears of it writes no further line.
    pub fn is_failure(&self) -> bool {
        self.retry_after.is_none()
    }
}

impl ManagementError {
    pub(super) fn unreachable(why: impl Into<String>) -> Self {
        let mut why = why.into();
        why.truncate(why.floor_char_boundary(LONGEST_REASON));
        Self::Unreachable(Unreachable { why, retry_after: None })
    }

    /// The same for who asks before this moment: nothing is asked until then.
    pub(super) fn until(&self, moment: Instant) -> Self {
        match self {
            Self::Unreachable(Unreachable { why, .. }) => {
                let wait = moment.saturating_duration_since(Instant::now()).as_secs() + 1;
                Self::Unreachable(Unreachable { why: why.clone(), retry_after: Some(wait) })
            }
            other => other.clone(),
        }
    }

    /// The seconds to wait when the API is left alone; whoever hears of it writes no further line.
    pub fn left_alone(&self) -> Option<u64> {
        match self {
            Self::Unreachable(why) => why.retry_after,
            _ => None,
        }
    }
}

/// What is known of the API, and what it may be asked.
pub(super) struct Upstream {
    origin: String,
    calls: DefaultDirectRateLimiter,
    strangers: DefaultDirectRateLimiter,
    health: Mutex<Health>,
}

#[derive(Default)]
struct Health {
    circuit: Circuit,
    pause: Pause,
    /// Calls that were not sent since the API is not well.
    refused: u64,
}

/// A call that may be sent; whoever holds it tells how it ended. One that is dropped was never answered and never
/// failed: its person went away, or it has to be made again.
pub(super) struct Call<'u> {
    /// `None`: the API of this process, toward which there are no manners to keep.
    upstream: Option<&'u Upstream>,
    trial: Option<Trial>,
    started: Instant,
}

impl Upstream {
    pub(super) fn new(url: &Url, settings: &config::Management) -> Self {
        let bucket = |share: u32| {
            let number = |whole: u32| NonZeroU32::new(whole / share).unwrap_or(NonZeroU32::MIN);
            let quota = Quota::per_second(number(settings.calls_per_second));
            RateLimiter::direct(quota.allow_burst(number(settings.call_burst)))
        };
        let origin = url.origin().ascii_serialization();
        Self { origin, calls: bucket(1), strangers: bucket(5), health: Mutex::default() }
    }

    /// How it is doing, for administrators.
    pub(super) fn report(&self, now: Instant) -> UpstreamReport {
        let health = self.health();
        let paused_seconds = health.pause.left(now).map(|left| left.as_secs() + 1);
        let failing = health.circuit.failing();
        let state = match (&paused_seconds, &failing) {
            (Some(_), _) => UpstreamState::Paused,
            (None, Some(_)) => UpstreamState::Failing,
            (None, None) => UpstreamState::Well,
        };
        UpstreamReport {
            origin: self.origin.clone(),
            state,
            paused_seconds,
            failing_seconds: failing.as_ref().map(|it| now.saturating_duration_since(it.since).as_secs()),
            last_error: failing.map(|failing| failing.last.to_string()),
        }
    }

    fn admit(&self, asking: Asking, now: Instant) -> Result<Call<'_>> {
        let trial = self.health().admit(asking, now)?;
        let call = Call { upstream: Some(self), trial, started: now };
        if asking == Asking::Stranger {
            take(&self.strangers, "strangers", "too many unknown names")?;
        }
        take(&self.calls, "budget", "too many calls at once (management.calls_per_second)")?;
        Ok(call)
    }

    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn take(bucket: &DefaultDirectRateLimiter, reason: &'static str, why: &str) -> Result<()> {
    // A clock of one's own asks the processor what it can, which takes longer than the call where machines are virtual.
    bucket.check().map_err(|refusal| refuse(reason, why.to_owned(), refusal.wait_time_from(bucket.clock().now())))
}

/// A call that is not sent; it fails at once.
fn refuse(reason: &'static str, why: String, wait: Duration) -> ManagementError {
    metrics::counter!("management_calls_refused_total", "reason" => reason).increment(1);
    let seconds = wait.as_secs_f64().ceil().max(1.0) as u64;
    ManagementError::Unreachable(Unreachable { why: format!("not asked: {why}"), retry_after: Some(seconds) })
}

impl Health {
    fn admit(&mut self, asking: Asking, now: Instant) -> Result<Option<Trial>> {
        if let Some(wait) = self.pause.left(now) {
            self.refused += 1;
            return Err(refuse("paused", "it said to wait".to_owned(), wait));
        }
        if let Some(wait) = self.pause.left_for_refreshes(now).filter(|_| asking == Asking::Refresh) {
            return Err(refuse("rate_limit", "nothing is left of its rate limit".to_owned(), wait));
        }
        self.circuit.admit(now).map_err(|wait| {
            self.refused += 1;
            let last = self.circuit.failing().map_or_else(|| "".into(), |failing| failing.last);
            refuse("failing", format!("it fails: {last}"), wait)
        })
    }

    /// Since when the API is not well, and how many calls that cost.
    fn trouble(&self) -> Option<(Instant, u64)> {
        let failing = self.circuit.failing().map(|failing| (failing.since, failing.failures));
        let pausing = self.pause.pausing();
        match (failing, pausing) {
            (Some(one), Some(other)) => Some((one.0.min(other.0), one.1 + other.1)),
            (one, other) => one.or(other),
        }
    }

    /// Changes what is known of the API, and writes one line where it is well no more, or again.
    fn learn(&mut self, now: Instant, change: impl FnOnce(&mut Self)) {
        let (was_failing, before) = (self.circuit.failing().is_some(), self.trouble());
        let was_pausing = self.pause.pausing().is_some();
        change(self);
        let after = self.trouble();
        metrics::gauge!("management_upstream_well").set(if after.is_none() { 1.0 } else { 0.0 });
        if let Some(failing) = self.circuit.failing().filter(|_| !was_failing) {
            let (reason, failed_calls) = (&*failing.last, failing.failures);
            tracing::error!(reason, failed_calls, "the Management API fails; one call at a time tries it");
        }
        if let Some(wait) = self.pause.left(now).filter(|_| !was_pausing) {
            let seconds = wait.as_secs_f64();
            tracing::warn!(seconds, "the Management API says to wait; nothing is asked until then");
        }
        if let (Some((since, failed_calls)), None) = (before, after) {
            let seconds = now.saturating_duration_since(since).as_secs_f64();
            let refused_calls = std::mem::take(&mut self.refused);
            tracing::info!(seconds, failed_calls, refused_calls, "the Management API is well again");
        }
    }
}

impl<'u> Call<'u> {
    /// Lets a call be sent.
    ///
    /// # Errors
    /// `Unreachable` with the time to wait: the API is left alone, or has been asked enough.
    pub(super) fn begin(upstream: Option<&'u Upstream>, asking: Asking) -> Result<Self> {
        let now = Instant::now();
        match upstream {
            Some(upstream) => upstream.admit(asking, now),
            None => Ok(Self { upstream: None, trial: None, started: now }),
        }
    }

    /// The API did its part, whatever it said.
    pub(super) fn answered(self, headers: &HeaderMap) {
        self.took(|health, now| {
            health.circuit.answered();
            health.pause.answered(now);
            if let Some(wait) = rate_limit_reset(headers, SystemTime::now()) {
                health.pause.hold_refreshes(wait, now);
            }
        });
    }

    /// There is no answer, or none that can be used.
    pub(super) fn failed(self, why: String) -> ManagementError {
        metrics::counter!("management_call_failures_total").increment(1);
        let trial = self.trial;
        let jitter = f64::from(u32::from_le_bytes(random_bytes())) / f64::from(u32::MAX);
        self.took(|health, now| health.circuit.failed(trial, &why, now, jitter));
        ManagementError::unreachable(why)
    }

    /// The API said to come back later, which is no failure.
    pub(super) fn told_to_wait(self, headers: &HeaderMap, why: String) -> ManagementError {
        let wait = retry_after(headers, SystemTime::now());
        let mut left = None;
        self.took(|health, now| {
            health.pause.asked(wait, now);
            left = health.pause.left(now);
        });
        let seconds = left.or(wait).map(|wait| wait.as_secs_f64().ceil() as u64);
        ManagementError::Unreachable(Unreachable { why, retry_after: seconds })
    }

    /// The call ended without telling how the API is: it is made again, or its answer is about who asked.
    pub(super) fn undecided(self) {
        self.took(|_, _| ());
    }

    fn took(self, learn: impl FnOnce(&mut Health, Instant)) {
        let now = Instant::now();
        metrics::histogram!("management_call_seconds").record(now - self.started);
        if let Some(upstream) = self.upstream {
            upstream.health().learn(now, |health| learn(health, now));
        }
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if let Some(upstream) = self.upstream.filter(|_| self.trial.is_some()) {
            upstream.health().circuit.undecided(self.trial);
        }
    }
}
