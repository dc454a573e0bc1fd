//! The session: signing in once is enough where the person may enter, and nowhere else (design §5.6).

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::SqliteConnection;
use url::Url;
use vestibule::model::Timestamp;

use crate::matrix;
use crate::support::application::{Application, Begun, claims};
use crate::support::gateway::Mode;
use crate::support::http::{Page, Visitor};
use crate::support::world::World;

const COOKIE: &str = "vestibule_session";

matrix! {
    a_session_enters_its_organization_again_without_asking_the_identity_provider,
    a_session_enters_another_organization_only_as_a_member_through_a_connection_enabled_there,
    a_session_of_a_blocked_or_deleted_person_enters_nowhere,
}

fn cookie(world: &World, visitor: &Visitor) -> Option<String> {
    visitor.cookie(&Url::parse(&world.gateway.origin).unwrap(), COOKIE)
}

async fn begin_at(world: &World, visitor: &Visitor, more: &[(&str, &str)]) -> (Begun, Page) {
    let begun = world.application.begin(more);
    let page = visitor.get(&begun.url).await;
    (begun, page)
}

/// What `prompt=none` says: the error's code, or nothing when it brought a code.
async fn silent_error(world: &World, visitor: &Visitor, organization: &str) -> Option<String> {
    let (begun, page) = begin_at(world, visitor, &[("organization", organization), ("prompt", "none")]).await;
    match page.redirect_parameter("error") {
        Some(_) => Some(world.application.error(&begun, &page).0),
        None => {
            world.application.code(&begun, &page);
            None
        }
    }
}

async fn a_session_enters_its_organization_again_without_asking_the_identity_provider(mode: Mode) {
    let world = World::start(mode).await;
    let visitor = Visitor::new();
    let (begun, page) = world.sign_in_to_acme(&visitor, "alice").await;
    let first = world.application.id_claims(&begun, &page).await;
    for more in [&[("organization", "acme")][..], &[("organization", &world.acme), ("prompt", "none")]] {
        let (begun, page) = begin_at(&world, &visitor, more).await;
        let again = world.application.id_claims(&begun, &page).await;
        for claim in ["sub", "sid", "org_id", "email"] {
            assert_eq!(again[claim], first[claim], "{claim}");
        }
        assert_eq!(again["org_id"], world.acme.as_str());
    }
    assert_eq!(world.provider.token_requests().await, 1);
}

async fn a_session_enters_another_organization_only_as_a_member_through_a_connection_enabled_there(mode: Mode) {
    let world = World::start(mode).await;
    let (visitor, admin) = (Visitor::new(), &world.gateway.admin);
    world.sign_in_to_acme(&visitor, "alice").await;

    let stays_out = async || {
        let (_, page) = begin_at(&world, &visitor, &[("organization", "globex")]).await;
        assert_eq!(page.text_of("h1").as_deref(), Some("Sign in to Globex"));
        let note = page.text_of("#signed-in-as").unwrap();
        assert!(note.contains("alice@people.example") && note.contains("another account"), "{note}");
        assert_eq!(silent_error(&world, &visitor, "globex").await.as_deref(), Some("login_required"));
    };
    stays_out().await;
    admin.add_member(&world.globex, "oidc|acme-sso|alice").await;
    stays_out().await;
    admin.enable(&world.globex, &world.acme_sso, false).await;
    let (begun, page) = begin_at(&world, &visitor, &[("organization", "globex")]).await;
    assert_eq!(world.application.id_claims(&begun, &page).await["org_id"], world.globex.as_str());
    let members = format!("/organizations/{}/members", world.globex);
    admin.done("DELETE", &members, Some(json!({ "members": ["oidc|acme-sso|alice"] }))).await;
    stays_out().await;

    // Where the connection makes members, a session makes one too.
    let third = admin.organization("third").await;
    admin.enable(&third, &world.acme_sso, true).await;
    assert_eq!(silent_error(&world, &visitor, "third").await, None);
    assert_eq!(admin.member_ids(&third).await, ["oidc|acme-sso|alice"]);
    // A connection disabled meanwhile closes its sessions out, members or not.
    admin.disable(&third, &world.acme_sso).await;
    assert_eq!(silent_error(&world, &visitor, "third").await.as_deref(), Some("login_required"));
    assert_eq!(silent_error(&world, &visitor, "acme").await, None);
}

