//! Every page a person can meet, in Chromium: how it looks, and that it can be used.

use axum::Router;
use axum::response::{Html, Redirect};
use axum::routing::get;
use serde_json::json;
use tokio::net::TcpListener;

use crate::support::appearance::check_page;
use crate::support::application::Application;
use crate::support::browser::Browser;
use crate::support::gateway::{Gateway, Mode, id};
use crate::support::world::World;

const PASSWORD: &str = "correct horse battery";

/// Acme as customers set it up: colours, a logo, three ways to sign in and passwords.
async fn branded_world(settings: &str) -> World {
    let world = World::start_with(Mode::SqliteEmbedded, settings).await;
    let (gateway, acme) = (&world.gateway, &world.acme);
    let branding = json!({
        "logo_url": gateway.url("/assets/favicon.svg"),
        "colors": { "primary": "#7c2d12", "page_background": "#fff7ed" },
    });
    let renamed = json!({ "display_name": "Acme & Söhne Manufacturing", "branding": branding });
    gateway.admin.update(&format!("/organizations/{acme}"), renamed).await;
    let okta = json!({
        "name": "acme-okta", "strategy": "okta", "display_name": "Okta",
        "options": { "domain": "acme.okta.example", "client_id": "gateway", "client_secret": "secret" },
    });
    let okta = id(&gateway.admin.create("/connections", okta).await);
    let icon = json!({ "icon_url": gateway.url("/assets/favicon.svg") });
    // Nobody listens on port 1.
    let away = gateway.admin.federated("the-directory-of-everybody", "http://127.0.0.1:1", icon).await;
    for connection in [okta, away] {
        gateway.admin.enable(acme, &connection, false).await;
    }
    world
}

/// A database connection that is enabled for `organization`, with one member.
async fn passwords(gateway: &Gateway, organization: &str) {
    let connection = gateway.admin.database("passwords").await;
    gateway.admin.enable(organization, &connection, false).await;
    let member = gateway.admin.person("passwords", "pat@acme.example", PASSWORD).await;
    gateway.admin.add_member(organization, &member).await;
}

#[tokio::test]
async fn chromium_shows_an_organizations_options() {
    let world = branded_world("").await;
    let browser = Browser::start().await;
    let begun = world.application.begin(&[("organization", "acme")]);
    browser.open(&begun.url).await;
    check_page(&browser, "page-options", "Sign in to Acme & Söhne Manufacturing").await;
    assert_eq!(browser.focused_tag().await, "BODY");

    passwords(&world.gateway, &world.acme).await;
    browser.reload().await;
    check_page(&browser, "page-options-and-password", "Sign in to Acme & Söhne Manufacturing").await;
    assert_eq!(browser.focused_tag().await, "BODY", "the options come first, so nothing pulls past them");

    let empty = world.gateway.admin.organization("empty").await;
    browser.open(world.application.begin(&[("organization", &empty)]).url).await;
    check_page(&browser, "page-nothing-enabled", "Sign in to Empty").await;
    let said = browser.text().await;
    assert!(said.contains("Ask your organization’s administrator"), "{said}");

    let unreachable = "Continue with The directory of everybody";
    browser.open(&begun.url).await;
    browser.click_text(unreachable).await;
    check_page(&browser, "message-unreachable", "This way to sign in does not answer").await;
    browser.click_text("See the ways to sign in").await;
    assert_eq!(browser.url().await.as_str(), begun.url);
}

#[tokio::test]
async fn chromium_shows_what_is_wrong_with_a_password() {
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, "login.password_failures = 2").await;
    let acme = gateway.admin.organization("acme").await;
    passwords(&gateway, &acme).await;
    let application = Application::register(&gateway, json!({})).await;
    let browser = Browser::start().await;
    browser.open(application.begin(&[("organization", "acme")]).url).await;
    check_page(&browser, "password", "Sign in to Acme").await;
    assert_eq!(browser.focused().await, "username");

    for (attempt, name) in [(0, "password-wrong"), (1, ""), (2, "password-too-many")] {
        browser.fill("Email or username", "pat@acme.example").await;
        browser.fill("Password", "wrong").await;
        browser.submit().await;
        let expected = ["Wrong email", "Wrong email", "Too many failed attempts. Wait"][attempt];
        browser.wait_for_text(expected).await;
        if !name.is_empty() {
            check_page(&browser, name, "Error: Sign in to Acme").await;
            assert_eq!(browser.focused().await, "password", "the name is kept, so only the password is asked again");
        }
    }

    let hinted = application.begin(&[("organization", "acme"), ("login_hint", "pat@acme.example")]);
    browser.open(hinted.url).await;
    assert_eq!(browser.focused().await, "password");
}

