//! What nobody should send to the Management API: always a 4xx in the contract's shape, never a 500, nothing written.

use reqwest::Method;
use serde_json::{Value, json};

use crate::matrix;
use crate::support::gateway::{Gateway, Mode};
use crate::support::http::{Page, Visitor, raw};

matrix! {
    a_body_that_is_not_what_the_call_takes_is_refused_and_says_why,
    strange_identifiers_in_addresses_find_nothing,
    strange_texts_in_bodies_are_refused_before_the_database_sees_them,
    strange_queries_are_refused,
}

const SETTINGS: &str = "management.request_burst = 2000";

/// The contract's shape, and no fault of ours.
fn assert_refused(page: &Page, what: &str) {
    assert!((400..500).contains(&page.status), "{what}: {} {}", page.status, page.text());
    let error = page.json();
    assert_eq!(error["statusCode"], page.status, "{what}: {error}");
    for member in ["error", "message"] {
        assert!(error[member].as_str().is_some_and(|text| !text.is_empty()), "{what}: {error}");
    }
    let code = error.get("errorCode");
    assert!(code.is_none_or(|code| code.as_str().is_some_and(|text| !text.is_empty())), "{what}: {error}");
    assert_eq!(error.as_object().unwrap().len(), 3 + usize::from(code.is_some()), "{what}: {error}");
}

async fn send(gateway: &Gateway, method: &str, path: &str, kind: &str, body: Vec<u8>) -> Page {
    let visitor = Visitor::new();
    let request = visitor.request(method.parse::<Method>().unwrap(), &format!("{}{path}", gateway.admin.api));
    let request = request.bearer_auth(&gateway.admin.token).body(body);
    visitor.send(if kind.is_empty() { request } else { request.header("content-type", kind) }).await
}

/// Every call that takes a body, on things that exist.
async fn calls_with_a_body(gateway: &Gateway) -> Vec<(&'static str, String)> {
    let admin = &gateway.admin;
    let (acme, sso) =
        (admin.organization("acme").await, admin.federated("sso", "https://idp.example", json!({})).await);
    admin.enable(&acme, &sso, true).await;
    admin.database("people").await;
    let user = admin.person("people", "ada@acme.example", "correct horse").await;
    let client = admin.create("/clients", json!({ "name": "Shop" })).await["client_id"].as_str().unwrap().to_owned();
    let grant = json!({ "client_id": client, "audience": "https://orders.example/", "scope": [] });
    let grant = admin.create("/client-grants", grant).await["id"].as_str().unwrap().to_owned();
    vec![
        ("POST", "/organizations".to_owned()),
        ("PATCH", format!("/organizations/{acme}")),
        ("POST", format!("/organizations/{acme}/members")),
        ("DELETE", format!("/organizations/{acme}/members")),
        ("POST", format!("/organizations/{acme}/enabled_connections")),
        ("PATCH", format!("/organizations/{acme}/enabled_connections/{sso}")),
        ("POST", "/connections".to_owned()),
        ("PATCH", format!("/connections/{sso}")),
        ("PATCH", format!("/connections/{sso}/clients")),
        ("POST", "/clients".to_owned()),
        ("PATCH", format!("/clients/{client}")),
        ("POST", "/client-grants".to_owned()),
        ("PATCH", format!("/client-grants/{grant}")),
        ("POST", "/users".to_owned()),
        ("PATCH", format!("/users/{user}")),
    ]
}

async fn a_body_that_is_not_what_the_call_takes_is_refused_and_says_why(mode: Mode) {
    let gateway = Gateway::start_with(mode, SETTINGS).await;
    let nested = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let bodies = [
        "",
        "{",
        "{\"name\": ",
        "nonsense",
        "null",
        "true",
        "7",
        "\"text\"",
        "[7]",
        "[[]]",
        "{\"unknown\": 1}",
        "{\"name\": {\"a\": 1}, \"members\": 7, \"scope\": \"a b\", \"connection_id\": []}",
        "{\"\\ud800\": 1}",
        &nested,
        "{\"name\": \"a\", \"name\": \"b\", \"unknown\": 1}",
    ];
    for (method, path) in calls_with_a_body(&gateway).await {
        for body in bodies {
            let what = format!("{method} {path} {:.60}", body);
            let page = send(&gateway, method, &path, "application/json", body.into()).await;
            assert_refused(&page, &what);
            assert_eq!((page.status, &page.json()["errorCode"]), (400, &json!("invalid_body")), "{what}");
        }
        let page = send(&gateway, method, &path, "application/json", vec![b'{', b'"', 0xff, 0xfe, b'"']).await;
        assert_eq!(page.status, 400, "{method} {path}: {}", page.text());
        for kind in ["", "text/plain", "application/jsonp", "application/x-www-form-urlencoded"] {
            let page = send(&gateway, method, &path, kind, b"{}".into()).await;
            assert_refused(&page, &format!("{method} {path} {kind}"));
            assert_eq!(page.status, 415, "{method} {path} {kind}");
        }
        let page = send(&gateway, method, &path, "application/json", vec![b' '; 1_100_000]).await;
        assert_refused(&page, &format!("{method} {path} of 1.1 MB"));
        assert_eq!(page.status, 413, "{method} {path}");
    }
    assert_eq!(gateway.admin.get("/organizations?include_totals=true").await["total"], 1);
    assert_eq!(gateway.admin.get("/users?include_totals=true").await["total"], 1);
}