async fn a_session_of_a_blocked_or_deleted_person_enters_nowhere(mode: Mode) {
    let world = World::start(mode).await;
    let (visitor, admin) = (Visitor::new(), &world.gateway.admin);
    world.sign_in_to_acme(&visitor, "alice").await;
    let alice = "/users/oidc%7Cacme-sso%7Calice";
    // Where the API is on this server, a block ends the session for good.
    let after = if mode.is_remote() { None } else { Some("login_required") };
    for (blocked, error) in [(true, Some("login_required")), (false, after)] {
        admin.update(alice, json!({ "blocked": blocked })).await;
        assert_eq!(silent_error(&world, &visitor, "acme").await.as_deref(), error, "blocked: {blocked}");
    }
    admin.delete(alice).await;
    assert_eq!(silent_error(&world, &visitor, "acme").await.as_deref(), Some("login_required"));
    let (_, page) = begin_at(&world, &visitor, &[("organization", "acme")]).await;
    assert_eq!((page.status, page.option_titles().len()), (200, 1));
    assert!(admin.user_ids().await.is_empty(), "a session makes no user");
}

#[tokio::test]
async fn prompt_login_and_select_account_and_max_age_0_ask_anew_once() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let visitor = Visitor::new();
    world.sign_in_to_acme(&visitor, "alice").await;
    // Every identity provider knows `login`; not every one knows `select_account`.
    let cases = [("prompt", "login", "login"), ("prompt", "select_account", "login"), ("max_age", "0", "0")];
    for (name, value, told) in cases {
        let asked = (name, value);
        let (_, mut page) = begin_at(&world, &visitor, &[("organization", "acme"), asked]).await;
        if value == "select_account" {
            page = visitor.click(&page, "Use another account").await;
        }
        assert_eq!(page.option_titles(), ["Continue with Acme sso"], "{asked:?}");
        // The identity provider is asked the same, so its own session does not answer for the person.
        let trip = visitor.click(&page, "Continue with Acme sso").await;
        assert_eq!(trip.redirect_parameter(name).as_deref(), Some(told));
    }
    for asked in [("prompt", "login"), ("prompt", "select_account"), ("max_age", "0")] {
        let before = cookie(&world, &visitor);
        let begun = world.application.begin(&[("organization", "acme"), asked]);
        let mut page = visitor.get(&begun.url).await;
        if asked.1 == "select_account" {
            page = visitor.click(&page, "Use another account").await;
        }
        let trip = visitor.click(&page, "Continue with Acme sso").await;
        let page = visitor.get(world.provider.sign_in(&visitor, trip.location(), "alice").await).await;
        let claims = world.application.id_claims(&begun, &page).await;
        assert_eq!(claims["auth_time"].is_i64(), asked.0 == "max_age", "{claims}");
        assert_ne!(cookie(&world, &visitor), before, "each login has a session id of its own");
    }
}

#[tokio::test]
async fn prompt_none_with_max_age_0_is_answered_login_required() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let visitor = Visitor::new();
    world.sign_in_to_acme(&visitor, "alice").await;
    let (begun, page) =
        begin_at(&world, &visitor, &[("organization", "acme"), ("prompt", "none"), ("max_age", "0")]).await;
    assert_eq!(world.application.error(&begun, &page).0, "login_required");
}