#[tokio::test]
async fn chromium_shows_the_picker() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let settings =
        json!({ "organization_usage": "allow", "organization_require_behavior": "pre_login_prompt", "name": "Wiki" });
    let application = Application::register(&world.gateway, settings).await;
    let browser = Browser::start().await;
    let begun = application.begin(&[]);
    browser.open(&begun.url).await;
    let title = "Choose your organization – Wiki";
    check_page(&browser, "picker-personal", title).await;
    assert_eq!(browser.focused().await, "organization");

    browser.fill("Work email or organization name", "Acmee").await;
    browser.submit().await;
    browser.wait_for_text("We could not find that organization").await;
    check_page(&browser, "picker-error", &format!("Error: {title}")).await;
    assert_eq!(browser.focused().await, "organization");
    browser.fill("Work email or organization name", " ACME ").await;
    browser.submit().await;
    browser.click_text("Continue with Acme sso").await;
    browser.fill("login", "alice").await;
    browser.submit().await;
    browser.wait_for_text("app.example").await;

    let fresh = application.begin(&[("prompt", "login")]);
    browser.open(&fresh.url).await;
    check_page(&browser, "picker-recent", title).await;
    assert_eq!(browser.focused_tag().await, "BODY", "the organizations used before come first");
    browser.click_text("acme").await;
    assert_eq!(browser.title().await, "Sign in to Acme");
    browser.back().await;
    browser.click_text("Use a personal account").await;
    check_page(&browser, "page-personal-nothing-enabled", "Sign in to Wiki").await;
    browser.click_text("Choose an organization").await;
    assert_eq!(browser.title().await, title);
}

#[tokio::test]
async fn chromium_shows_the_choice_of_an_organization_and_of_an_account() {
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, "management.request_burst = 1000").await;
    let admin = &gateway.admin;
    let people = admin.database("people").await;
    let pat = admin.person("people", "pat@acme.example", PASSWORD).await;
    for number in 0..23 {
        let organization = admin.organization(&format!("works-{number:02}")).await;
        admin.enable(&organization, &people, false).await;
        admin.add_member(&organization, &pat).await;
    }
    let settings = json!({ "organization_usage": "allow", "organization_require_behavior": "post_login_prompt" });
    let application = Application::register(&gateway, settings).await;
    let clients = json!([{ "client_id": application.client_id, "status": true }]);
    admin.update(&format!("/connections/{people}/clients"), clients).await;
    let browser = Browser::start().await;
    browser.open(application.begin(&[]).url).await;
    browser.fill("Email or username", "pat@acme.example").await;
    browser.fill("Password", PASSWORD).await;
    browser.submit().await;
    browser.wait_for_text("Works 00").await;
    let title = "Choose your organization – Example App";
    check_page(&browser, "choice", title).await;
    browser.click_text("Next").await;
    check_page(&browser, "choice-last-page", title).await;
    browser.fill("Search your organizations", "no such").await;
    browser.submit().await;
    browser.wait_for_text("None of your organizations").await;
    check_page(&browser, "choice-nothing-found", title).await;
    browser.fill("Search your organizations", "works 07").await;
    browser.submit().await;
    browser.click_text("Works 07").await;
    browser.wait_for_text("app.example").await;

    browser.open(application.begin(&[("organization", "works-07"), ("prompt", "select_account")]).url).await;
    check_page(&browser, "account", "Choose an account").await;
    browser.click_text("Continue as pat@acme.example").await;
    browser.wait_for_text("app.example").await;
}

