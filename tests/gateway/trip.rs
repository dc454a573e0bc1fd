//! The trip to an identity provider and back: one login for one browser, and nobody else's.

use serde_json::json;
use url::Url;

use crate::matrix;
use crate::support::application::claims;
use crate::support::gateway::Mode;
use crate::support::hostile_world::{HostileWorld, assert_page};
use crate::support::http::{Page, Visitor};
use crate::support::world::World;

matrix! {
    a_callback_is_used_once,
    of_two_callbacks_at_once_one_signs_in,
    two_organizations_trips_in_one_browser_stay_apart,
}

async fn a_callback_is_used_once(mode: Mode) {
    let world = World::start(mode).await;
    let visitor = Visitor::new();
    let begun = world.application.begin(&[("organization", "acme"), ("connection", "acme-sso")]);
    let trip = visitor.get(&begun.url).await;
    let callback = world.provider.sign_in(&visitor, trip.location(), "alice").await;
    let page = visitor.get(&callback).await;
    assert_ended("used", &visitor.get(&callback).await);
    assert_eq!(world.provider.token_requests().await, 1);
    // The first login has not suffered from the second try.
    world.application.tokens(&begun, &page).await;
    let again = world.application.begin(&[("organization", "acme"), ("prompt", "none")]);
    world.application.code(&again, &visitor.get(&again.url).await);
}

async fn of_two_callbacks_at_once_one_signs_in(mode: Mode) {
    let world = World::start(mode).await;
    let visitor = Visitor::new();
    let begun = world.application.begin(&[("organization", "acme"), ("connection", "acme-sso")]);
    let trip = visitor.get(&begun.url).await;
    let callback = world.provider.sign_in(&visitor, trip.location(), "alice").await;
    let pages = futures_util::future::join_all((0..8).map(|_| visitor.get(&callback))).await;
    let (in_, out): (Vec<_>, Vec<_>) = pages.iter().partition(|page| page.status == 303);
    assert_eq!((in_.len(), out.len()), (1, 7));
    world.application.code(&begun, in_[0]);
    out.iter().for_each(|page| assert_ended("parallel", page));
    assert_eq!(world.provider.token_requests().await, 1);
}

async fn two_organizations_trips_in_one_browser_stay_apart(mode: Mode) {
    let world = World::start(mode).await;
    let visitor = Visitor::new();
    let mut trips = Vec::new();
    for (organization, connection) in [("acme", "acme-sso"), ("globex", "globex-sso"), ("acme", "acme-sso")] {
        let begun = world.application.begin(&[("organization", organization), ("connection", connection)]);
        let trip = visitor.get(&begun.url).await;
        let callback = world.provider.sign_in(&visitor, trip.location(), "alice").await;
        trips.push((begun, callback));
    }
    let (acme, globex) = (&trips[0].1, &trips[1].1);
    // Acme's answer at Globex's door: the state belongs to another connection.
    let mut swapped = globex.clone();
    swapped.set_query(acme.query());
    assert_ended("swapped", &visitor.get(swapped).await);
    assert_eq!(world.provider.token_requests().await, 0);
    // Globex' login ends at Globex, whatever else was begun; and Acme's other trip is alive.
    let (error, _) = world.application.error(&trips[1].0, &visitor.get(globex).await);
    assert_eq!(error, "access_denied");
    let page = visitor.get(&trips[2].1).await;
    let tokens = world.application.tokens(&trips[2].0, &page).await;
    assert_eq!(claims(tokens["id_token"].as_str().unwrap())["org_id"], world.acme.as_str());
}

/// The page for a callback that names no trip of this browser.
fn assert_ended(what: &str, page: &Page) {
    assert_eq!(page.status, 400, "{what}: {}", page.text());
    assert_page(what, page);
    assert!(page.text().contains("This sign-in has ended"), "{what}: {}", page.text());
    assert!(page.headers.get("set-cookie").is_none(), "{what}");
}

/// A query parameter gets another value, or goes.
fn changed(url: &Url, name: &str, value: Option<&str>) -> Url {
    let kept = url.query_pairs().filter(|(n, _)| n != name).map(|(n, v)| (n.into_owned(), v.into_owned()));
    let all: Vec<_> = kept.chain(value.map(|value| (name.to_owned(), value.to_owned()))).collect();
    let mut url = url.clone();
    url.query_pairs_mut().clear().extend_pairs(all);
    url
}