#[tokio::test]
async fn a_session_older_than_max_age_asks_anew_and_a_younger_one_tells_when_the_person_signed_in() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let visitor = Visitor::new();
    let (begun, page) = world.sign_in_to_acme(&visitor, "alice").await;
    let signed_in = world.application.id_claims(&begun, &page).await["iat"].as_i64().unwrap();
    // One second passes: the clock is what is waited for.
    let asks = async || begin_at(&world, &visitor, &[("organization", "acme"), ("max_age", "1")]).await.1.status == 200;
    for _ in 0..100 {
        if asks().await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(asks().await);
    let (begun, page) = begin_at(&world, &visitor, &[("organization", "acme"), ("max_age", "1000")]).await;
    let claims = world.application.id_claims(&begun, &page).await;
    let auth_time = claims["auth_time"].as_i64().unwrap();
    assert!((signed_in - 5..=signed_in).contains(&auth_time), "{claims}, signed in at {signed_in}");
}

#[tokio::test]
async fn asking_for_another_connection_is_not_answered_by_the_session() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let visitor = Visitor::new();
    world.sign_in_to_acme(&visitor, "alice").await;
    world.gateway.admin.enable(&world.acme, &world.globex_sso, true).await;
    let more = [("organization", "acme"), ("connection", "globex-sso")];
    let (_, page) = begin_at(&world, &visitor, &more).await;
    assert!(page.location().as_str().starts_with(&world.provider.issuer), "{}", page.location());
    let more = [("organization", "acme"), ("connection", "acme-sso")];
    let (begun, page) = begin_at(&world, &visitor, &more).await;
    world.application.code(&begun, &page);
}

#[tokio::test]
async fn signing_in_as_someone_else_ends_the_session_before() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let visitor = Visitor::new();
    world.sign_in_to_acme(&visitor, "alice").await;
    let before = cookie(&world, &visitor).unwrap();
    let begun = world.application.begin(&[("organization", "acme"), ("prompt", "login")]);
    let trip = visitor.click(&visitor.get(&begun.url).await, "Continue with Acme sso").await;
    // At the identity provider as if nobody had been there before.
    let callback = world.provider.sign_in(&Visitor::new(), trip.location(), "bob").await;
    let page = visitor.get(callback).await;
    assert_eq!(world.application.id_claims(&begun, &page).await["sub"], "oidc|acme-sso|bob");
    assert_ne!(cookie(&world, &visitor).unwrap(), before);
    let (begun, page) = begin_at(&world, &visitor, &[("organization", "acme")]).await;
    assert_eq!(world.application.id_claims(&begun, &page).await["sub"], "oidc|acme-sso|bob");

    let thief = Visitor::new();
    thief.set_cookie(&Url::parse(&world.gateway.origin).unwrap(), &format!("{COOKIE}={before}"));
    assert_eq!(silent_error(&world, &thief, "acme").await.as_deref(), Some("login_required"));
}

#[tokio::test]
async fn a_refused_login_makes_no_session_and_leaves_the_one_that_was() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let stranger = Visitor::new();
    let (begun, page) = world.sign_in_to_globex(&stranger, "bob").await;
    assert_eq!(world.application.error(&begun, &page).0, "access_denied");
    assert_eq!(cookie(&world, &stranger), None);

    let visitor = Visitor::new();
    world.sign_in_to_acme(&visitor, "alice").await;
    let (begun, page) = world.sign_in_to_globex(&visitor, "alice").await;
    assert_eq!(world.application.error(&begun, &page).0, "access_denied");
    assert_eq!(silent_error(&world, &visitor, "acme").await, None);
}