#[tokio::test]
async fn chromium_shows_the_page_that_asks_for_the_address_first() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let admin = &world.gateway.admin;
    let enabled = format!("/organizations/{}/enabled_connections/{}", world.acme, world.acme_sso);
    admin.update(&enabled, json!({ "show_as_button": false })).await;
    let options = json!({
        "issuer": world.provider.issuer, "client_id": "gateway", "client_secret": "secret",
        "domain_aliases": ["people.example"],
    });
    admin.update(&format!("/connections/{}", world.acme_sso), json!({ "options": options })).await;
    let browser = Browser::start().await;
    browser.open(world.application.begin(&[("organization", "acme")]).url).await;
    check_page(&browser, "identifier", "Sign in to Acme").await;
    assert_eq!(browser.focused().await, "username");
    browser.fill("Email", "pat@nowhere.example").await;
    browser.submit().await;
    browser.wait_for_text("We could not find a way").await;
    check_page(&browser, "identifier-nowhere", "Error: Sign in to Acme").await;

    for organization in [&world.acme, &world.globex] {
        let domain = json!({ "domain": "shared.example", "status": "verified" });
        admin.create(&format!("/organizations/{organization}/discovery-domains"), domain).await;
    }
    let settings = json!({ "organization_require_behavior": "pre_login_prompt" });
    let application = Application::register(&world.gateway, settings).await;
    browser.open(application.begin(&[]).url).await;
    browser.fill("Work email or organization name", "pat@shared.example").await;
    browser.submit().await;
    browser.wait_for_text("Confirm your email address").await;
    check_page(&browser, "prove", "Confirm your email address").await;
    browser.click_text("Send the code").await;
    browser.wait_for_text("Enter the six digits").await;
    check_page(&browser, "prove-code", "Confirm your email address").await;
    let code = world.gateway.mail_to("pat@shared.example").await.code();
    browser.fill("Code", &code).await;
    browser.submit().await;
    browser.wait_for_text("Globex").await;
    check_page(&browser, "choice-of-an-address", "Choose your organization – Example App").await;
}

#[tokio::test]
async fn chromium_shows_messages_that_say_what_to_do() {
    let world = branded_world("login.trips_per_minute = 1\n").await;
    let browser = Browser::start().await;
    let pages = [
        (world.application.begin(&[("client_id", "nobody")]).url, "message-client", "This sign-in link does not work"),
        (world.gateway.url("/login/callback/acme-sso?state=old&code=x"), "message-trip", "This sign-in has ended"),
        (world.gateway.url("/"), "message-root", "Sign in from your application"),
        (world.gateway.url("/o/Not%20A%20Name"), "message-name", "This address leads nowhere"),
        (world.gateway.url("/oidc/logout"), "message-signed-out", "You are signed out"),
    ];
    for (url, name, title) in pages {
        browser.open(url).await;
        check_page(&browser, name, title).await;
    }
    let elsewhere = world.gateway.url("/oidc/logout?post_logout_redirect_uri=https://evil.example/");
    browser.open(elsewhere).await;
    check_page(&browser, "message-logout-target", "This sign-out link does not work").await;
    let trip = world.application.begin(&[("organization", "acme"), ("connection", "the-directory-of-everybody")]);
    for _ in 0..2 {
        browser.open(&trip.url).await;
    }
    check_page(&browser, "message-too-many", "Please wait a moment").await;
}

#[tokio::test]
async fn chromium_shows_who_is_signed_in_and_signs_out() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let browser = Browser::start().await;
    browser.open(world.application.begin(&[("organization", "acme")]).url).await;
    browser.click_text("Continue with Acme sso").await;
    browser.fill("login", "alice").await;
    browser.submit().await;
    browser.wait_for_text("app.example").await;

    browser.open(world.application.begin(&[("organization", "globex")]).url).await;
    check_page(&browser, "page-other-account", "Sign in to Globex").await;
    let said = browser.text().await;
    assert!(said.contains("You are signed in as"), "{said}");

    browser.open(world.gateway.url("/oidc/logout")).await;
    check_page(&browser, "logout", "Sign out?").await;
    browser.click_text("Sign out").await;
    browser.wait_for_text("You can close this page.").await;
    check_page(&browser, "message-signed-out-after", "You are signed out").await;
}

