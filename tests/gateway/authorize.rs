//! The authorize request: what is answered to the application, and what only to the person (contract §2.6).

use serde_json::{Value, json};

use crate::support::application::{Application, CALLBACK, claims};
use crate::support::gateway::{Gateway, Mode};
use crate::support::http::{Page, Visitor};
use crate::support::world::World;

/// A gateway with the organization `acme`, which has nothing enabled, and an application with these settings.
async fn door(settings: Value) -> (Gateway, Application) {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    gateway.admin.organization("acme").await;
    let application = Application::register(&gateway, settings).await;
    (gateway, application)
}

/// The error's code and description, which came with this request's state and our issuer.
async fn error(application: &Application, more: &[(&str, &str)]) -> (String, String) {
    let begun = application.begin(more);
    let page = Visitor::new().get(&begun.url).await;
    assert_eq!(page.status, 303);
    application.error(&begun, &page)
}

/// A page for the person, with a number to tell an administrator, and no way on.
fn assert_shown(page: &Page, what: &str) {
    assert_eq!((page.status, page.find_location()), (400, None), "{what}: {}", page.text());
    assert_eq!(page.text_of("h1").as_deref(), Some("This sign-in link does not work"), "{what}");
    let id = page.header("x-request-id").unwrap();
    assert!(page.text().contains(id), "{what}: {}", page.text());
    assert!(page.headers.get("set-cookie").is_none());
}

#[tokio::test]
async fn an_organization_that_is_missing_unwanted_or_unknown_is_told_to_the_application() {
    let (gateway, require) = door(json!({})).await;
    let deny = Application::register(&gateway, json!({ "organization_usage": "deny" })).await;
    let invalid = |value: &str| format!("parameter organization is invalid: {value}");
    let required = "parameter organization is required for this client".to_owned();
    assert_eq!(error(&require, &[]).await, ("invalid_request".to_owned(), required));
    let not_allowed = "parameter organization is not allowed for this client".to_owned();
    for organization in ["acme", "globex", "org_abcdefghijklmnop", "A B"] {
        let told = error(&deny, &[("organization", organization)]).await;
        assert_eq!(told, ("invalid_request".to_owned(), not_allowed.clone()), "{organization}");
    }
    for organization in ["globex", "org_abcdefghijklmnop", "Acme", " acme", "ac me", "acme.", "-", "*", "../acme"] {
        let told = error(&require, &[("organization", organization)]).await;
        assert_eq!(told, ("invalid_request".to_owned(), invalid(organization)));
    }
    for (organization, shown) in [("acme\0", "acme"), ("acme\r\nx: y", "acmex: y"), ("äcme", "cme")] {
        let told = error(&require, &[("organization", organization)]).await;
        assert_eq!(told, ("invalid_request".to_owned(), invalid(shown)));
    }
    let long = "a".repeat(2000);
    assert_eq!(error(&require, &[("organization", &long)]).await.1, invalid(&long[..60]));
    let begun = require.begin(&[("organization", &"a".repeat(10_000))]);
    assert_shown(&Visitor::new().get(&begun.url).await, "10 KB");
}

#[tokio::test]
async fn an_organization_is_named_by_id_or_by_name() {
    let (gateway, application) = door(json!({})).await;
    let id = gateway.admin.get("/organizations/name/acme").await["id"].as_str().unwrap().to_owned();
    for organization in ["acme", &id] {
        let page = Visitor::new().get(application.begin(&[("organization", organization)]).url).await;
        assert_eq!((page.status, page.text_of("h1").as_deref()), (200, Some("Sign in to Acme")));
    }
    assert_eq!(error(&application, &[("organization", &id.to_uppercase())]).await.0, "invalid_request");
}

#[tokio::test]
async fn where_names_are_not_allowed_only_ids_are_and_tokens_carry_no_name() {
    let settings = "login.allow_organization_name_in_authentication_api = false";
    let world = World::start_with(Mode::SqliteEmbedded, settings).await;
    for name in ["acme", "nobody"] {
        let told = error(&world.application, &[("organization", name)]).await;
        let expected = "authorization request parameter organization must be an organization id";
        assert_eq!(told, ("invalid_request".to_owned(), expected.to_owned()));
    }
    let begun = world.application.begin(&[("organization", &world.acme)]);
    let page = world.sign_in(&Visitor::new(), &begun, "Continue with Acme sso", "alice").await;
    let tokens = world.application.tokens(&begun, &page).await;
    for token in ["id_token", "access_token"] {
        let claims = claims(tokens[token].as_str().unwrap());
        assert_eq!((&claims["org_id"], &claims["org_name"]), (&json!(world.acme), &Value::Null), "{token}");
    }
}