fn parameter(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned()).unwrap()
}

#[tokio::test]
async fn a_callback_that_names_no_trip_of_this_browser_signs_nobody_in() {
    let world = HostileWorld::start().await;
    let arrival = world.arrive("acme", "acme-sso").await;
    let state = parameter(&arrival.callback, "state");
    let swapped_case: String =
        state.chars().map(|c| if c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }).collect();
    for value in [None, Some(""), Some("made-up"), Some(&state[1..]), Some(&swapped_case), Some(&"x".repeat(8000))] {
        let page = arrival.visitor.get(changed(&arrival.callback, "state", value)).await;
        assert_ended(&format!("state {value:?}"), &page);
    }
    for name in ["state", "code", "iss", "error"] {
        let doubled = format!("{}&{name}=x&{name}=x", arrival.callback);
        assert_ended(&format!("doubled {name}"), &arrival.visitor.get(doubled).await);
    }
    assert_eq!(world.provider.seen().token, 0);
    // None of this has spent the trip.
    world.application.code(&arrival.begun, &arrival.enter().await);
}

#[tokio::test]
async fn an_answer_at_another_connections_door_signs_nobody_in() {
    let world = HostileWorld::start().await;
    for door in ["acme-spare", "globex-sso", "nowhere", "ACME-SSO", "acme-sso%20", "acme-sso%00", "%FF"] {
        let arrival = world.arrive("acme", "acme-sso").await;
        let query = arrival.callback.query().unwrap();
        let address = world.gateway.url(&format!("/login/callback/{door}?{query}"));
        let page = arrival.visitor.get(&address).await;
        assert_eq!((page.status, page.headers.get("set-cookie")), (400, None), "{door}: {}", page.text());
    }
    assert_eq!(world.provider.seen().token, 0);
    assert!(world.gateway.admin.user_ids().await.is_empty());
}

#[tokio::test]
async fn only_a_person_who_arrives_spends_the_trip() {
    let world = HostileWorld::start().await;
    let arrival = world.arrive("acme", "acme-sso").await;
    for method in ["HEAD", "OPTIONS", "PUT"] {
        let request = arrival.visitor.request(method.parse().unwrap(), arrival.callback.as_str());
        let page = arrival.visitor.send(request).await;
        assert_eq!((page.status, page.headers.get("set-cookie")), (405, None), "{method}");
    }
    assert_eq!(world.provider.seen().token, 0);
    world.application.code(&arrival.begun, &arrival.enter().await);
}

#[tokio::test]
async fn another_browsers_answer_signs_nobody_in() {
    let world = HostileWorld::start().await;
    let attacker = world.arrive("acme", "acme-sso").await;
    assert_ended("a browser without a trip", &Visitor::new().get(&attacker.callback).await);
    let victim = world.arrive("acme", "acme-sso").await;
    assert_ended("a browser with a trip of its own", &victim.visitor.get(&attacker.callback).await);
    assert_eq!(world.provider.seen().token, 0);
    world.application.code(&victim.begun, &victim.enter().await);
    // Nor has it spent the trip of the browser that began it.
    world.application.code(&attacker.begun, &attacker.enter().await);
}

#[tokio::test]
async fn an_answer_that_comes_too_late_signs_nobody_in() {
    let world = HostileWorld::start_with("login.trip_seconds = 0").await;
    let visitor = Visitor::new();
    let trip = visitor.get(world.begin("acme", "acme-sso").url).await;
    let callback = visitor.get(trip.location()).await.location();
    assert_ended("stale", &visitor.get(callback).await);
    assert_eq!(world.provider.seen().token, 0);
}

#[tokio::test]
async fn swapped_codes_and_states_sign_nobody_in_anywhere() {
    let world = HostileWorld::start().await;
    let visitor = Visitor::new();
    // Both connections are at the same identity provider, so only the trip keeps them apart.
    let (_, acme) = world.travel(&visitor, "acme", "acme-spare").await;
    let (_, globex) = world.travel(&visitor, "globex", "globex-sso").await;
    for (to, from) in [(&acme, &globex), (&globex, &acme)] {
        let page = visitor.get(changed(to, "code", Some(&parameter(from, "code")))).await;
        assert_eq!(page.status, 502, "{}", page.text());
        assert_page("swapped code", &page);
    }
    let (_, acme) = world.travel(&visitor, "acme", "acme-spare").await;
    let (_, globex) = world.travel(&visitor, "globex", "globex-sso").await;
    for (to, from) in [(&acme, &globex), (&globex, &acme)] {
        assert_ended("swapped", &visitor.get(changed(to, "state", Some(&parameter(from, "state")))).await);
    }
    assert!(world.gateway.admin.user_ids().await.is_empty());
}