#[tokio::test]
async fn a_body_of_unknown_length_is_cut_at_the_limit() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    let head = format!(
        "POST /api/v2/organizations HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n",
        gateway.admin.token
    );
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let request = format!("{head}{}0\r\n\r\n", chunk.repeat(20));
    let answer = String::from_utf8(raw(gateway.address, request.as_bytes()).await).unwrap();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains("\"statusCode\":413"), "{answer}");
}

#[tokio::test]
async fn media_types_are_read_as_http_writes_them() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    for (name, kind) in
        [("a", "Application/JSON"), ("b", "application/json; charset=utf-8"), ("c", "application/json ;x=y")]
    {
        let body = json!({ "name": name }).to_string().into_bytes();
        let page = send(&gateway, "POST", "/organizations", kind, body).await;
        assert_eq!(page.status, 201, "{kind}: {}", page.text());
    }
}

async fn strange_identifiers_in_addresses_find_nothing(mode: Mode) {
    let gateway = Gateway::start_with(mode, SETTINGS).await;
    let acme = gateway.admin.organization("acme").await;
    let long = "x".repeat(10_000);
    let ids = [
        "%00",
        "a%00b",
        "%0A",
        "%0d%0aX-Header:%20x",
        "%ff%fe",
        "%",
        "%zz",
        "..%2f..%2fusers",
        "%2e%2e%2fclients",
        "%20",
        "%D0%B0cme",
        "ACME",
        "acme%E2%80%8B",
        "%F0%9F%92%A9",
        "'%20OR%201=1--",
        "%25",
        "*",
        "null",
        &long,
    ];
    let change = || Some(json!({ "display_name": "Changed" }));
    for id in ids {
        let paths = [
            format!("/organizations/{id}"),
            format!("/organizations/name/{id}"),
            format!("/organizations/{id}/members"),
            format!("/organizations/{id}/enabled_connections"),
            format!("/organizations/{acme}/enabled_connections/{id}"),
            format!("/connections/{id}"),
            format!("/connections/{id}/clients"),
            format!("/clients/{id}"),
            format!("/clients/{id}/connections"),
            format!("/client-grants/{id}"),
            format!("/users/{id}"),
            format!("/users/{id}/organizations"),
        ];
        for path in paths {
            let what = format!("GET {path:.80}");
            let page = gateway.admin.call("GET", &path, None).await;
            assert_refused(&page, &what);
            assert!([400, 404].contains(&page.status), "{what}: {}", page.text());
        }
        for path in ["organizations", "connections", "users"].map(|kind| format!("/{kind}/{id}")) {
            let body = if path.starts_with("/users") { Some(json!({ "name": "Changed" })) } else { change() };
            assert_refused(&gateway.admin.call("PATCH", &path, body).await, &format!("PATCH {path:.80}"));
            let page = gateway.admin.call("DELETE", &path, None).await;
            assert!([204, 400].contains(&page.status), "DELETE {path:.80}: {} {}", page.status, page.text());
        }
    }
    assert_eq!(gateway.admin.get("/organizations").await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn dots_in_an_address_lead_nowhere_else() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    for path in
        ["/api/v2/organizations/../clients", "/api/v2/users/%2e%2e/clients", "/api/v2/../../etc/passwd", "/api/v2"]
    {
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\nconnection: close\r\n\r\n",
            gateway.admin.token
        );
        let answer = String::from_utf8(raw(gateway.address, request.as_bytes()).await).unwrap();
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
    }
    let page = gateway.admin.call("PUT", "/organizations", Some(json!({}))).await;
    assert_refused(&page, "PUT");
    assert_eq!(page.status, 405);
    assert_refused(&gateway.admin.call("GET", "/nothing/here", None).await, "an unknown address");
}

/// A name that nothing has yet.
fn new() -> String {
    vestibule::model::random_alphanumeric(12).to_lowercase()
}

/// Text that no database shortens: 4 bytes a character, never the same twice.
fn noise(characters: u32) -> String {
    (0..characters).filter_map(|number| char::from_u32(0x20000 + number.wrapping_mul(7919) % 0x9000)).collect()
}