#[tokio::test]
async fn a_connection_that_is_elsewhere_or_nowhere_answers_as_one_that_is_not_enabled() {
    let (gateway, application) = door(json!({})).await;
    let admin = &gateway.admin;
    let globex = admin.organization("globex").await;
    let elsewhere = admin.federated("elsewhere", "http://127.0.0.1:1", json!({})).await;
    admin.enable(&globex, &elsewhere, true).await;
    admin.federated("enabled-nowhere", "http://127.0.0.1:1", json!({})).await;
    admin.database("a-database").await;
    let mut answers = Vec::new();
    for connection in ["elsewhere", "enabled-nowhere", "a-database", "no-such-connection", &elsewhere, "x\0y"] {
        let more = [("organization", "acme"), ("connection", connection), ("state", "s"), ("nonce", "n")];
        let page = Visitor::new().get(application.begin(&more).url).await;
        assert_eq!(page.redirect_parameter("error").as_deref(), Some("access_denied"));
        answers.push((page.status, page.location().to_string(), page.body));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
}

#[tokio::test]
async fn an_unknown_application_is_told_to_nobody_but_the_person() {
    let (_gateway, application) = door(json!({})).await;
    for client_id in ["", "nobody", "x\0", "../clients", "%2e%2e", &"a".repeat(10_000), "' OR 1=1 --", "ä"] {
        let page = Visitor::new().get(application.begin(&[("client_id", client_id)]).url).await;
        assert_shown(&page, client_id);
    }
}

#[tokio::test]
async fn a_redirect_uri_that_is_not_registered_is_never_followed() {
    let (_gateway, application) = door(json!({ "callbacks": [CALLBACK, "https://app.example/other?x=1"] })).await;
    let bypasses = [
        "",
        "https://app.example/callback/",
        "https://app.example/callback?",
        "https://app.example/callback?x=1",
        "https://app.example/callback#",
        "https://app.example/callback#https://evil.example",
        "https://app.example/CALLBACK",
        "https://APP.example/callback",
        "http://app.example/callback",
        "https://app.example:443/callback",
        "https://app.example:8443/callback",
        "https://app.example./callback",
        "https://app.example/./callback",
        "https://app.example/x/../callback",
        "https://app.example/%63allback",
        "https://app.example//callback",
        "https://app.example/callback%00",
        "https://app.example/callback\0",
        "https://app.example/callback\r\nlocation: https://evil.example",
        " https://app.example/callback",
        "https://app.example/callback ",
        "https://evil.example/callback",
        "https://app.example.evil.example/callback",
        "https://app.example@evil.example/callback",
        "https://evil.example#@app.example/callback",
        "https://evil.example\\@app.example/callback",
        "https://evil.example?https://app.example/callback",
        "//app.example/callback",
        "/callback",
        "callback",
        "javascript:alert(1)//https://app.example/callback",
        "data:text/html,x",
        "https://app.example/other",
        "https://app.example/callback,https://evil.example",
    ];
    for redirect_uri in bypasses {
        // Whatever else is wrong, or asked to be silent, is not told there either.
        for more in [&[][..], &[("prompt", "none")], &[("response_type", "token")], &[("organization", "nobody")]] {
            let more = [&[("redirect_uri", redirect_uri)], more].concat();
            let page = Visitor::new().get(application.begin(&more).url).await;
            assert_shown(&page, redirect_uri);
            assert!(!page.text().contains("evil.example"), "{}", page.text());
        }
    }
}

#[tokio::test]
async fn a_doubled_parameter_is_shown_to_the_person() {
    let (_gateway, application) = door(json!({})).await;
    let url = application.begin(&[("organization", "acme")]).url;
    for (name, value) in [
        ("client_id", "x"),
        ("redirect_uri", "https://evil.example"),
        ("redirect_uri", CALLBACK),
        ("organization", "acme"),
        ("organization", "globex"),
        ("state", "2"),
        ("scope", "openid"),
        ("nonce", ""),
        ("code_challenge", "x"),
        ("response_type", "code"),
        ("prompt", "none"),
    ] {
        let doubled = if url.contains(&format!("&{name}=")) || name == "client_id" { 1 } else { 2 };
        let mut doubled_url = url.clone();
        for _ in 0..doubled {
            doubled_url = url::Url::parse_with_params(&doubled_url, [(name, value)]).unwrap().into();
        }
        assert_shown(&Visitor::new().get(doubled_url).await, name);
    }
}

#[tokio::test]
async fn what_is_not_supported_is_told_to_the_application() {
    let (gateway, application) = door(json!({})).await;
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let cases: [(&[(&str, &str)], &str); 17] = [
        (&[("response_type", "")], "invalid_request"),
        (&[("response_type", "token")], "unsupported_response_type"),
        (&[("response_type", "id_token")], "unsupported_response_type"),
        (&[("response_type", "code id_token")], "unsupported_response_type"),
        (&[("response_mode", "fragment")], "unsupported_response_mode"),
        (&[("response_mode", "form_post")], "unsupported_response_mode"),
        (&[("response_mode", "web_message")], "unsupported_response_mode"),
        (&[("request", "e30.e30.")], "request_not_supported"),
        (&[("request_uri", "https://app.example/request")], "request_uri_not_supported"),
        (&[("prompt", "none login")], "invalid_request"),
        (&[("prompt", "create")], "invalid_request"),
        (&[("max_age", "-1")], "invalid_request"),
        (&[("max_age", "99999999999999999999")], "invalid_request"),
        (&[("code_challenge", challenge), ("code_challenge_method", "plain")], "invalid_request"),
        (&[("code_challenge", challenge), ("code_challenge_method", "")], "invalid_request"),
        (&[("code_challenge", "short")], "invalid_request"),
        (&[("code_challenge", "")], "invalid_request"),
    ];
    for (more, code) in cases {
        let more = [&[("organization", "acme")], more].concat();
        assert_eq!(error(&application, &more).await.0, code, "{more:?}");
    }
    // A longest-lived session is young enough.
    let oldest = application.begin(&[("organization", "acme"), ("max_age", &i64::MAX.to_string())]);
    assert_eq!(Visitor::new().get(oldest.url).await.status, 200);

    let without_pkce = [("organization", "acme"), ("code_challenge", ""), ("code_challenge_method", "")];
    let public = Application::register(&gateway, json!({ "app_type": "spa", "grant_types": ["authorization_code"] }));
    let public = public.await;
    assert_eq!(error(&public, &without_pkce).await.0, "invalid_request");
    assert_eq!(Visitor::new().get(application.begin(&without_pkce).url).await.status, 200);
    let machine = Application::register(&gateway, json!({ "grant_types": ["client_credentials"] })).await;
    assert_eq!(error(&machine, &[("organization", "acme")]).await.0, "unauthorized_client");
}

#[tokio::test]
async fn the_request_may_be_posted() {
    let (gateway, application) = door(json!({})).await;
    let begun = application.begin(&[("organization", "acme")]);
    let query = begun.url.split_once('?').unwrap().1;
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let visitor = Visitor::new();
    let posted = visitor.post_form_from("https://app.example", "cross-site", gateway.url("/authorize"), &fields).await;
    assert_eq!(posted.status, 303);
    let page = visitor.get(posted.location()).await;
    assert_eq!(page.body, visitor.get(&begun.url).await.body, "the same page as by GET");

    let both = visitor.post_form_from("https://app.example", "cross-site", &begun.url, &fields).await;
    assert_eq!((both.status, both.find_location()), (400, None));
    let long = [("client_id", "x".repeat(40_000))];
    let long: Vec<(&str, &str)> = long.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let page = visitor.post_form_from("https://app.example", "cross-site", gateway.url("/authorize"), &long).await;
    assert_eq!((page.status, page.find_location()), (413, None), "an address that long would be refused");
}

#[tokio::test]
async fn without_an_organization_a_person_signs_in_through_the_application_s_own_connections() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let allow = Application::register(&world.gateway, json!({ "organization_usage": "allow" })).await;
    let visitor = Visitor::new();
    let page = visitor.get(allow.begin(&[]).url).await;
    assert_eq!((page.status, page.text_of("h1").as_deref()), (200, Some("Sign in to Example App")));
    assert!(page.text_of("#no-options").is_some() && page.option_titles().is_empty(), "none is never all");
    assert_eq!(error(&allow, &[("connection", "acme-sso")]).await.0, "access_denied");

    // A session of an organization is none here, until its connection is the application's own too.
    world.sign_in_to_acme(&visitor, "alice").await;
    assert_eq!(visitor.get(allow.begin(&[]).url).await.status, 200);
    let clients = format!("/connections/{}/clients", world.globex_sso);
    let enabled = json!([{ "client_id": allow.client_id, "status": true }]);
    world.gateway.admin.update(&clients, enabled.clone()).await;
    let begun = allow.begin(&[]);
    let page = world.sign_in(&visitor, &begun, "Continue with Globex sso", "alice").await;
    let tokens = allow.tokens(&begun, &page).await;
    for token in ["id_token", "access_token"] {
        let claims = claims(tokens[token].as_str().unwrap());
        assert_eq!(claims["sub"], "oidc|globex-sso|alice");
        assert!(claims.get("org_id").is_none() && claims.get("org_name").is_none(), "{claims}");
    }
    assert!(world.gateway.admin.member_ids(&world.globex).await.is_empty());
    // The same application still takes people to their organization.
    let begun = allow.begin(&[("organization", "acme")]);
    let page = world.sign_in(&visitor, &begun, "Continue with Acme sso", "alice").await;
    assert_eq!(allow.id_claims(&begun, &page).await["org_id"], world.acme.as_str());

    let deny = Application::register(&world.gateway, json!({ "organization_usage": "deny" })).await;
    let clients = format!("/connections/{}/clients", world.acme_sso);
    world.gateway.admin.update(&clients, json!([{ "client_id": deny.client_id, "status": true }])).await;
    let begun = deny.begin(&[]);
    let page = visitor.get(&begun.url).await;
    assert!(deny.id_claims(&begun, &page).await.get("org_id").is_none(), "the session enters here");
}

