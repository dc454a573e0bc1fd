//! When an API that fails is left alone, and when one call may try it again.

use std::sync::Arc;
use std::time::{Duration, Instant};

/// Failures in a row, after which calls are no longer sent.
const FAILURES: u64 = 5;
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// People wait, so an API that is well again must be noticed soon.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Failures in a row open it: then nothing is sent but one trial at a time, each after a wait.
#[derive(Debug, Default)]
pub(super) struct Circuit {
    row: Option<Row>,
    open: Option<Open>,
    trials: u64,
}

/// The failures since the last answer.
#[derive(Debug)]
struct Row {
    since: Instant,
    failures: u64,
    last: Arc<str>,
}

#[derive(Debug)]
struct Open {
    until: Instant,
    /// Before the jitter.
    wait: Duration,
    trial: Option<Trial>,
}

/// The one call that is let through while the circuit is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Trial(u64);

/// What the failures so far come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failing {
    /// Of the first one.
    pub(super) since: Instant,
    pub(super) failures: u64,
    pub(super) last: Arc<str>,
}

impl Circuit {
    /// Lets a call through, as a trial when the circuit is open.
    ///
    /// # Errors
    /// The time until the next trial.
    pub(super) fn admit(&mut self, now: Instant) -> Result<Option<Trial>, Duration> {
        let Some(open) = &mut self.open else { return Ok(None) };
        if now < open.until {
            return Err(open.until - now);
        }
        if open.trial.is_some() {
            // How the trial ends is known after a call's time, which nobody knows better than this.
            return Err(FIRST_WAIT);
        }
        self.trials += 1;
        open.trial = Some(Trial(self.trials));
        Ok(open.trial)
    }

    /// An answer closes it, whichever call brought it.
    pub(super) fn answered(&mut self) {
        self.row = None;
        self.open = None;
    }

    /// A call failed; `jitter` in 0..1 shortens the wait, so that many gateways do not come back together.
    pub(super) fn failed(&mut self, trial: Option<Trial>, why: &str, now: Instant, jitter: f64) {
        let row = self.row.get_or_insert_with(|| Row { since: now, failures: 0, last: "".into() });
        row.failures += 1;
        row.last = why.into();
        let wait = match &self.open {
            None if row.failures < FAILURES => return,
            None => FIRST_WAIT,
            Some(open) if trial.is_some() && open.trial == trial => (open.wait * 2).min(LONGEST_WAIT),
            // Sent before the circuit opened: it tells nothing new.
            Some(_) => return,
        };
        self.open = Some(Open { until: now + wait.mul_f64(1.0 - jitter / 4.0), wait, trial: None });
    }

    /// A trial that ended without saying anything: another may be made at once.
    pub(super) fn undecided(&mut self, trial: Option<Trial>) {
        if let Some(open) = self.open.as_mut().filter(|open| trial.is_some() && open.trial == trial) {
            open.trial = None;
        }
    }

    /// `Some` while it is open.
    pub(super) fn failing(&self) -> Option<Failing> {
        self.open.as_ref()?;
        let Row { since, failures, last } = self.row.as_ref()?;
        Some(Failing { since: *since, failures: *failures, last: last.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn opened(now: Instant) -> Circuit {
        let mut circuit = Circuit::default();
        for _ in 0..FAILURES {
            circuit.failed(None, "500", now, 0.0);
        }
        circuit
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_an_answer_between_them_does_not() {
        let (mut circuit, now) = (Circuit::default(), Instant::now());
        for _ in 0..10 {
            for _ in 0..FAILURES - 1 {
                circuit.failed(None, "500", now, 0.0);
            }
            assert_eq!(circuit.admit(now), Ok(None));
            circuit.answered();
        }
        let mut circuit = opened(now);
        assert_eq!(circuit.admit(now), Err(SECOND));
        let failing = circuit.failing().expect("it is open");
        assert_eq!((failing.since, failing.failures, &*failing.last), (now, 5, "500"));
    }

    #[test]
    fn one_call_at_a_time_tries_it_after_each_wait() {
        let mut now = Instant::now();
        let mut circuit = opened(now);
        for seconds in [1, 2, 4, 5, 5] {
            let wait = SECOND * seconds;
            assert_eq!(circuit.admit(now), Err(wait));
            now += wait;
            let trial = circuit.admit(now).expect("the wait is over");
            assert!(trial.is_some());
            assert_eq!(circuit.admit(now), Err(SECOND), "a second one beside the trial");
            circuit.failed(trial, "500", now, 0.0);
        }
        now += LONGEST_WAIT;
        assert!(circuit.admit(now).is_ok());
        circuit.answered();
        assert_eq!((circuit.admit(now), circuit.failing()), (Ok(None), None));
    }

    #[test]
    fn calls_sent_before_it_opened_do_not_make_the_wait_longer() {
        let now = Instant::now();
        let mut circuit = opened(now);
        for _ in 0..100 {
            circuit.failed(None, "timeout", now + SECOND / 2, 0.0);
        }
        assert_eq!(circuit.failing().map(|failing| failing.failures), Some(105));
        let trial = circuit.admit(now + SECOND).expect("the wait is over");
        circuit.failed(None, "timeout", now + SECOND, 0.0);
        assert!(circuit.admit(now + SECOND).is_err(), "the trial is still under way");
        circuit.failed(trial, "timeout", now + SECOND, 0.0);
        assert_eq!(circuit.admit(now + SECOND), Err(SECOND * 2));
    }

    #[test]
    fn a_trial_that_decides_nothing_makes_room_for_another() {
        let now = Instant::now();
        let mut circuit = opened(now);
        let first = circuit.admit(now + SECOND).expect("the wait is over");
        circuit.undecided(first);
        let second = circuit.admit(now + SECOND).expect("the first has ended");
        assert_ne!(first, second);
        circuit.undecided(first);
        assert!(circuit.admit(now + SECOND).is_err(), "only its own end makes room");
    }

    #[test]
    fn jitter_shortens_a_wait_by_a_quarter_at_most() {
        let now = Instant::now();
        let mut circuit = Circuit::default();
        for _ in 0..FAILURES {
            circuit.failed(None, "500", now, 1.0);
        }
        assert_eq!(circuit.admit(now), Err(SECOND * 3 / 4));
    }
}
