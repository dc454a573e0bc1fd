//! How many calls one caller may make: a token bucket each, told in the contract's headers (§1.16).
//!
//! Budgets are kept by each node for itself.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, Method};
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use super::answer::Failure;
use super::caller::Caller;
use crate::config::{self, EndpointLimit};
use crate::model::{ApiError, Timestamp};
use crate::web::budget_key;

/// Addresses remembered at most; idle ones are forgotten first, then the rest share one budget.
const MOST_ADDRESSES: usize = 10_000;

type Buckets<K> = RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>;

/// The buckets of all callers. Client ids come from verified tokens, so their number is bounded.
pub(super) struct Limits {
    clients: Buckets<String>,
    gateways: Buckets<String>,
    /// What people do on the way to a login. Apart from their reads, so that a flood of unknown names never keeps a
    /// person from completing one.
    gateway_logins: Buckets<String>,
    /// Groups of operations that the settings give a budget of their own, by name: `organizations_read`.
    groups: HashMap<String, Buckets<String>>,
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
            groups: settings.endpoint_limits.iter().map(group_buckets).collect(),
            strangers: buckets(ordinary),
        }
    }

    /// The budget of the caller, or of the operation's group where that is the tighter one. `scopes` are the
    /// operation's: what they are about names its group.
    pub(super) fn check(&self, caller: &Caller, path: &str, method: &Method, scopes: Option<&[&str]>) -> Budget {
        let buckets = match caller.is_gateway() {
            true if is_of_a_login(path, method) => return take(&self.gateway_logins, &caller.subject),
            true => return take(&self.gateways, &caller.subject),
            false => &self.clients,
        };
        let budget = take(buckets, &caller.subject);
        let group = scopes.and_then(|scopes| self.groups.get(&group_of(method, scopes.first()?)));
        match group {
            Some(group) if !budget.is_spent() => budget.tighter(take(group, &caller.subject)),
            _ => budget,
        }
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

    fn tighter(self, other: Self) -> Self {
        if other.remaining < self.remaining { other } else { self }
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

/// Whether somebody does something on the way to a login. What a gateway looks up there (GET) is a read as any other.
fn is_of_a_login(path: &str, method: &Method) -> bool {
    let path = path.strip_prefix("/api/v2").unwrap_or(path);
    let rest = path.strip_prefix("/logins");
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) && *method != Method::GET
}

/// `organization_connections_read` for `GET` with `read:organization_connections`.
fn group_of(method: &Method, scope: &str) -> String {
    let about = scope.split_once(':').map_or(scope, |(_, about)| about);
    let verb = if matches!(*method, Method::GET | Method::HEAD) { "read" } else { "write" };
    format!("{about}_{verb}")
}

fn group_buckets((name, limit): (&String, &EndpointLimit)) -> (String, Buckets<String>) {
    (name.clone(), buckets(quota(limit.requests_per_second, limit.request_burst)))
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
    use crate::management::test_support::{caller, config};

    #[test]
    fn a_group_of_operations_has_a_budget_of_its_own() {
        let text = "[management.endpoint_limits]\norganizations_read = { requests_per_second = 1, request_burst = 1 }";
        let settings = crate::config::Config::from_text(text, std::iter::empty()).expect("settings").management;
        let (limits, caller) = (Limits::new(&settings), caller(&[]));
        let is_spent = |method, scope| limits.check(&caller, "/organizations", &method, Some(&[scope])).is_spent();
        assert!(!is_spent(Method::GET, "read:organizations"));
        assert!(is_spent(Method::HEAD, "read:organizations"));
        assert!(!is_spent(Method::POST, "create:organizations"), "another group");
    }

    #[test]
    fn everything_on_the_way_to_a_login_is_apart_from_reads() {
        for (path, method, expected) in [
            ("/api/v2/logins", Method::POST, true),
            ("/logins/tickets", Method::POST, true),
            ("/logins/discoveries", Method::GET, false),
            ("/organizations/logins", Method::POST, false),
            ("/loginsx", Method::POST, false),
        ] {
            assert_eq!(is_of_a_login(path, &method), expected, "{method} {path}");
        }
    }

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
