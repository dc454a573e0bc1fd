//! Serving: health, metrics, TLS, limits, and the headers that every answer carries.

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

use crate::support::application::Application;
use crate::support::command::free_port;
use crate::support::gateway::{Administrator, CERTIFICATE, Gateway, Mode};
use crate::support::http::{Page, Visitor, raw};
use crate::support::repository;

const PASSWORD: &str = "correct horse battery";

async fn gateway(settings: &str) -> Gateway {
    Gateway::start_with(Mode::SqliteEmbedded, settings).await
}

/// An organization with a password form, and its application.
async fn login(admin: &Administrator, origin: &str) -> Application {
    let acme = admin.organization("acme").await;
    let people = admin.database("people").await;
    admin.enable(&acme, &people, true).await;
    admin.person("people", "ann@acme.example", PASSWORD).await;
    Application::register_at(admin, origin, json!({ "organization_require_behavior": "pre_login_prompt" })).await
}

async fn sign_in(visitor: &Visitor, application: &Application) -> Page {
    let page = visitor.get(application.begin(&[("organization", "acme")]).url).await;
    visitor.submit(&page, &[("username", "ann@acme.example"), ("password", PASSWORD)]).await
}

fn set_cookies(page: &Page) -> Vec<String> {
    page.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap().to_owned()).collect()
}

async fn raw_text(gateway: &Gateway, request: &str) -> String {
    String::from_utf8_lossy(&raw(gateway.address, request.as_bytes()).await).into_owned()
}

#[tokio::test]
async fn it_says_that_it_lives_and_that_it_is_ready() {
    let gateway = gateway("").await;
    for path in ["/healthz", "/readyz"] {
        let page = Visitor::new().get(gateway.url(path)).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text());
    }
}

