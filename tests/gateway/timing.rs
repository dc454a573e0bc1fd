//! What the time of an answer tells: nothing about which accounts, addresses and organizations there are (T15, T54).
//!
//! Long, and on a machine that does other things inexact: `make test-long` runs it.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::application::Application;
use crate::support::gateway::{Gateway, Mode};
use crate::support::http::{Page, Visitor};

/// Probes of each kind.
const PROBES: usize = 1000;

/// A difference nobody can use over a network.
const NO_DIFFERENCE: Duration = Duration::from_millis(1);

/// So many failures and mails as the probes need.
const SETTINGS: &str = "login.password_failures = 1000000\nlogin.picker_tries_per_minute = 1000000\nlogin.forms_per_minute = 1000000\n\
                        login.mails_per_hour = 1000000\nmanagement.unknown_names_per_minute = 1000000\n\
                        management.gateway_requests_per_second = 100000\nmanagement.gateway_request_burst = 100000";

struct House {
    gateway: Gateway,
    application: Application,
}

impl House {
    async fn start() -> Self {
        let gateway = Gateway::start_with(Mode::SqliteEmbedded, SETTINGS).await;
        let admin = &gateway.admin;
        let acme = admin.organization("acme").await;
        let people = admin.database("people").await;
        admin.enable(&acme, &people, true).await;
        admin.person("people", "ann@acme.example", "correct horse battery").await;
        let asks = json!({ "organization_require_behavior": "pre_login_prompt" });
        let application = Application::register(&gateway, asks).await;
        Self { gateway, application }
    }
}

/// The time of one kind of call. Its answer must not differ either.
async fn timed(call: impl AsyncFn(usize) -> Page, number: usize) -> (Duration, u16) {
    let begun = Instant::now();
    let page = call(number).await;
    (begun.elapsed(), page.status)
}

/// Probes both kinds in turn, so that what else the machine does hits both.
async fn assert_same_time(what: &str, one: impl AsyncFn(usize) -> Page, other: impl AsyncFn(usize) -> Page) {
    let (mut ones, mut others) = (Vec::with_capacity(PROBES), Vec::with_capacity(PROBES));
    for number in 0..PROBES {
        let (first, second) = (timed(&one, number).await, timed(&other, number).await);
        assert_eq!(first.1, second.1, "{what}: the statuses differ");
        ones.push(first.0);
        others.push(second.0);
    }
    let gap = median(&ones).abs_diff(median(&others));
    let p = same_distribution(&ones, &others);
    assert!(gap < NO_DIFFERENCE || p > 0.01, "{what}: the medians differ by {gap:?} (p = {p:.4})");
}

fn median(times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort();
    sorted[sorted.len() / 2]
}

/// How likely samples of one distribution differ at least so much: Mann and Whitney's U, by its normal approximation.
fn same_distribution(ones: &[Duration], others: &[Duration]) -> f64 {
    let mut ranked: Vec<(Duration, bool)> = ones.iter().map(|time| (*time, true)).collect();
    ranked.extend(others.iter().map(|time| (*time, false)));
    ranked.sort();
    let ranks: f64 = ranked.iter().zip(1..).filter(|((_, first), _)| *first).map(|(_, rank)| f64::from(rank)).sum();
    let (n, m) = (ones.len() as f64, others.len() as f64);
    let u = ranks - n * (n + 1.0) / 2.0;
    let z = (u - n * m / 2.0).abs() / (n * m * (n + m + 1.0) / 12.0).sqrt();
    // Twice the upper tail of the normal distribution (Abramowitz and Stegun 26.2.17).
    let t = 1.0 / (1.0 + 0.231_641_9 * z);
    let tail = (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let series = [1.330_274_429, -1.821_255_978, 1.781_477_937, -0.356_563_782, 0.319_381_530];
    2.0 * tail * series.into_iter().fold(0.0, |sum, factor| (sum + factor) * t)
}

#[test]
fn the_statistics_tell_samples_of_two_distributions_apart() {
    let of = |numbers: &[u64]| numbers.iter().map(|number| Duration::from_micros(*number)).collect::<Vec<_>>();
    let (low, high) = (of(&(0..100).collect::<Vec<_>>()), of(&(50..150).collect::<Vec<_>>()));
    assert!(same_distribution(&low, &high) < 0.0001);
    let (even, odd) = (of(&(0..200).step_by(2).collect::<Vec<_>>()), of(&(1..200).step_by(2).collect::<Vec<_>>()));
    assert!(same_distribution(&even, &odd) > 0.5);
}

#[tokio::test]
#[ignore = "long: 2000 passwords"]
async fn the_time_of_a_wrong_password_tells_no_account() {
    let house = House::start().await;
    let visitor = Visitor::new();
    let page = visitor.get(house.application.begin(&[("organization", "acme")]).url).await;
    let guess = async |address: &str| visitor.submit(&page, &[("username", address), ("password", "wrong")]).await;
    let known = async |_| guess("ann@acme.example").await;
    assert_same_time("a wrong password", known, async |_| guess("bob@acme.example").await).await;
}

#[tokio::test]
#[ignore = "long: 2000 names"]
async fn the_time_of_the_picker_tells_no_organization_that_cannot_be_opened() {
    let house = House::start().await;
    let closed = Application::register(&house.gateway, json!({ "organization_usage": "deny" })).await;
    let visitor = Visitor::new();
    let url = closed.begin(&[]).url.replace("/authorize?", "/login/organization?");
    // Names that were never asked for: what is remembered is faster, and tells only that somebody asked.
    let try_name = async |name: String| visitor.get(format!("{url}&organization={name}")).await;
    for number in 0..PROBES {
        house.gateway.admin.organization(&format!("there-{number}")).await;
    }
    let there = async |number| try_name(format!("there-{number}")).await;
    assert_same_time("a name", there, async |number| try_name(format!("absent-{number}")).await).await;
}
