//! The small figures: what the steps of a page and of a login cost by themselves, without sockets.
//!
//! They are for whoever works on one of them; what counts is in `figures/`, beside a reference. `make bench-steps`

use std::net::{IpAddr, Ipv4Addr};
use std::sync::LazyLock;

use axum::body::Body;
use axum::http::{HeaderMap, Request, Uri, header};
use divan::Bencher;
use http_body_util::BodyExt;
use secrecy::SecretString;
use serde_json::{Value, json};
use tower::ServiceExt;
use vestibule::app::App;
use vestibule::config::Config;
use vestibule::model::{Application, Timestamp};
use vestibule::oidc::authorization::Authorization;
use vestibule::oidc::authorize_request::AuthorizeRequest;
use vestibule::oidc::keys::{ID_TOKEN, KeyRing};
use vestibule::oidc::signing_key::SigningKey;
use vestibule::store::seal::Seal;
use vestibule::web::at_once::Asked;
use vestibule::web::text;

/// 32 bytes of 7.
const ROOT_KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
const CALLBACK: &str = "https://app.example/callback";
const LANGUAGES: &str = "pt-BR,pt;q=0.9,en-US;q=0.8,en;q=0.7";

fn main() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    divan::main();
}

fn query(client_id: &str) -> String {
    format!(
        "client_id={client_id}&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback&response_type=code\
         &scope=openid%20profile%20email&nonce=Zm9yIG9uZSBsb2dpbiBvbmx5&code_challenge_method=S256\
         &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&organization=acme&state=c3RhdGUtb2Ytb25l"
    )
}

#[divan::bench]
fn the_request_is_read(bencher: Bencher<'_, '_>) {
    let query = query("application");
    bencher.bench(|| AuthorizeRequest::parse(&query));
}

#[divan::bench]
fn the_request_is_checked(bencher: Bencher<'_, '_>) {
    let application = json!({
        "client_id": "application", "name": "Application", "app_type": "regular_web", "callbacks": [CALLBACK],
        "grant_types": ["authorization_code"],
    });
    let application: Application = serde_json::from_value(application).expect("an application");
    let request = AuthorizeRequest::parse(&query("application")).expect("reads");
    bencher.with_inputs(|| request.clone()).bench_values(|request| Authorization::check(request, &application));
}

#[divan::bench]
fn the_language_is_chosen(bencher: Bencher<'_, '_>) {
    bencher.bench(|| text::choose(None, Some(LANGUAGES), &[]));
}

/// Everything between the parsed request and the answer, from what is remembered.
#[divan::bench]
fn the_page_is_answered(bencher: Bencher<'_, '_>) {
    let house = House::new();
    let query = query(&house.client_id);
    let uri: Uri = format!("/authorize?{query}").parse().expect("an address");
    let headers = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, LANGUAGES.parse().expect("a header"))]);
    let asked = Asked { address: IpAddr::V4(Ipv4Addr::LOCALHOST), headers: &headers, uri: &uri, query: &query };
    let _runtime = house.runtime.enter();
    assert!(house.app.login.page_at_once(&asked).is_some(), "the page is not remembered");
    bencher.bench_local(|| house.app.login.page_at_once(&asked));
}

#[divan::bench]
fn a_trip_is_sealed(bencher: Bencher<'_, '_>) {
    bencher.bench(|| SEAL.seal("trips.record:1", &[7; 1024]));
}

#[divan::bench]
fn a_trip_is_opened(bencher: Bencher<'_, '_>) {
    let sealed = SEAL.seal("trips.record:1", &[7; 1024]).expect("seals");
    bencher.bench(|| SEAL.open("trips.record:1", &sealed));
}

#[divan::bench]
fn a_token_is_signed(bencher: Bencher<'_, '_>) {
    let read = || {
        let kept = SigningKey::generate(Timestamp::now());
        Box::pin(async { Ok(vec![kept?]) }) as futures_util::future::BoxFuture<'static, _>
    };
    let opening = KeyRing::open("login.example", Box::new(read));
    let keys = futures_util::FutureExt::now_or_never(opening).expect("waits for nothing").expect("opens");
    let claims = json!({ "iss": "https://login.example/", "sub": "oidc|acme-sso|alice", "org_id": "org_4kT9" });
    bencher.bench(|| keys.sign(ID_TOKEN, &claims));
}

static SEAL: LazyLock<Seal> =
    LazyLock::new(|| Seal::new(&SecretString::from(ROOT_KEY), &SecretString::from("")).expect("a root key"));

/// A gateway with its own Management API and one organization, whose page was drawn once.
struct House {
    app: App,
    client_id: String,
    runtime: tokio::runtime::Runtime,
    _folder: tempfile::TempDir,
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let settings = format!(
            "storage.url = \"sqlite:{}\"\nstorage.root_key = {ROOT_KEY:?}\nmanagement.fresh_seconds = 86400\n",
            folder.path().join("steps.db").display()
        );
        let config = Config::from_text(&settings, std::iter::empty()).expect("settings");
        let (app, client_id) = runtime.block_on(async {
            let app = App::build(config).await.expect("a gateway");
            let client_id = set_up(&app).await;
            (app, client_id)
        });
        Self { app, client_id, runtime, _folder: folder }
    }
}

/// As `figures/seed.rs` does it: five ways to sign in.
async fn set_up(app: &App) -> String {
    let scopes = ["create:clients", "create:organizations", "create:connections", "create:organization_connections"];
    let token = app.management_token(&scopes.map(str::to_owned), 600).expect("a token");
    let create = async |path: &str, body: Value| {
        let request = Request::post(format!("/api/v2{path}"))
            .header(header::HOST, "localhost")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .expect("a request");
        let answer = app.router.clone().oneshot(request).await.expect("an answer");
        let status = answer.status();
        let body = answer.into_body().collect().await.expect("a body").to_bytes();
        assert!(status.is_success(), "POST {path}: {status} {}", String::from_utf8_lossy(&body));
        serde_json::from_slice::<Value>(&body).expect("JSON")
    };
    let text = |made: &Value, member: &str| made[member].as_str().expect("a member").to_owned();
    let application = json!({
        "name": "Application", "app_type": "regular_web", "callbacks": [CALLBACK], "organization_usage": "require",
        "grant_types": ["authorization_code"],
    });
    let client_id = text(&create("/clients", application).await, "client_id");
    let organization = create("/organizations", json!({ "name": "acme", "display_name": "Acme" })).await;
    let enabled = format!("/organizations/{}/enabled_connections", text(&organization, "id"));
    let secret = json!({ "client_id": "gateway", "client_secret": "a secret" });
    let openid = json!({ "issuer": "https://idp.example", "client_id": "gateway", "client_secret": "a secret" });
    for (name, strategy, options) in [
        ("own", "oidc", &openid),
        ("google", "google-oauth2", &secret),
        ("github", "github", &secret),
        ("microsoft", "windowslive", &secret),
        ("passwords", "auth0", &json!({})),
    ] {
        let made = create("/connections", json!({ "name": name, "strategy": strategy, "options": options })).await;
        create(&enabled, json!({ "connection_id": text(&made, "id"), "show_as_button": true })).await;
    }
    let request = Request::get(format!("/authorize?{}", query(&client_id)));
    let request = request.header(header::HOST, "localhost").body(Body::empty()).expect("a request");
    assert!(app.router.clone().oneshot(request).await.expect("an answer").status().is_success());
    client_id
}
