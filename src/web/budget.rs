//! A budget per network address: how often it may do something that costs us or tells it something.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use super::client_address::budget_key;

/// Seconds to wait before the next try, at least 1; the value of a `Retry-After` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryAfter(pub u64);

/// Checks between two sweeps, at least.
const SWEEP_EVERY: usize = 1024;

/// Tries per address, counted in this process only.
///
/// Memory: an address whose budget is full again is swept out. The next sweep comes after as many checks as the
/// last one kept addresses, so about twice the addresses of the last minute are held at most.
pub struct Budget {
    limiter: RateLimiter<IpAddr, DefaultKeyedStateStore<IpAddr>, DefaultClock, StateInformationMiddleware>,
    clock: DefaultClock,
    /// Checks until the next sweep.
    until_sweep: AtomicUsize,
}

impl Budget {
    /// `tries` at once, and as many again spread over each minute; 0 counts as 1.
    pub fn per_minute(tries: u32) -> Self {
        let quota = Quota::per_minute(NonZeroU32::new(tries).unwrap_or(NonZeroU32::MIN));
        let until_sweep = AtomicUsize::new(SWEEP_EVERY);
        let limiter = RateLimiter::keyed(quota).with_middleware();
        Self { limiter, clock: DefaultClock::default(), until_sweep }
    }

    /// Spends one try of the address; an IPv6 address shares its /64's budget.
    ///
    /// # Errors
    /// The budget is used up.
    pub fn check(&self, address: IpAddr) -> Result<(), RetryAfter> {
        self.spend(address).map(|_| ()).map_err(|wait| RetryAfter(wait.as_millis().div_ceil(1000).max(1) as u64))
    }

    /// Spends one try: how many remain, or the time until the next.
    fn spend(&self, address: IpAddr) -> Result<u32, Duration> {
        self.sweep();
        let spent = self.limiter.check_key(&budget_key(address));
        spent.map(|state| state.remaining_burst_capacity()).map_err(|refusal| refusal.wait_time_from(self.clock.now()))
    }

    fn sweep(&self) {
        // One caller sees the 1; for others the count wraps and is huge until that one has set it again.
        if self.until_sweep.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.limiter.retain_recent();
            self.until_sweep.store(self.limiter.len().max(SWEEP_EVERY), Ordering::Relaxed);
        }
    }
}

/// A budget that only failures spend. Once it is spent, [`FailureBudget::open`] refuses until it has recovered.
pub struct FailureBudget {
    budget: Budget,
    /// The time after which one more failure is forgiven.
    forgiven_after: Duration,
    /// Until when an address is refused; few at any time, and the map is emptied when there are too many.
    closed: Mutex<HashMap<IpAddr, Instant>>,
}

const MOST_CLOSED: usize = 10_000;

impl FailureBudget {
    /// `failures` at once, and as many again spread over each minute.
    pub fn per_minute(failures: u32) -> Self {
        let forgiven_after = Duration::from_secs(60) / failures.max(1);
        Self { budget: Budget::per_minute(failures), forgiven_after, closed: Mutex::default() }
    }

    /// # Errors
    /// The address failed too often lately.
    pub fn open(&self, address: IpAddr) -> Result<(), RetryAfter> {
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        let key = budget_key(address);
        let Some(until) = closed.get(&key) else { return Ok(()) };
        let wait = until.saturating_duration_since(Instant::now());
        if wait.is_zero() {
            closed.remove(&key);
            return Ok(());
        }
        Err(RetryAfter(wait.as_secs() + 1))
    }

    /// Counts a failure; the last one that is free closes the address.
    pub fn fail(&self, address: IpAddr) {
        let wait = match self.budget.spend(address) {
            Ok(0) => self.forgiven_after,
            Ok(_) => return,
            Err(wait) => wait,
        };
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        if closed.len() >= MOST_CLOSED {
            closed.clear();
        }
        closed.insert(budget_key(address), Instant::now() + wait);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_budget_of_its_own() {
        let budget = Budget::per_minute(3);
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        for _ in 0..3 {
            assert_eq!(budget.check(address("2001:db8::1")), Ok(()));
        }
        let RetryAfter(seconds) = budget.check(address("2001:db8::2")).expect_err("the same /64");
        assert!((1..=20).contains(&seconds), "{seconds}");
        assert_eq!(budget.check(address("2001:db8:0:1::1")), Ok(()));
        assert_eq!(budget.check(address("192.0.2.1")), Ok(()));
    }

    #[test]
    fn only_failures_close_an_address() {
        let budget = FailureBudget::per_minute(2);
        let (here, there) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        for _ in 0..100 {
            assert_eq!(budget.open(here), Ok(()));
        }
        budget.fail(here);
        assert_eq!(budget.open(here), Ok(()));
        budget.fail(here);
        let RetryAfter(seconds) = budget.open(here).expect_err("both are spent");
        assert!((29..=30).contains(&seconds), "{seconds}");
        assert_eq!(budget.open(there), Ok(()));
    }

    #[test]
    fn addresses_whose_budget_is_full_again_are_forgotten() {
        // 60 million tries a minute: a budget is full again after a microsecond.
        let budget = Budget::per_minute(60_000_000);
        for number in 0..10 * SWEEP_EVERY as u32 {
            budget.check(IpAddr::from(number.to_be_bytes())).expect("a fresh address");
        }
        assert!(budget.limiter.len() <= 2 * SWEEP_EVERY, "{}", budget.limiter.len());
    }
}