#[tokio::test]
async fn forged_planted_and_doubled_session_cookies_count_as_none() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let visitor = Visitor::new();
    let (begun, page) = world.sign_in_to_acme(&visitor, "alice").await;
    let sid = world.application.id_claims(&begun, &page).await["sid"].as_str().unwrap().to_owned();
    let real = cookie(&world, &visitor).unwrap();
    let last = if real.ends_with('A') { "B" } else { "A" };
    let forged = [
        String::new(),
        "x".to_owned(),
        sid,
        format!("{}{last}", &real[..real.len() - 1]),
        format!("{real}{real}"),
        format!("\"{real}"),
        format!("{real}%00"),
        "' OR 1=1 --".to_owned(),
        "a".repeat(8000),
    ];
    let mut lines: Vec<String> = forged.iter().map(|value| format!("{COOKIE}={value}")).collect();
    lines.push(format!("{COOKIE}={real}; {COOKIE}={real}"));
    lines.push(format!("{COOKIE}=planted; {COOKIE}={real}"));
    lines.push(format!("Vestibule_Session={real}"));
    lines.push(format!("__Host-{COOKIE}={real}"));
    for line in lines {
        let begun = world.application.begin(&[("organization", "acme")]);
        let request = visitor.request("GET".parse().unwrap(), &begun.url).header("cookie", &line);
        let page = Visitor::new().send(request).await;
        assert_eq!((page.status, page.option_titles().len()), (200, 1), "{line}");
        assert_eq!(page.text_of("#signed-in-as"), None, "{line}");
    }
    assert_eq!(silent_error(&world, &visitor, "acme").await, None, "the real one is as good as before");
}

#[tokio::test]
async fn without_a_session_prompt_none_is_answered_login_required() {
    let world = World::start(Mode::SqliteEmbedded).await;
    assert_eq!(silent_error(&world, &Visitor::new(), "acme").await.as_deref(), Some("login_required"));
    let settings = json!({ "organization_require_behavior": "pre_login_prompt" });
    let application = Application::register(&world.gateway, settings).await;
    let begun = application.begin(&[("prompt", "none")]);
    let page = Visitor::new().get(&begun.url).await;
    assert_eq!(application.error(&begun, &page).0, "interaction_required");
}

#[tokio::test]
async fn a_session_that_is_too_old_has_ended() {
    let world = World::start_with(Mode::SqliteEmbedded, "login.session_hours = 0").await;
    let visitor = Visitor::new();
    world.sign_in_to_acme(&visitor, "alice").await;
    assert_eq!(silent_error(&world, &visitor, "acme").await.as_deref(), Some("login_required"));
}

#[tokio::test]
async fn a_hint_of_the_person_is_answered_for_that_person_only() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let (visitor, other) = (Visitor::new(), Visitor::new());
    let mut hints = Vec::new();
    for (visitor, login) in [(&visitor, "alice"), (&other, "bob")] {
        let (begun, page) = world.sign_in_to_acme(visitor, login).await;
        hints.push(world.application.tokens(&begun, &page).await["id_token"].as_str().unwrap().to_owned());
    }
    let (own, of_another) = (hints[0].as_str(), hints[1].as_str());
    let broken = format!("{}A", &own[..own.len() - 2]);
    let unsigned = format!("{}.", own.rsplit_once('.').unwrap().0);
    let silently = |hint| [("organization", "acme"), ("prompt", "none"), ("id_token_hint", hint)];
    for hint in [of_another, "garbage", "a.b.c", &broken, &unsigned] {
        let (begun, page) = begin_at(&world, &visitor, &silently(hint)).await;
        assert_eq!(world.application.error(&begun, &page).0, "login_required", "{hint}");
        let (_, page) = begin_at(&world, &visitor, &[("organization", "acme"), ("id_token_hint", hint)]).await;
        assert_eq!(page.option_titles(), ["Continue with Acme sso"], "{hint}");
    }
    let (begun, page) = begin_at(&world, &visitor, &silently(own)).await;
    assert_eq!(world.application.id_claims(&begun, &page).await["sub"], "oidc|acme-sso|alice");
    assert_eq!(silent_error(&world, &Visitor::new(), "acme").await.as_deref(), Some("login_required"));
}

