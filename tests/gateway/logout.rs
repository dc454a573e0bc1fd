//! Signing out: only who proves the session, or says so on our own page, ends it (RP-Initiated Logout 1.0).

use std::time::Duration;

use serde_json::json;
use url::Url;
use vestibule::model::Timestamp;

use crate::support::application::{Application, claims};
use crate::support::gateway::Mode;
use crate::support::http::{Page, Visitor};
use crate::support::world::World;

const TARGET: &str = "https://app.example/bye?from=us";

async fn world() -> World {
    let world = World::start(Mode::SqliteEmbedded).await;
    let client = format!("/clients/{}", world.application.client_id);
    world.gateway.admin.update(&client, json!({ "allowed_logout_urls": [TARGET] })).await;
    world
}

/// Signs in; the ID token.
async fn sign_in(world: &World, visitor: &Visitor, login: &str) -> String {
    let (begun, page) = world.sign_in_to_acme(visitor, login).await;
    world.application.tokens(&begun, &page).await["id_token"].as_str().unwrap().to_owned()
}

async fn is_signed_in(world: &World, visitor: &Visitor) -> bool {
    let begun = world.application.begin(&[("organization", "acme"), ("prompt", "none")]);
    visitor.get(&begun.url).await.redirect_parameter("code").is_some()
}

fn logout(world: &World, parameters: &[(&str, &str)]) -> String {
    Url::parse_with_params(&world.gateway.url("/oidc/logout"), parameters).unwrap().into()
}

/// The target, the state in it, and a cookie that is taken back.
fn assert_left(page: &Page, state: &str) {
    assert_eq!(page.status, 303, "{}", page.text());
    assert_eq!(page.location().as_str(), format!("{TARGET}&state={state}"));
    let cookies: Vec<_> = page.headers.get_all("set-cookie").iter().collect();
    assert!(cookies.iter().any(|cookie| cookie.to_str().unwrap().starts_with("vestibule_session=; ")), "{cookies:?}");
}

fn assert_asks(page: &Page) {
    assert_eq!((page.status, page.text_of("h1").as_deref()), (200, Some("Sign out?")), "{}", page.text());
}

#[tokio::test]
async fn with_its_id_token_a_session_ends_at_once_and_the_person_goes_where_the_application_says() {
    let world = world().await;
    let visitor = Visitor::new();
    let hint = sign_in(&world, &visitor, "alice").await;
    let stolen = visitor.cookie_header(&Url::parse(&world.gateway.origin).unwrap());
    let parameters = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", TARGET), ("state", "s1")];
    assert_left(&visitor.get(logout(&world, &parameters)).await, "s1");
    assert!(!is_signed_in(&world, &visitor).await);
    // Ended for everybody who holds the cookie, not only forgotten here.
    let begun = world.application.begin(&[("organization", "acme")]);
    let request = visitor.request("GET".parse().unwrap(), &begun.url).header("cookie", stolen);
    assert_eq!(Visitor::new().send(request).await.status, 200);
    // Signing out twice is no error.
    assert_left(&visitor.get(logout(&world, &parameters)).await, "s1");
}

#[tokio::test]
async fn without_a_target_the_person_stays_on_a_page_that_says_so() {
    let world = world().await;
    let visitor = Visitor::new();
    let hint = sign_in(&world, &visitor, "alice").await;
    let page = visitor.get(logout(&world, &[("id_token_hint", &hint)])).await;
    assert_eq!((page.status, page.text_of("h1").as_deref()), (200, Some("You are signed out")));
    assert!(!is_signed_in(&world, &visitor).await);
}

#[tokio::test]
async fn an_expired_id_token_still_says_who_wants_to_leave() {
    let world = world().await;
    let client = format!("/clients/{}", world.application.client_id);
    let lifetime = json!({ "jwt_configuration": { "alg": "RS256", "lifetime_in_seconds": 1 } });
    world.gateway.admin.update(&client, lifetime).await;
    let visitor = Visitor::new();
    let hint = sign_in(&world, &visitor, "alice").await;
    while claims(&hint)["exp"].as_i64().unwrap() >= Timestamp::now().seconds() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let parameters = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", TARGET), ("state", "s")];
    assert_left(&visitor.get(logout(&world, &parameters)).await, "s");
    assert!(!is_signed_in(&world, &visitor).await);
}

#[tokio::test]
async fn without_its_id_token_the_person_is_asked_and_their_yes_ends_the_session() {
    let world = world().await;
    let visitor = Visitor::new();
    let other = Visitor::new();
    let own = sign_in(&world, &visitor, "alice").await;
    let of_another_session = sign_in(&world, &other, "bob").await;
    let broken = format!("{}A", &own[..own.len() - 2]);
    let unsigned = format!("{}.", own.rsplit_once('.').unwrap().0);
    let id = world.application.client_id.as_str();
    for hint in ["", "nonsense", &broken, &unsigned, &of_another_session] {
        let parameters = [("id_token_hint", hint), ("client_id", id), ("post_logout_redirect_uri", TARGET)];
        assert_asks(&visitor.get(logout(&world, &parameters)).await);
    }
    let parameters = [("client_id", id), ("post_logout_redirect_uri", TARGET), ("state", "s2")];
    let page = visitor.get(logout(&world, &parameters)).await;
    assert!(page.text().contains("alice@people.example"), "{}", page.text());
    assert!(is_signed_in(&world, &visitor).await, "asking ends nothing");

    let fields = [("client_id", id), ("post_logout_redirect_uri", TARGET), ("state", "s2")];
    for (origin, site) in
        [("https://evil.example", "cross-site"), ("null", "cross-site"), ("http://localhost:1", "same-site")]
    {
        let url = world.gateway.url("/login/logout");
        assert_eq!(visitor.post_form_from(origin, site, url, &fields).await.status, 403, "{origin}");
    }
    assert!(is_signed_in(&world, &visitor).await, "a foreign page ends nothing");
    assert_left(&visitor.submit(&page, &[]).await, "s2");
    assert!(!is_signed_in(&world, &visitor).await);
    assert!(is_signed_in(&world, &other).await, "another browser's session stays");
}