/// Two names that nobody has are free in half a minute; the network is what a proxy says.
const TWO_UNKNOWN: &str = "management.unknown_names_per_minute = 2\nserver.trusted_proxies = [\"127.0.0.0/8\"]";

async fn get_from(network: &str, url: &str) -> Page {
    let visitor = Visitor::new();
    visitor.send(visitor.request("GET".parse().unwrap(), url).header("x-forwarded-for", network)).await
}

fn assert_waits(page: &Page, what: &str) {
    assert_eq!(page.status, 429, "{what}: {}", page.text());
    let wait: u64 = page.header("retry-after").unwrap_or_else(|| panic!("{what}")).parse().unwrap();
    assert!((1..=30).contains(&wait), "{what}: {wait}");
}

#[tokio::test]
async fn who_asks_for_too_many_made_up_names_waits_but_finds_what_exists() {
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, TWO_UNKNOWN).await;
    let admin = &gateway.admin;
    let (acme, people) = (admin.organization("acme").await, admin.database("people").await);
    admin.enable(&acme, &people, true).await;
    let application = Application::register(&gateway, json!({})).await;
    let (attacker, other) = ("203.0.113.1", "203.0.113.2");
    let known = application.begin(&[("organization", "acme")]).url;
    let unknown = |number: u32| application.begin(&[("client_id", &format!("made-up-{number}"))]).url;
    let nowhere = |number: u32| application.begin(&[("organization", &format!("made-up-{number}"))]).url;
    // What exists costs nothing, however often it is asked for.
    for _ in 0..5 {
        assert_eq!(get_from(attacker, &known).await.status, 200);
    }
    assert_eq!(get_from(attacker, &unknown(1)).await.status, 400);
    assert_eq!(get_from(attacker, &nowhere(2)).await.status, 303);
    for url in [unknown(3), nowhere(4)] {
        let page = get_from(attacker, &url).await;
        assert_waits(&page, &url);
        assert_eq!(page.text_of("h1").as_deref(), Some("Please wait a moment"));
        assert!(page.find_location().is_none() && page.header("set-cookie").is_none());
    }
    let target = gateway.url("/oidc/logout?client_id=made-up-5&post_logout_redirect_uri=https://a.example/");
    assert_waits(&get_from(attacker, &target).await, "signing out");
    // Also when a write made the answers be asked for anew.
    admin.organization("later").await;
    assert_eq!(get_from(attacker, &known).await.text_of("h1").as_deref(), Some("Sign in to Acme"));
    assert_eq!(get_from(other, &unknown(6)).await.status, 400, "another network need not wait");
}

#[tokio::test]
async fn made_up_names_keep_nobody_from_finishing_a_login() {
    let world = World::start_with(Mode::SqliteEmbedded, "management.unknown_names_per_minute = 2").await;
    let visitor = Visitor::new();
    let begun = world.application.begin(&[("organization", "acme")]);
    let trip = visitor.click(&visitor.get(&begun.url).await, "Continue with Acme sso").await;
    let callback = world.provider.sign_in(&visitor, trip.location(), "alice").await;
    // From the person's own network.
    for number in 0..4 {
        let client = format!("made-up-{number}");
        visitor.get(world.application.begin(&[("client_id", &client)]).url).await;
    }
    let made_up = world.application.begin(&[("client_id", "made-up")]);
    assert_waits(&visitor.get(&made_up.url).await, "made up");
    // Nothing is remembered any more.
    world.gateway.admin.organization("later").await;
    let page = visitor.get(callback).await;
    world.application.tokens(&begun, &page).await;
}