#[tokio::test]
async fn a_password_that_an_administrator_changed_ends_the_sessions_before() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let admin = &world.gateway.admin;
    let people = admin.database("people").await;
    admin.enable(&world.acme, &people, true).await;
    let ann = admin.person("people", "ann@acme.example", "correct horse battery").await;
    let ann = format!("/users/{}", ann.replace('|', "%7C"));
    let sign_in = async |visitor: &Visitor, password: &str| {
        let (_, page) = begin_at(&world, visitor, &[("organization", "acme")]).await;
        visitor.submit(&page, &[("username", "ann@acme.example"), ("password", password)]).await.status
    };
    let visitor = Visitor::new();
    assert_eq!(sign_in(&visitor, "correct horse battery").await, 303);
    admin.update(&ann, json!({ "name": "Ann" })).await;
    assert_eq!(silent_error(&world, &visitor, "acme").await, None, "another change ends nothing");
    let (begun, page) = begin_at(&world, &visitor, &[("organization", "acme")]).await;
    let code = world.application.code(&begun, &page);
    admin.update(&ann, json!({ "password": "another horse battery" })).await;
    assert_eq!(silent_error(&world, &visitor, "acme").await.as_deref(), Some("login_required"));
    assert_eq!(world.application.exchange(&begun, &code).await.status, 400, "nor is its code good any more");
    assert_eq!(sign_in(&visitor, "another horse battery").await, 303);
    assert_eq!(silent_error(&world, &visitor, "acme").await, None);
}

#[tokio::test]
async fn an_account_made_anew_inherits_no_session_and_no_token() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let (before, after) = (Visitor::new(), Visitor::new());
    let userinfo = async |tokens: &Value| {
        let request = before.request("GET".parse().unwrap(), &world.gateway.url("/userinfo"));
        before.send(request.bearer_auth(tokens["access_token"].as_str().unwrap())).await.status
    };
    let (begun, page) = world.sign_in_to_acme(&before, "alice").await;
    let old = world.application.tokens(&begun, &page).await;
    assert_eq!(userinfo(&old).await, 200);
    world.gateway.admin.delete("/users/oidc%7Cacme-sso%7Calice").await;
    assert_eq!(userinfo(&old).await, 401);
    // A token tells its time in whole seconds: the clock is what is waited for.
    let issued = claims(old["access_token"].as_str().unwrap())["iat"].as_i64().unwrap();
    while Timestamp::now().seconds() <= issued {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (begun, page) = world.sign_in_to_acme(&after, "alice").await;
    let new = world.application.tokens(&begun, &page).await;
    assert_eq!(claims(new["access_token"].as_str().unwrap())["sub"], "oidc|acme-sso|alice");
    assert_eq!((userinfo(&old).await, userinfo(&new).await), (401, 200));
    assert_eq!(silent_error(&world, &before, "acme").await.as_deref(), Some("login_required"));
    assert_eq!(silent_error(&world, &after, "acme").await, None);
}

#[tokio::test]
async fn a_page_for_a_session_that_may_not_enter_writes_nothing() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let visitor = Visitor::new();
    world.sign_in_to_acme(&visitor, "alice").await;
    let mut database = world.gateway.database().await;
    let before = version(&mut database).await;
    for _ in 0..3 {
        let (_, page) = begin_at(&world, &visitor, &[("organization", "globex")]).await;
        assert_eq!((page.status, page.option_titles().len()), (200, 1));
        assert_eq!(silent_error(&world, &visitor, "globex").await.as_deref(), Some("login_required"));
    }
    assert_eq!(version(&mut database).await, before);
    assert_eq!(silent_error(&world, &visitor, "acme").await, None);
    assert_ne!(version(&mut database).await, before, "a code is written");
}

/// A number that changes when another connection writes.
async fn version(database: &mut SqliteConnection) -> i64 {
    sqlx::query_scalar("PRAGMA data_version").fetch_one(database).await.unwrap()
}
