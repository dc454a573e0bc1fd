//! How many calls one caller may make: a token bucket each, told in the contract's headers (§1.16).
//!
//! Budgets are kept by each node for itself.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use super::answer::Failure;
use super::caller::Caller;
use crate::config;
use crate::model::{ApiError, Timestamp};
use crate::web::budget_key;

/// Addresses remembered at most; idle ones are forgotten first, then the rest share one budget.
const MOST_ADDRESSES: usize = 10_000;

type Buckets<K> = RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>;

/// The buckets of all callers. Client ids come from verified tokens, so their number is bounded.
pub(super) struct Limits {
    clients: Buckets<String>,
    gateways: Buckets<String>,
    /// Apart from their reads, so that a flood of unknown names never keeps a person from completing a login.
    gateway_logins: Buckets<String>,
    /// Those without a valid token, by address.
    strangers: Buckets<IpAddr>,
}

/// What is left of a caller's budget after a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Budget {
    limit: u32,
    /// `None`: there was nothing left for this call.
    remaining: Option<u32>,
    /// Until the next call is possible.
    wait: Duration,
    /// Until the bucket is full again.
    until_full: Duration,
}

impl Limits {
    pub(super) fn new(settings: &config::Management) -> Self {
        let ordinary = quota(settings.requests_per_second, settings.request_burst);
        let gateway = quota(settings.gateway_requests_per_second, settings.gateway_request_burst);
        Self {
            clients: buckets(ordinary),
            gateways: buckets(gateway),
            gateway_logins: buckets(gateway),
            strangers: buckets(ordinary),
        }
    }

    pub(super) fn check(&self, caller: &Caller, path: &str) -> Budget {
        let buckets = match caller.is_gateway() {
            false => &self.clients,
            true if path.ends_with("/logins") => &self.gateway_logins,
            true => &self.gateways,
        };
        take(buckets, &caller.client_id)
    }

    /// For a call whose token was not accepted; an IPv6 address shares its /64's budget.
    pub(super) fn check_stranger(&self, address: IpAddr) -> Budget {
        if self.strangers.len() >= MOST_ADDRESSES {
            self.strangers.retain_recent();
        }
        let crowded = self.strangers.len() >= MOST_ADDRESSES;
        take(&self.strangers, &if crowded { IpAddr::from([0, 0, 0, 0]) } else { budget_key(address) })
    }
}

impl Budget {
    pub(super) fn is_spent(&self) -> bool {
        self.remaining.is_none()
    }

    /// The 429 of a spent budget.
    pub(super) fn refuse(&self) -> Response {
        let message = "Too many requests. Check the X-RateLimit-Limit, X-RateLimit-Remaining and X-RateLimit-Reset \
                       headers.";
        let error = ApiError::new(429, Some("too_many_requests"), message);
        let seconds = self.wait.as_secs_f64().ceil().max(1.0) as u64;
        let mut response = Failure::Api(error.with_retry_after(seconds)).into_response();
        tell(self, response.headers_mut());
        response
    }
}

/// Writes the headers that clients plan their next call by.
pub(super) fn tell(budget: &Budget, headers: &mut HeaderMap) {
    let reset = Timestamp::now().seconds() + budget.until_full.as_secs_f64().ceil() as i64;
    headers.insert("x-ratelimit-limit", HeaderValue::from(budget.limit));
    headers.insert("x-ratelimit-remaining", HeaderValue::from(budget.remaining.unwrap_or(0)));
    headers.insert("x-ratelimit-reset", HeaderValue::from(reset));
}

fn quota(per_second: u32, burst: u32) -> Quota {
    let positive = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
    Quota::per_second(positive(per_second)).allow_burst(positive(burst))
}

fn buckets<K: std::hash::Hash + Eq + Clone>(quota: Quota) -> Buckets<K> {
    RateLimiter::keyed(quota).with_middleware()
}

fn take<K: std::hash::Hash + Eq + Clone>(buckets: &Buckets<K>, key: &K) -> Budget {
    match buckets.check_key(key) {
        Ok(state) => {
            let (quota, remaining) = (state.quota(), state.remaining_burst_capacity());
            let limit = quota.burst_size().get();
            let until_full = quota.replenish_interval() * (limit - remaining.min(limit));
            Budget { limit, remaining: Some(remaining), wait: Duration::ZERO, until_full }
        }
        Err(not_until) => {
            let quota = not_until.quota();
            let wait = not_until.wait_time_from(buckets.clock().now());
            let until_full = quota.burst_size_replenished_in();
            Budget { limit: quota.burst_size().get(), remaining: None, wait, until_full }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::management::test_support::config;

    #[test]
    fn strangers_of_one_network_share_a_budget() {
        let mut settings = config().management;
        settings.request_burst = 1;
        let limits = Limits::new(&settings);
        let is_spent = |address: &str| limits.check_stranger(address.parse().expect("an address")).is_spent();
        assert!(!is_spent("2001:db8::1"));
        assert!(is_spent("2001:db8::2"), "the same /64");
        assert!(!is_spent("2001:db8:0:1::1"), "another /64");
    }
}