#[tokio::test]
async fn an_unregistered_target_is_a_page_and_nothing_happens() {
    let world = world().await;
    let visitor = Visitor::new();
    let hint = sign_in(&world, &visitor, "alice").await;
    let stranger = Application::register(&world.gateway, json!({ "allowed_logout_urls": ["https://other.example/"] }));
    let (stranger, own) = (stranger.await.client_id, world.application.client_id.clone());
    let targets = [
        "https://evil.example/",
        "https://app.example/bye",
        "https://app.example/bye?from=us&x=1",
        "https://app.example/bye?from=us#",
        "https://APP.example/bye?from=us",
        "https://app.example@evil.example/bye?from=us",
        "//app.example/bye?from=us",
        "javascript:alert(1)",
        "https://other.example/",
        "https://app.example/callback",
    ];
    for target in targets {
        let named: [&[(&str, &str)]; 3] = [&[("id_token_hint", &hint)], &[("client_id", &own)], &[]];
        for parameters in named {
            let parameters = [parameters, &[("post_logout_redirect_uri", target)]].concat();
            let page = visitor.get(logout(&world, &parameters)).await;
            assert_eq!((page.status, page.find_location()), (400, None), "{parameters:?}");
        }
        let fields = [("client_id", own.as_str()), ("post_logout_redirect_uri", target)];
        assert_eq!(visitor.post_form(world.gateway.url("/login/logout"), &fields).await.status, 400);
    }
    // A client that is not the hint's is not believed, nor is its target.
    let parameters = [("id_token_hint", hint.as_str()), ("client_id", &stranger), ("post_logout_redirect_uri", TARGET)];
    assert_eq!(visitor.get(logout(&world, &parameters)).await.status, 400);
    // Which of two was meant, nobody knows.
    let parameters = [
        ("id_token_hint", hint.as_str()),
        ("post_logout_redirect_uri", TARGET),
        ("post_logout_redirect_uri", "https://evil.example/"),
    ];
    assert_eq!(visitor.get(logout(&world, &parameters)).await.status, 400);
    assert!(is_signed_in(&world, &visitor).await);
}

#[tokio::test]
async fn a_logout_request_may_be_posted() {
    let world = world().await;
    let visitor = Visitor::new();
    let hint = sign_in(&world, &visitor, "alice").await;
    let fields = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", TARGET), ("state", "s")];
    let url = world.gateway.url("/oidc/logout");
    let page = visitor.post_form_from("https://app.example", "cross-site", url, &fields).await;
    assert_eq!(page.status, 303);
    assert!(is_signed_in(&world, &visitor).await, "the form itself comes without cookies and does nothing");
    assert_left(&visitor.get(page.location()).await, "s");
    assert!(!is_signed_in(&world, &visitor).await);
}

#[tokio::test]
async fn the_older_address_asks_too_and_knows_the_same_targets() {
    let world = world().await;
    let visitor = Visitor::new();
    sign_in(&world, &visitor, "alice").await;
    let id = world.application.client_id.as_str();
    let address = |parameters: &[(&str, &str)]| -> String {
        Url::parse_with_params(&world.gateway.url("/v2/logout"), parameters).unwrap().into()
    };
    let evil = address(&[("client_id", id), ("returnTo", "https://evil.example/")]);
    assert_eq!(visitor.get(evil).await.status, 400);
    let page = visitor.get(address(&[("client_id", id), ("returnTo", TARGET)])).await;
    assert_asks(&page);
    let page = visitor.submit(&page, &[]).await;
    assert_eq!((page.status, page.location().as_str()), (303, TARGET));
    assert!(!is_signed_in(&world, &visitor).await);
    // Nobody is signed in any more, so nobody need be asked.
    let page = visitor.get(address(&[("client_id", id), ("returnTo", TARGET)])).await;
    assert_eq!((page.status, page.location().as_str()), (303, TARGET));
}

#[tokio::test]
async fn codes_that_nobody_exchanged_end_with_their_session() {
    let world = world().await;
    let (visitor, other) = (Visitor::new(), Visitor::new());
    let hint = sign_in(&world, &visitor, "alice").await;
    sign_in(&world, &other, "alice").await;
    let code = async |visitor: &Visitor| {
        let begun = world.application.begin(&[("organization", "acme"), ("prompt", "none")]);
        let code = world.application.code(&begun, &visitor.get(&begun.url).await);
        (begun, code)
    };
    let ((begun, ended), (kept, living)) = (code(&visitor).await, code(&other).await);
    visitor.get(logout(&world, &[("id_token_hint", &hint)])).await;
    let answer = world.application.exchange(&begun, &ended).await;
    assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_grant")));
    let answer = world.application.exchange(&kept, &living).await;
    assert_eq!(answer.status, 200, "another session of the same person: {}", answer.text());
}