async fn strange_texts_in_bodies_are_refused_before_the_database_sees_them(mode: Mode) {
    let gateway = Gateway::start_with(mode, SETTINGS).await;
    let calls = calls_with_a_body(&gateway).await;
    let sso = calls.iter().find(|(_, path)| path.ends_with("/clients") && path.contains("con_")).unwrap().1.clone();
    let members = calls[2].1.clone();
    let enabled = calls[4].1.clone();
    let before = gateway.admin.get("/organizations").await;
    let names =
        ["", " acme", "acme ", "ACME", "аcme", "acme\u{200b}", "ac/me", "../acme", "acmé", "a\u{0}", "a\n", "ａcme"];
    for name in names {
        let page = gateway.admin.call("POST", "/organizations", Some(json!({ "name": name }))).await;
        assert_refused(&page, &format!("an organization called {name:?}"));
        let page = gateway.admin.call("POST", "/connections", Some(json!({ "name": name, "strategy": "auth0" }))).await;
        let is_good_for_a_connection = name == "ACME";
        assert!(is_good_for_a_connection || page.status == 400, "a connection called {name:?}: {}", page.text());
    }
    assert_eq!(gateway.admin.get("/organizations").await, before);

    for text in ["a\u{0}b".to_owned(), "a\r\nb".to_owned(), "x".repeat(10_000), noise(2_000), noise(9_000)] {
        let user = |more: Value| {
            let mut body = json!({ "connection": "people", "email": "eve@acme.example", "password": "correct horse" });
            body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
            body
        };
        let option = json!({ "issuer": format!("https://idp.example/{text}"), "client_id": "a", "client_secret": "b" });
        let bodies = [
            ("POST", "/organizations", json!({ "name": text })),
            ("POST", "/organizations", json!({ "name": new(), "display_name": text })),
            ("POST", "/organizations", json!({ "name": new(), "metadata": { "a": text } })),
            ("POST", "/organizations", json!({ "name": new(), "metadata": { &text: "a" } })),
            ("POST", "/organizations", json!({ "name": new(), "branding": { "logo_url": text } })),
            ("POST", "/organizations", json!({ "name": new(), "enabled_connections": [{ "connection_id": text }] })),
            ("POST", &members, json!({ "members": [text] })),
            ("POST", &enabled, json!({ "connection_id": text })),
            ("POST", "/connections", json!({ "name": text, "strategy": "auth0" })),
            ("POST", "/connections", json!({ "name": new(), "strategy": text })),
            ("POST", "/connections", json!({ "name": new(), "strategy": "auth0", "display_name": text })),
            ("POST", "/connections", json!({ "name": new(), "strategy": "auth0", "realms": [text] })),
            ("POST", "/connections", json!({ "name": new(), "strategy": "auth0", "enabled_clients": [text] })),
            ("POST", "/connections", json!({ "name": new(), "strategy": "oidc", "options": option })),
            ("PATCH", &sso, json!([{ "client_id": text, "status": true }])),
            ("POST", "/clients", json!({ "name": text })),
            ("POST", "/clients", json!({ "name": "New", "description": text })),
            ("POST", "/clients", json!({ "name": "New", "callbacks": [text] })),
            ("POST", "/clients", json!({ "name": "New", "initiate_login_uri": text })),
            ("POST", "/client-grants", json!({ "client_id": text, "audience": "https://new.example/" })),
            ("POST", "/client-grants", json!({ "client_id": "nobody", "audience": text })),
            ("POST", "/client-grants", json!({ "client_id": noise(255), "audience": noise(600) })),
            ("POST", "/users", user(json!({ "connection": text }))),
            ("POST", "/users", user(json!({ "email": format!("{text}@acme.example") }))),
            ("POST", "/users", user(json!({ "username": text }))),
            ("POST", "/users", user(json!({ "user_id": text }))),
            ("POST", "/users", user(json!({ "password": text }))),
            ("POST", "/users", user(json!({ "name": text }))),
            ("POST", "/users", user(json!({ "user_metadata": { "a": text.repeat(3) } }))),
        ];
        for (method, path, body) in bodies {
            let what = format!("{method} {path} {:.90}", body.to_string());
            let page = gateway.admin.call(method, path, Some(body)).await;
            // A line break is no harm in a description or in metadata, which pages and mails do not show.
            let is_harmless = page.status == 201 && text.len() < 10;
            assert!(is_harmless || (400..405).contains(&page.status), "{what}: {} {}", page.status, page.text());
            if !is_harmless {
                assert_refused(&page, &what);
            }
        }
    }
}

async fn strange_queries_are_refused(mode: Mode) {
    let gateway = Gateway::start_with(mode, SETTINGS).await;
    let refused = [
        "page=-1",
        "page=x",
        "page=",
        "page=99999999999999999999",
        "per_page=0",
        "per_page=101",
        "per_page=1.5",
        "include_totals=maybe",
        "page=%00",
        "page=1&page=2",
        "page=100&per_page=100",
    ];
    for list in ["/organizations", "/connections", "/clients", "/client-grants", "/users"] {
        for query in refused {
            let page = gateway.admin.call("GET", &format!("{list}?{query}"), None).await;
            assert_refused(&page, &format!("{list}?{query}"));
            assert_eq!(page.status, 400, "{list}?{query}");
        }
    }
    let refused =
        ["/users-by-email", "/users-by-email?email=", "/users-by-email?email=%00", "/connections?strategy=%00"];
    for path in refused.into_iter().chain(["/connections?name=%00", "/client-grants?client_id=%00"]) {
        assert_refused(&gateway.admin.call("GET", path, None).await, path);
    }
}