#[tokio::test]
async fn what_else_stands_in_a_callback_changes_nothing() {
    let world = HostileWorld::start().await;
    let arrival = world.arrive("acme", "acme-sso").await;
    let more = "organization=globex&connection=globex-sso&client_id=x&redirect_uri=https://evil.example&user=x";
    let page = arrival.visitor.get(format!("{}&{more}", arrival.callback)).await;
    let claims = world.application.id_claims(&arrival.begun, &page).await;
    assert_eq!(claims["org_id"], world.acme.as_str());
    assert!(world.gateway.admin.member_ids(&world.globex).await.is_empty());
}

#[tokio::test]
async fn many_trips_leave_one_cookie_and_all_can_finish() {
    let world = HostileWorld::start().await;
    let visitor = Visitor::new();
    let mut trips = Vec::new();
    for _ in 0..50 {
        trips.push(world.travel(&visitor, "acme", "acme-sso").await);
    }
    let origin = Url::parse(&world.gateway.origin).unwrap();
    let cookies = visitor.cookie_header(&origin);
    assert_eq!(cookies.split("; ").count(), 1, "{cookies}");
    for (begun, callback) in [&trips[0], &trips[48], &trips[49]] {
        world.application.code(begun, &visitor.get(callback).await);
    }
}

#[tokio::test]
async fn an_address_that_starts_too_many_trips_waits() {
    let world = HostileWorld::start_with("login.trips_per_minute = 2").await;
    for _ in 0..2 {
        world.arrive("acme", "acme-sso").await;
    }
    let begun = world.begin("acme", "acme-sso");
    let page = Visitor::new().get(&begun.url).await;
    assert_eq!(page.status, 429, "{}", page.text());
    assert!(page.header("retry-after").is_some_and(|wait| (1..=60).contains(&wait.parse::<u32>().unwrap())));
    assert_page("budget", &page);
    assert!(page.headers.get("set-cookie").is_none());
    // Pages cost nothing and are still shown.
    let page = Visitor::new().get(world.application.begin(&[("organization", "acme")]).url).await;
    assert_eq!(page.option_titles().len(), 2);
}

#[tokio::test]
async fn an_error_of_the_identity_provider_leads_to_the_other_options() {
    let world = HostileWorld::start().await;
    let description = "<script>alert(1)</script>";
    world.provider.behave(|b| {
        let error = [("code", None), ("error", Some("access_denied".to_owned()))];
        b.callback = error.into_iter().chain([("error_description", Some(description.to_owned()))]).collect();
    });
    let (arrival, page) = world.sign_in("acme", "acme-sso").await;
    world.assert_refused("error", &page).await;
    assert!(!page.text().contains("alert(1)"), "{}", page.text());
    assert_eq!(world.provider.seen().token, 0);
    assert_ended("the same again", &arrival.enter().await);
    // From there the person goes on by another option, and the application gets what it asked for.
    let options = arrival.visitor.click(&page, "See the ways to sign in").await;
    let trip = arrival.visitor.click(&options, "Continue with Acme spare").await;
    let callback = arrival.visitor.get(trip.location()).await.location();
    world.application.code(&arrival.begun, &arrival.visitor.get(callback).await);
}