#[tokio::test]
async fn chromium_tells_a_screen_reader_the_whole_page_in_order() {
    let world = World::start(Mode::SqliteEmbedded).await;
    passwords(&world.gateway, &world.acme).await;
    let settings = json!({ "organization_require_behavior": "pre_login_prompt" });
    let application = Application::register(&world.gateway, settings).await;
    let browser = Browser::start().await;
    browser.open(application.begin(&[]).url).await;
    browser.fill("Work email or organization name", "acmee").await;
    browser.submit().await;
    browser.wait_for_text("We could not find").await;
    let error = "We could not find that organization. Check the spelling, or ask your administrator.";
    let hint = "Your address at work, or the short name your organization signs in with.";
    let field = format!("textbox Work email or organization name {error} {hint}");
    assert_eq!(browser.read_aloud().await, ["heading Choose your organization", &field, "alert", "button Continue"]);

    browser.open(application.begin(&[("organization", "acme")]).url).await;
    browser.fill("Email or username", "pat").await;
    browser.fill("Password", "wrong").await;
    browser.submit().await;
    browser.wait_for_text("Wrong email").await;
    let expected = [
        "heading Sign in to Acme",
        "list Ways to sign in",
        "link Continue with Acme sso",
        "alert",
        "textbox Email or username Wrong email, username or password.",
        "textbox Password Wrong email, username or password.",
        "button Sign in",
        "link Forgot your password?",
        "link Choose another organization",
    ];
    assert_eq!(browser.read_aloud().await, expected);
}

#[tokio::test]
async fn chromium_goes_back_forward_and_to_a_second_tab_on_every_page() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let settings = json!({ "organization_require_behavior": "pre_login_prompt" });
    let application = Application::register(&world.gateway, settings).await;
    let browser = Browser::start().await;
    let begun = application.begin(&[]);
    browser.open(&begun.url).await;
    browser.fill("Work email or organization name", "acme").await;
    browser.submit().await;
    browser.wait_for_text("Continue with Acme sso").await;
    browser.back().await;
    assert_eq!(browser.title().await, "Choose your organization – Example App");
    browser.forward().await;
    browser.reload().await;
    assert_eq!(browser.title().await, "Sign in to Acme");

    // The second tab shows the same page, signs in, and leaves the first one usable.
    let page = browser.url().await;
    let first = browser.client().window().await.unwrap();
    let second = browser.client().new_window(true).await.unwrap().handle;
    browser.client().switch_to_window(second).await.unwrap();
    browser.open(&page).await;
    browser.click_text("Choose another organization").await;
    browser.fill("Work email or organization name", "globex").await;
    browser.submit().await;
    browser.wait_for_text("Continue with Globex sso").await;
    browser.client().switch_to_window(first).await.unwrap();
    assert_eq!(browser.title().await, "Sign in to Acme");
    browser.click_text("Continue with Acme sso").await;
    browser.wait_for_url(&world.provider.issuer).await;
    browser.back().await;
    browser.click_text("Continue with Acme sso").await;
    browser.fill("login", "alice").await;
    browser.submit().await;
    let arrived = browser.wait_for_url_where("the application", |url| url.host_str() == Some("app.example")).await;
    assert!(arrived.query_pairs().any(|(name, _)| name == "code"), "{arrived}");
}

/// An application that redirects once more after the callback, to yet another origin.
struct RedirectingApplication {
    callback: String,
}

impl RedirectingApplication {
    async fn start() -> Self {
        let home = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let welcome = format!("http://127.0.0.1:{}/welcome", home.local_addr().unwrap().port());
        let callback = format!("http://localhost:{}/callback", door.local_addr().unwrap().port());
        let page = Router::new().route("/welcome", get(|| async { Html("<h1>Welcome</h1>") }));
        let lead = Router::new().route("/callback", get(move || async move { Redirect::to(&welcome) }));
        tokio::spawn(async move { axum::serve(home, page).await });
        tokio::spawn(async move { axum::serve(door, lead).await });
        Self { callback }
    }
}

#[tokio::test]
async fn chromium_follows_an_application_that_redirects_again_after_each_form() {
    let elsewhere = RedirectingApplication::start().await;
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    let acme = gateway.admin.organization("acme").await;
    passwords(&gateway, &acme).await;
    let settings = json!({ "callbacks": [elsewhere.callback], "organization_require_behavior": "pre_login_prompt" });
    let application = Application::register(&gateway, settings).await;
    let to_elsewhere = ("redirect_uri", elsewhere.callback.as_str());
    let browser = Browser::start().await;
    browser.open(application.begin(&[to_elsewhere, ("organization", "acme")]).url).await;
    browser.fill("Email or username", "pat@acme.example").await;
    browser.fill("Password", PASSWORD).await;
    browser.submit().await;
    browser.wait_for_text("Welcome").await;

    // With a session the picker's form leads all the way as well.
    browser.open(application.begin(&[to_elsewhere]).url).await;
    browser.fill("Work email or organization name", "acme").await;
    browser.submit().await;
    browser.wait_for_text("Welcome").await;
}