#[tokio::test]
async fn metrics_have_a_listener_of_their_own() {
    let port = free_port();
    let gateway = gateway(&format!("server.metrics_listen = \"127.0.0.1:{port}\"")).await;
    let visitor = Visitor::new();
    assert_eq!(visitor.get(gateway.url("/metrics")).await.status, 404);
    let metrics = visitor.get(format!("http://localhost:{port}/metrics")).await;
    assert_eq!(metrics.status, 200);
    assert!(metrics.text().contains("http_requests_total"), "{}", metrics.text());
    for path in ["/authorize", "/api/v2/organizations", "/healthz"] {
        assert_eq!(visitor.get(format!("http://localhost:{port}{path}")).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn over_tls_cookies_are_bound_to_the_host_and_plain_http_is_ruled_out() {
    let secure = Gateway::start_secure(Mode::SqliteEmbedded, "").await;
    let application = login(&secure.admin, &secure.origin).await;
    let visitor = Visitor::trusting(&std::fs::read(repository(CERTIFICATE)).unwrap());
    let page = sign_in(&visitor, &application).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let cookies = set_cookies(&page);
    assert_eq!(cookies.len(), 2, "{cookies:?}");
    for cookie in &cookies {
        assert!(cookie.starts_with("__Host-vestibule_"), "{cookie}");
        for attribute in ["; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
    for path in ["/", "/healthz", "/nowhere", "/api/v2/organizations", "/authorize"] {
        let page = visitor.get(format!("{}{path}", secure.origin)).await;
        assert_eq!(page.header("strict-transport-security"), Some("max-age=31536000"), "{path}");
    }
    let discovery = visitor.get(format!("{}/.well-known/openid-configuration", secure.origin)).await.json();
    assert_eq!(discovery["issuer"], format!("{}/", secure.origin));
}

#[tokio::test]
async fn on_plain_loopback_cookies_have_no_prefix_and_nothing_asks_for_tls() {
    let gateway = gateway("").await;
    let application = login(&gateway.admin, &gateway.origin).await;
    let page = sign_in(&Visitor::new(), &application).await;
    let cookies = set_cookies(&page);
    assert_eq!(cookies.len(), 2, "{cookies:?}");
    for cookie in &cookies {
        assert!(cookie.starts_with("vestibule_") && cookie.contains("; HttpOnly"), "{cookie}");
        assert!(!cookie.contains("Secure"), "{cookie}");
    }
    assert_eq!(page.header("strict-transport-security"), None);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_in_the_words_of_its_place() {
    let gateway = gateway("server.max_form_bytes = 2000\nserver.max_api_bytes = 3000").await;
    let visitor = Visitor::new();
    let padded = |length: usize| format!("username={}", "a".repeat(length - "username=".len()));
    for (path, length, expected) in [
        ("/login/password", 2000, 400),
        ("/login/password", 2001, 413),
        ("/authorize", 2001, 413),
        ("/oauth/token", 2001, 413),
        ("/login/callback/acme", 2001, 413),
    ] {
        let request = visitor.request(Method::POST, &gateway.url(path)).header("origin", &gateway.origin);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let page = visitor.send(request.body(padded(length))).await;
        assert_eq!(page.status, expected, "{path} {length}: {}", page.text());
        assert!(expected != 413 || page.text().contains("too large"), "{}", page.text());
        assert!(page.header("x-request-id").is_some());
    }
    for (length, expected) in [(3000, 400), (3001, 413)] {
        let name = "a".repeat(length - r#"{"name":""}"#.len());
        let page = gateway.admin.call("POST", "/organizations", Some(json!({ "name": name }))).await;
        assert_eq!(page.status, expected, "{}", page.text());
        assert_eq!(page.json()["statusCode"], expected);
    }
}

#[tokio::test]
async fn a_body_that_does_not_say_its_length_is_cut_off_at_the_limit() {
    let gateway = gateway("server.max_form_bytes = 2000").await;
    let chunk = format!("7d0\r\n{}\r\n", "a".repeat(2000));
    let request = format!(
        "POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n{chunk}{chunk}0\r\n\r\n"
    );
    let answer = raw_text(&gateway, &request).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[tokio::test]
async fn a_request_refused_before_its_body_came_leaves_the_connection_open() {
    let gateway = gateway("").await;
    let body = r#"{"name":"acme"}"#;
    for (path, refusal) in [("/api/v2/organizations", "401"), ("/nowhere", "404"), ("/healthz", "405")] {
        let mut stream = TcpStream::connect(gateway.address).await.unwrap();
        let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&answer), format!("HTTP/1.1 {refusal}"), "{path}");
        let next = format!("{body}GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(next.as_bytes()).await.unwrap();
        let mut rest = String::new();
        stream.read_to_string(&mut rest).await.unwrap();
        assert!(rest.contains("HTTP/1.1 200"), "{path}: {rest}");
    }
}

#[tokio::test]
async fn a_header_over_the_limit_is_refused() {
    let gateway = gateway("").await;
    let get = |more: &str| format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\n{more}Connection: close\r\n\r\n");
    let many = |count: usize| (0..count).map(|number| format!("x-{number}: 1\r\n")).collect::<String>();
    let long = |length: usize| format!("x-long: {}\r\n", "a".repeat(length));
    for (more, expected) in [
        (long(12_000), 200),
        (long(17_000), 431),
        (many(97), 200),
        (many(101), 431),
        (many(5_000), 431),
        ("no colon\r\n".to_owned(), 400),
    ] {
        let answer = raw_text(&gateway, &get(&more)).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected}")), "{} {answer}", more.len());
    }
    let target = format!("GET /?{} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "a".repeat(17_000));
    let answer = raw_text(&gateway, &target).await;
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
}

#[tokio::test]
async fn a_header_that_never_ends_is_closed() {
    let gateway = gateway("server.header_timeout_seconds = 1").await;
    let started = std::time::Instant::now();
    raw(gateway.address, b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").await;
    assert!(started.elapsed().as_secs() < 8, "the server closed it");
}

fn assert_guarded(headers: &HeaderMap, what: &str) {
    for (name, expected) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("x-frame-options", "DENY"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(headers.get(name).map(|value| value.to_str().unwrap()), Some(expected), "{what}: {name}");
    }
    assert!(headers.get("server").is_none() && headers.get("x-powered-by").is_none(), "{what}");
}

#[tokio::test]
async fn every_answer_is_guarded_and_has_a_request_id_of_our_own() {
    let gateway = gateway("").await;
    let application = login(&gateway.admin, &gateway.origin).await;
    let visitor = Visitor::new();
    let mut ids = Vec::new();
    let page = application.begin(&[("organization", "acme")]).url;
    let picker = application.begin(&[]).url;
    let paths = ["/authorize", "/nowhere", "/o/acme", "/login/callback/x?state=y", "/oauth/token", "/userinfo"];
    let api = ["/api/v2/organizations", "/api/v2/nowhere", "/.well-known/openid-configuration", "/healthz"];
    let urls = paths.iter().chain(&api).map(|path| gateway.url(path)).chain([page.clone(), picker.clone()]);
    for url in urls {
        let request = visitor.request(Method::GET, &url).header("x-request-id", "chosen-by-the-client");
        let answer = visitor.send(request).await;
        if !url.contains("/.well-known/") {
            assert_guarded(&answer.headers, &url);
        }
        let id = answer.header("x-request-id").unwrap_or_else(|| panic!("{url}")).to_owned();
        assert!(id.len() == 20 && !ids.contains(&id), "{id}");
        if answer.content_type().starts_with("text/html") {
            let policy = answer.header("content-security-policy").unwrap();
            assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
            let shown = answer.text_of("#request-id");
            assert!(answer.status < 400 || shown.as_ref() == Some(&id), "{url}: {shown:?}");
        }
        ids.push(id);
    }
    let answer = visitor.send(visitor.request(Method::from_bytes(b"BREW").unwrap(), &page)).await;
    assert_eq!(answer.status, 405);
    assert_guarded(&answer.headers, "another method");
}

/// How many of `addresses` in a row may ask the picker when each address may twice.
async fn asked(settings: &str, header: &str, addresses: &[&str]) -> Vec<u16> {
    let gateway = gateway(&format!("login.picker_tries_per_minute = 2\n{settings}")).await;
    let application = login(&gateway.admin, &gateway.origin).await;
    let visitor = Visitor::new();
    let url = Url::parse(&application.begin(&[]).url).unwrap();
    let url = gateway.url(&format!("/login/organization?{}&organization=nobody", url.query().unwrap()));
    let mut statuses = Vec::new();
    for address in addresses {
        statuses.push(visitor.send(visitor.request(Method::GET, &url).header(header, *address)).await.status);
    }
    statuses
}

#[tokio::test]
async fn a_forwarded_address_counts_only_when_a_trusted_proxy_tells_it() {
    let different = ["203.0.113.1", "203.0.113.2", "203.0.113.3"];
    let same = ["203.0.113.1", "203.0.113.1", "203.0.113.1"];
    let forged = ["203.0.113.1, 198.51.100.7", "203.0.113.2, 198.51.100.7", "203.0.113.3, 198.51.100.7"];
    let broken = ["garbage", "203.0.113.999", ""];
    let trusted = "server.trusted_proxies = [\"127.0.0.0/8\"]";
    let others = "server.trusted_proxies = [\"10.0.0.0/8\"]";
    for (settings, header, addresses, last) in [
        ("", "x-forwarded-for", different, 429),
        (others, "x-forwarded-for", different, 429),
        (trusted, "x-forwarded-for", different, 400),
        (trusted, "x-forwarded-for", same, 429),
        (trusted, "x-forwarded-for", forged, 429),
        (trusted, "x-forwarded-for", broken, 429),
        (trusted, "x_forwarded_for", different, 429),
        (trusted, "forwarded", ["for=203.0.113.1", "for=203.0.113.2", "for=203.0.113.3"], 429),
        (trusted, "x-real-ip", different, 429),
    ] {
        assert_eq!(asked(settings, header, &addresses).await, [400, 400, last], "{settings} {header} {addresses:?}");
    }
}

/// Whether the server answers on this connection and leaves it open.
async fn answers(stream: &mut TcpStream) -> bool {
    let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let mut answer = [0; 4096];
    stream.read(&mut answer).await.is_ok_and(|length| answer[..length].starts_with(b"HTTP/1.1 200"))
}

#[tokio::test]
async fn an_address_holds_so_many_connections_and_a_further_one_is_closed() {
    let gateway = gateway("server.max_connections_per_address = 2").await;
    let connect = async || TcpStream::connect(gateway.address).await.unwrap();
    let (mut first, mut second) = (connect().await, connect().await);
    assert!(answers(&mut first).await && answers(&mut second).await);
    for _ in 0..3 {
        assert!(!answers(&mut connect().await).await, "a third one");
    }
    drop(first);
    // The server sees the end of the first one when it sees it.
    while !answers(&mut connect().await).await {
        tokio::task::yield_now().await;
    }
    assert!(answers(&mut second).await, "the second one was left alone");
}