#[tokio::test]
async fn an_answer_by_form_comes_again_as_a_get() {
    let world = HostileWorld::start().await;
    let arrival = world.arrive("acme", "acme-sso").await;
    let mut address = arrival.callback.clone();
    address.set_query(None);
    let fields: Vec<_> = arrival.callback.query_pairs().into_owned().collect();
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    // From another site a browser sends no SameSite=Lax cookie with a form.
    let page = Visitor::new().post_form_from(&world.provider.issuer, "cross-site", address.clone(), &fields).await;
    assert_eq!(page.status, 303, "{}", page.text());
    assert_eq!(page.location(), arrival.callback);
    world.application.code(&arrival.begun, &arrival.visitor.get(page.location()).await);

    let with_query = Visitor::new().post_form_from("null", "cross-site", &arrival.callback, &fields).await;
    assert_eq!(with_query.status, 400);
    let broken = Visitor::new();
    let request =
        broken.request("POST".parse().unwrap(), address.as_str()).body(b"state=\xff\r\nset-cookie: a=b".to_vec());
    let page = broken.send(request).await;
    assert_eq!((page.status, page.headers.get("set-cookie")), (400, None), "{}", page.text());
    let request = broken.request("POST".parse().unwrap(), address.as_str()).body("state=a\r\nset-cookie: a=b");
    let page = broken.send(request).await;
    assert_eq!((page.status, page.headers.get("set-cookie")), (400, None), "{}", page.text());
}

#[tokio::test]
async fn who_comes_back_to_what_was_deleted_meanwhile_is_not_signed_in() {
    let world = HostileWorld::start().await;
    let admin = &world.gateway.admin;

    let arrival = world.arrive("acme", "acme-spare").await;
    admin.delete(&format!("/connections/{}", world.acme_spare)).await;
    let page = arrival.enter().await;
    assert_eq!(world.application.error(&arrival.begun, &page).0, "access_denied");

    let arrival = world.arrive("acme", "acme-sso").await;
    admin.delete(&format!("/organizations/{}", world.acme)).await;
    let page = arrival.enter().await;
    assert_eq!(world.application.error(&arrival.begun, &page).0, "invalid_request");

    let arrival = world.arrive("globex", "globex-sso").await;
    admin.delete(&format!("/clients/{}", world.application.client_id)).await;
    let page = arrival.enter().await;
    assert_eq!(page.status, 400, "{}", page.text());
    assert_page("application", &page);

    assert_eq!((world.provider.seen().token, world.spare.seen().token), (0, 0));
    assert!(admin.user_ids().await.is_empty());
}

#[tokio::test]
async fn a_namesake_of_a_deleted_organization_gets_nobody() {
    let world = HostileWorld::start().await;
    let admin = &world.gateway.admin;
    let arrival = world.arrive("acme", "acme-sso").await;
    admin.delete(&format!("/organizations/{}", world.acme)).await;
    let namesake = admin.organization("acme").await;
    admin.enable(&namesake, &world.acme_sso, true).await;
    assert_ended("namesake", &arrival.enter().await);
    assert!(admin.member_ids(&namesake).await.is_empty());
}

#[tokio::test]
async fn a_hidden_connection_is_not_drawn_but_works_by_name() {
    let world = HostileWorld::start().await;
    world.hidden("hidden", &world.spare.issuer, json!({})).await;
    let page = Visitor::new().get(world.application.begin(&[("organization", "acme")]).url).await;
    assert_eq!(page.option_titles(), ["Continue with Acme sso", "Continue with Acme spare"]);
    assert!(!page.text().to_lowercase().contains("hidden\""), "{}", page.text());
    let (arrival, page) = world.sign_in("acme", "hidden").await;
    world.application.code(&arrival.begun, &page);
}

#[tokio::test]
async fn only_an_enabled_connections_exact_name_starts_a_trip() {
    let world = HostileWorld::start().await;
    let id = &world.acme_sso;
    let names = [
        "globex-sso",
        "nowhere",
        id,
        "ACME-SSO",
        "acme-sso ",
        " acme-sso",
        "acme%2Dsso",
        "acme-sso%00",
        "acme-sso\0",
        "acme-sso,globex-sso",
        "*",
        "'; DROP TABLE connections; --",
    ];
    for name in names {
        let begun = world.begin("acme", name);
        let page = Visitor::new().get(&begun.url).await;
        let (error, description) = world.application.error(&begun, &page);
        let expected = ("access_denied", "the connection is not enabled for this login");
        assert_eq!((error.as_str(), description.as_str()), expected, "{name:?}");
        assert!(page.headers.get("set-cookie").is_none(), "{name:?}");
    }
    let begun = world.begin("acme", "acme-sso");
    let page = Visitor::new().get(format!("{}&connection=acme-sso", begun.url)).await;
    assert_eq!(page.status, 400, "{}", page.text());
    assert_page("doubled", &page);
    assert_eq!((world.provider.seen().discovery, world.spare.seen().discovery), (0, 0));
}
