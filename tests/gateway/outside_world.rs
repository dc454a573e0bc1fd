//! The outside world by itself: what the other tests take for granted.

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};
use tokio::net::TcpListener;
use url::Url;

use crate::support::browser::{Browser, Options};
use crate::support::forging::Signature;
use crate::support::hostile_provider::{Answer, HostileProvider};
use crate::support::http::Visitor;
use crate::support::identity_provider::IdentityProvider;
use crate::support::postgres::Postgres;

const CALLBACK: &str = "http://localhost:1/login/callback/acme";
// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn identity_provider() -> IdentityProvider {
    IdentityProvider::start(
        json!([{ "client_id": "gateway", "client_secret": "secret", "redirect_uris": [CALLBACK],
            "token_endpoint_auth_method": "client_secret_post" }]),
        json!([{ "sub": "alice", "email": "alice@acme.example", "email_verified": true, "name": "Alice" }]),
    )
}

fn authorize_url(endpoint: &str) -> String {
    let parameters = [
        ("client_id", "gateway"),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("scope", "openid email profile"),
        ("state", "the state"),
        ("nonce", "the nonce"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    Url::parse_with_params(endpoint, parameters).unwrap().into()
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned())
}

async fn exchange(token_endpoint: &str, code: &str) -> Value {
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
        ("client_id", "gateway"),
        ("client_secret", "secret"),
    ];
    let answer = Visitor::new().call(token_endpoint, &fields).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn a_person_without_script_signs_in_at_the_identity_provider() {
    let provider = identity_provider();
    let visitor = Visitor::new();
    let callback = provider.sign_in(&visitor, authorize_url(&format!("{}/auth", provider.issuer)), "alice").await;

    assert!(callback.as_str().starts_with(CALLBACK), "{callback}");
    assert_eq!(parameter(&callback, "state").as_deref(), Some("the state"));
    assert_eq!(parameter(&callback, "iss"), Some(provider.issuer.clone()));

    let tokens = exchange(&format!("{}/token", provider.issuer), &parameter(&callback, "code").unwrap()).await;
    assert!(tokens["id_token"].is_string(), "{tokens}");
    assert_eq!(provider.token_requests().await, 1);
}

#[tokio::test]
async fn the_identity_provider_remembers_a_person_but_not_another() {
    let provider = identity_provider();
    let (first, second) = (Visitor::new(), Visitor::new());
    let start = authorize_url(&format!("{}/auth", provider.issuer));
    provider.sign_in(&first, &start, "alice").await;

    assert!(provider.login_page(&first, &start).await.find_location().is_some());
    assert_eq!(provider.login_page(&second, &start).await.text_of("h1").as_deref(), Some("Identity provider"));
    let cancelled = provider.cancel(&second, &start).await;
    assert_eq!(parameter(&cancelled, "error").as_deref(), Some("access_denied"));
}

#[tokio::test]
async fn the_identity_provider_changes_clients_accounts_and_keys_while_it_runs() {
    let provider = identity_provider();
    let keys = format!("{}/jwks", provider.issuer);
    let before = Visitor::new().get(&keys).await.json();
    provider.rotate_keys().await;
    assert_ne!(Visitor::new().get(&keys).await.json(), before);

    provider.add_client("gateway", "other", CALLBACK).await;
    provider.set_account(&json!({ "sub": "bob", "email": "bob@acme.example" })).await;
    let start = authorize_url(&format!("{}/auth", provider.issuer));
    let callback = provider.sign_in(&Visitor::new(), &start, "bob@acme.example").await;
    assert!(parameter(&callback, "code").is_some(), "{callback}");
}

#[tokio::test]
async fn the_token_endpoint_waits_until_released() {
    let provider = identity_provider();
    let start = authorize_url(&format!("{}/auth", provider.issuer));
    let callback = provider.sign_in(&Visitor::new(), &start, "alice").await;
    let (endpoint, code) = (format!("{}/token", provider.issuer), parameter(&callback, "code").unwrap());

    provider.hold_tokens().await;
    let exchanging = tokio::spawn(async move { exchange(&endpoint, &code).await });
    provider.token_request_waits().await;
    assert!(!exchanging.is_finished());
    provider.release_tokens().await;
    assert!(exchanging.await.unwrap()["id_token"].is_string());
}

#[tokio::test]
async fn the_hostile_provider_does_right_until_told_otherwise() {
    let provider = HostileProvider::start().await;
    let page = Visitor::new().get(authorize_url(&format!("{}/authorize", provider.issuer))).await;
    let code = page.redirect_parameter("code").unwrap();
    let endpoint = format!("{}/token", provider.issuer);

    let tokens = exchange(&endpoint, &code).await;
    assert!(tokens["id_token"].as_str().unwrap().len() > 500, "{tokens}");
    provider.behave(|b| b.signature = Signature::None);
    assert!(exchange(&endpoint, &code).await["id_token"].as_str().unwrap().ends_with('.'));
    provider.behave(|b| b.token = Answer::Fail);
    assert_eq!(Visitor::new().call(&endpoint, &[("code", &code)]).await.status, 500);
    assert_eq!(provider.seen().token, 3);
    assert_eq!(provider.seen().last_authorize["nonce"], "the nonce");
}

#[tokio::test]
async fn postgres_gives_every_test_a_database_of_its_own() {
    let (first, second) = (Postgres::database().await, Postgres::database().await);
    let mut first = PgConnection::connect(&first).await.unwrap();
    first.execute("CREATE TABLE mine (id BIGINT)").await.unwrap();
    let mut second = PgConnection::connect(&second).await.unwrap();
    assert!(second.execute("SELECT * FROM mine").await.is_err());
}

const PAGE: &str = r#"<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Acme</title>
<meta name="viewport" content="width=device-width">
<style>:root{color-scheme:light dark}p{display:none}@media(prefers-color-scheme:dark){p{display:block}}</style></head>
<body><main><h1>Sign in</h1><p>Good night</p><a class="option" href="/next">Continue with "Okta"</a>
<form action="/next"><label for="name">Your name</label><input id="name" name="username"><button>Go</button></form></main></body></html>"#;

const NEXT: &str = "<!doctype html><title>Next</title><h1>Arrived</h1><script>document.title = 'Changed'</script>";

/// A site under `acme.localhost`, as strict about scripts as the login pages.
async fn site() -> String {
    let policy = [("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")];
    let routes = Router::new()
        .route("/", get(move || async move { (policy, Html(PAGE)) }))
        .route("/next", get(|| async { Html(NEXT) }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://acme.localhost:{}/", listener.local_addr().unwrap().port());
    tokio::spawn(async { axum::serve(listener, routes).await });
    address
}

#[tokio::test]
async fn chromium_opens_clicks_fills_and_finds_its_way_by_keyboard() {
    let site = site().await;
    let browser = Browser::start().await;
    browser.open(&site).await;
    assert_eq!(browser.title().await, "Acme");
    assert!(!browser.text().await.contains("Good night"));
    browser.check_accessibility().await;

    browser.click_text("Continue with \"Okta\"").await;
    browser.wait_for_text("Arrived").await;
    assert_eq!(browser.title().await, "Changed");
    browser.back().await;
    browser.fill("Your name", "alice").await;
    browser.submit().await;
    browser.wait_for_url(&format!("{site}next?username=alice")).await;

    browser.open(&site).await;
    browser.press_tab().await;
    assert_eq!(browser.focused().await, "Continue with \"Okta\"");
    browser.press_enter().await;
    browser.wait_for_url(&format!("{site}next")).await;
}

#[tokio::test]
async fn chromium_works_without_scripts_in_the_dark_and_on_a_phone() {
    let site = site().await;
    let browser = Browser::with(Options { scripts: false, dark: true, width: 320, height: 640 }).await;
    browser.open(&site).await;
    let text = browser.text().await;
    assert!(text.contains("Good night"), "{text}");
    assert_eq!(browser.content_and_page_width().await, (320, 320));
    browser.screenshot("outside_world").await;
    browser.fill("username", "alice").await;
    browser.press_enter().await;
    browser.wait_for_url_where("the next page", |url| url.path() == "/next").await;
    assert_eq!(browser.title().await, "Next");
}
