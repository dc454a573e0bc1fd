//! Manners toward another machine's Management API: how often it is asked, and when it is left alone.

use std::time::{Duration, Instant, SystemTime};

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::gateway::Gateway;
use crate::support::hostile_world::HostileWorld;
use crate::support::http::{Page, Visitor};
use crate::support::ill_management::{IllManagement, Illness};
use crate::support::log::Log;

/// Nothing is drawn from memory and no failure is remembered, so that each page asks the API, if it may be asked.
const ASKS: &str = "management.stale_if_error_seconds = 0\nmanagement.failure_seconds = 0\n\
                    management.longest_failure_seconds = 0\n";

async fn start(settings: &str) -> (IllManagement, HostileWorld) {
    let front = IllManagement::start().await;
    let gateway = Gateway::start_behind(&front, &format!("{ASKS}{settings}")).await;
    let world = HostileWorld::of(gateway).await;
    assert_eq!(page(&world, "acme").await.status, 200);
    front.forget_calls();
    (front, world)
}

async fn page(world: &HostileWorld, organization: &str) -> Page {
    Visitor::new().get(world.application.begin(&[("organization", organization)]).url).await
}

fn wait(page: &Page) -> Option<u64> {
    page.header("retry-after")?.parse().ok()
}

/// Looks again until the page is there.
async fn look_until_well(world: &HostileWorld) {
    loop {
        let page = page(world, "acme").await;
        if page.status == 200 {
            return;
        }
        assert_eq!(page.status, 503, "{}", page.text());
        assert!((1..=60).contains(&wait(&page).unwrap()), "{:?}", page.headers);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The time between each call and the one before it.
fn gaps(front: &IllManagement) -> Vec<Duration> {
    front.all_calls().windows(2).map(|two| two[1].at - two[0].at).collect()
}

fn error(status: u16, code: &str) -> Value {
    json!({ "statusCode": status, "error": "No", "message": "No.", "errorCode": code })
}

fn says_wait(value: &str) -> Illness {
    Illness::Answer(429, vec![("retry-after", value.to_owned())], error(429, "too_many_requests"))
}

#[tokio::test]
async fn an_api_that_says_wait_is_left_alone_until_then() {
    let in_three_seconds = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(3));
    let cases = [
        ("GET /api/v2/clients/", says_wait("2"), 2000),
        ("GET /api/v2/organizations/name/", says_wait(&in_three_seconds), 1000),
        ("/enabled_connections?", Illness::Status(429, json!("slow down")), 1000),
        ("GET /api/v2/connections/", Illness::Status(429, error(429, "slow_down")), 1000),
    ];
    join_all(cases.into_iter().map(|(call, illness, milliseconds)| async move {
        let (front, world) = start("").await;
        front.fall_ill_once(call, illness);
        assert_eq!(page(&world, "acme").await.status, 503, "{call}");
        let told = front.all_calls().len();
        look_until_well(&world).await;
        let gap = gaps(&front)[told - 1];
        assert!(gap >= Duration::from_millis(milliseconds), "{call}: asked again after {gap:?}");
    }))
    .await;
}

#[tokio::test]
async fn nobody_completes_a_login_while_the_api_wants_to_be_left_alone() {
    let (front, world) = start("").await;
    let arrival = world.arrive("acme", "acme-sso").await;
    front.fall_ill_once("/organizations/name/", says_wait("60"));
    assert_eq!(wait(&page(&world, "acme").await), Some(60));
    front.forget_calls();
    let refused = arrival.enter().await;
    assert_eq!((refused.status, front.calls("")), (503, 0), "{}", refused.text());
    assert!((50..=60).contains(&wait(&refused).unwrap()));
    let answer = world.application.exchange(&arrival.begun, "any code").await;
    assert_eq!((answer.status, front.calls("")), (503, 0), "{}", answer.text());
}

#[tokio::test]
async fn a_person_who_must_wait_keeps_nobody_else_waiting() {
    let (front, world) = start("").await;
    let arrival = world.arrive("acme", "acme-sso").await;
    let illness = Illness::Answer(429, vec![("retry-after", "60".to_owned())], error(429, "too_many_attempts"));
    front.fall_ill_once("POST /api/v2/logins", illness);
    assert_ne!(arrival.enter().await.status, 503);
    assert_eq!(page(&world, "acme").await.status, 200);
}

#[tokio::test]
async fn an_api_that_fails_is_tried_by_one_call_at_a_time() {
    let (front, world) = start("").await;
    front.fall_ill("", Illness::Status(500, json!({})));
    // Five failures, then two trials, a second and two seconds later.
    let crowd = join_all((0..8).map(|_| async {
        while front.calls("") < 7 {
            let page = page(&world, "acme").await;
            assert_eq!(page.status, 503, "{}", page.text());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }));
    crowd.await;
    assert_eq!(front.calls(""), 7);
    let gaps = gaps(&front);
    assert!(gaps[4] >= Duration::from_millis(750) && gaps[5] >= Duration::from_millis(1500), "{gaps:?}");
    front.recover();
    look_until_well(&world).await;
}

#[tokio::test]
async fn a_token_that_is_not_good_enough_is_a_failure_and_no_absence() {
    for (status, code) in [(401, "invalid_token"), (403, "insufficient_scope")] {
        let (front, world) = start("").await;
        front.fall_ill("GET /api/v2/", Illness::Status(status, error(status, code)));
        for _ in 0..5 {
            assert_eq!(page(&world, "acme").await.status, 503, "{status}");
        }
        // What is refused with 401 is asked once more with a new token, and never again.
        let calls = if status == 401 { 10 } else { 5 };
        assert_eq!(front.calls("GET /api/v2/"), calls, "{status}");
        let until_open = front.all_calls().len();
        front.recover();
        look_until_well(&world).await;
        let gap = gaps(&front)[until_open - 1];
        assert!(gap >= Duration::from_millis(750), "{status}: tried again after {gap:?}");
    }
}

#[tokio::test]
async fn a_flood_of_made_up_names_from_one_address_reaches_the_api_a_few_times() {
    let (front, world) = start("management.unknown_names_per_minute = 5").await;
    let since = Instant::now();
    for number in 0..50 {
        let status = page(&world, &format!("made-up-{number}")).await.status;
        assert!([303, 429].contains(&status), "{status}");
    }
    let asked = front.calls("/organizations/name/made-up-");
    let forgiven = since.elapsed().as_secs() as usize / 12;
    assert!((5..=6 + forgiven).contains(&asked), "{asked}");
    assert_eq!(page(&world, "acme").await.status, 200, "a name that exists");
}

#[tokio::test]
async fn names_nobody_has_use_at_most_a_fifth_of_what_we_may_call() {
    let (front, world) = start(
        "management.calls_per_second = 5\nmanagement.call_burst = 300\nserver.trusted_proxies = [\"127.0.0.0/8\"]",
    )
    .await;
    let since = Instant::now();
    let visitor = Visitor::new();
    let mut refused = 0;
    for number in 0..100 {
        let name = format!("made-up-{number}");
        let url = world.application.begin(&[("organization", &name)]).url;
        let network = format!("10.0.{number}.1");
        let page = visitor.send(visitor.request("GET".parse().unwrap(), &url).header("x-forwarded-for", network)).await;
        assert!([303, 503].contains(&page.status), "{name}: {}", page.text());
        refused += usize::from(page.status == 503);
    }
    let asked = front.calls("/organizations/name/made-up-");
    let most = 60 + since.elapsed().as_secs() as usize + 1;
    assert!((50..=most).contains(&asked), "{asked}");
    assert_eq!(refused, 100 - asked);
    assert_eq!(page(&world, "acme").await.status, 200, "a name that is known");
}

#[tokio::test]
async fn a_spent_rate_limit_holds_back_only_what_nobody_waits_for() {
    let settings = "management.fresh_seconds = 0\nmanagement.stale_while_revalidate_seconds = 600";
    let (front, world) = start(settings).await;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let spent = vec![("x-ratelimit-remaining", "0".to_owned()), ("x-ratelimit-reset", (now + 60).to_string())];
    front.fall_ill("", Illness::Headers(spent));
    assert_eq!(page(&world, "globex").await.status, 200);
    front.recover();
    front.forget_calls();
    for _ in 0..5 {
        assert_eq!(page(&world, "acme").await.status, 200);
    }
    assert_eq!(front.calls("acme"), 0, "the page is drawn from memory");
    world.gateway.admin.organization("third").await;
    page(&world, "third").await;
    assert_eq!(front.calls("/organizations/name/third"), 1, "somebody waits for this one");
    assert_eq!(front.calls("acme"), 0);
}

#[tokio::test]
async fn one_line_tells_that_the_api_fails_and_one_that_it_is_well() {
    let log = Log::listen();
    let (front, world) = start("").await;
    front.fall_ill("", Illness::Status(500, json!({})));
    for _ in 0..10 {
        page(&world, "acme").await;
    }
    let failing = log.lines_with("the Management API fails");
    assert_eq!(failing.len(), 1, "{failing:?}");
    assert!(failing[0].contains("500") && failing[0].contains("failed_calls=5"), "{failing:?}");
    assert_eq!(log.lines_with("does not answer").len(), front.calls(""), "one for each page that a call failed for");
    front.recover();
    look_until_well(&world).await;
    let well = log.lines_with("the Management API is well again");
    assert_eq!(well.len(), 1, "{well:?}");
    assert!(well[0].contains("failed_calls=") && well[0].contains("refused_calls="), "{well:?}");
    front.fall_ill_once("/organizations/name/", says_wait("1"));
    page(&world, "acme").await;
    look_until_well(&world).await;
    assert_eq!(log.lines_with("the Management API says to wait").len(), 1);
    assert_eq!(log.lines_with("the Management API is well again").len(), 2);
}

#[tokio::test]
async fn metrics_tell_how_the_api_is() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let is_there = |line: &str| recorder.handle().render().lines().any(|found| found.starts_with(line));
    let has = |line: &str| assert!(is_there(line), "no {line} in:\n{}", recorder.handle().render());
    let (front, world) = start("").await;
    has("management_upstream_well 1");
    has("management_call_seconds");
    front.fall_ill("", Illness::Status(500, json!({})));
    for _ in 0..5 {
        page(&world, "acme").await;
    }
    has("management_call_failures_total 5");
    has("management_upstream_well 0");
    while !is_there("management_calls_refused_total{reason=\"failing\"}") {
        page(&world, "acme").await;
    }
    front.recover();
    look_until_well(&world).await;
    has("management_upstream_well 1");
}

#[tokio::test]
async fn two_seconds_are_the_most_a_person_waits() {
    let usual = vestibule::config::Config::from_text("", std::iter::empty()).unwrap();
    assert_eq!(usual.management.timeout_seconds, 2);
    let (front, world) = start("management.timeout_seconds = 2").await;
    front.fall_ill("GET /api/v2/organizations/", Illness::Hang);
    let since = Instant::now();
    assert_eq!(page(&world, "acme").await.status, 503);
    let waited = since.elapsed().as_millis();
    assert!((1900..4000).contains(&waited), "{waited} ms");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (front, world) = start("").await;
    let elsewhere = format!("{}/elsewhere", front.origin);
    for status in [301, 302, 307, 308] {
        let illness = Illness::Answer(status, vec![("location", elsewhere.clone())], json!({}));
        front.fall_ill_once("GET /api/v2/organizations/", illness);
        assert_eq!(page(&world, "acme").await.status, 503, "{status}");
        assert_eq!(page(&world, "acme").await.status, 200, "{status}");
    }
    assert_eq!(front.calls("elsewhere"), 0);
}

#[tokio::test]
async fn an_answer_is_never_asked_for_in_a_packed_form() {
    let (front, world) = start("").await;
    world.sign_in("acme", "acme-sso").await;
    let calls = front.all_calls();
    assert!(calls.len() > 5);
    for call in calls {
        assert_eq!(call.headers.get("accept-encoding"), None, "{}", call.line);
    }
}
