//! The server over a real socket, spoken to in raw bytes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::{HeaderMap, StatusCode, Version};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use super::{ClientAddress, limit_body, serve, wrap};
use crate::config::{Config, Server};
use crate::error::Fault;

mod observed;

const GET: &str = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";
const GET_AND_CLOSE: &str = "GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), Fault>>,
}

fn settings(lines: &str) -> Server {
    Config::from_text(&format!("[server]\n{lines}"), std::iter::empty()).expect("valid settings").server
}

fn router() -> Router {
    let body = post(async |body: String| format!("{} bytes", body.len()));
    let limited = limit_body(Router::new().route("/form", body), 1000, too_large);
    Router::new()
        .route("/hello", get(async || "hello"))
        .route("/address", get(async |address: ClientAddress| address.0.to_string()))
        .route("/host", get(async |headers: HeaderMap| headers["host"].to_str().expect("ASCII").to_owned()))
        .route("/panic", get(async || -> &str { panic!("deliberate") }))
        .route("/never", get(std::future::pending::<&str>))
        .route("/slow-body", post(async |_: String| "read"))
        .merge(limited)
}

fn too_large() -> Response {
    (StatusCode::PAYLOAD_TOO_LARGE, "in our own dialect").into_response()
}

async fn start(lines: &str) -> Running {
    start_router(lines, router()).await
}

async fn start_router(lines: &str, router: Router) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let (stop, stopped) = oneshot::channel();
    let settings = settings(lines);
    let task = tokio::spawn(async move {
        let shutdown = async {
            let _ = stopped.await;
        };
        serve(listener, wrap(router, &settings), &settings, shutdown).await
    });
    Running { address, stop, task }
}

impl Running {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("it listens")
    }

    /// Sends bytes and returns everything that comes back until the server closes.
    async fn exchange(&self, request: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request.as_ref()).await.expect("sent");
        read_to_close(&mut stream).await
    }
}

async fn read_to_close(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut bytes)).await;
    read.expect("the server closes in time").expect("an orderly close");
    String::from_utf8(bytes).expect("text")
}

/// Reads one answer of a kept connection, which ends in `end`.
async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(end) {
        let mut bytes = [0; 4096];
        let size = stream.read(&mut bytes).await.expect("readable");
        assert!(size > 0, "closed after {text:?}");
        text.push_str(std::str::from_utf8(&bytes[..size]).expect("text"));
    }
    text
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("no answer")
}

fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let line = answer.lines().take_while(|line| !line.is_empty()).find(|line| line.starts_with(name))?;
    line.split_once(": ").map(|(_, value)| value)
}

#[tokio::test]
async fn a_slow_header_is_cut_off_and_a_patient_connection_is_not() {
    let server = start("header_timeout_seconds = 1").await;
    let (mut silent, mut half, mut dripping, mut kept, mut second_half) = (
        server.connect().await,
        server.connect().await,
        server.connect().await,
        server.connect().await,
        server.connect().await,
    );
    half.write_all(b"GET /hello HTTP/1.1\r\nHost: loc").await.expect("sent");
    for stream in [&mut kept, &mut second_half] {
        stream.write_all(GET.as_bytes()).await.expect("sent");
        read_until(stream, "hello").await;
    }
    second_half.write_all(b"GET /hel").await.expect("sent");
    let drip = async {
        while dripping.write_all(b"G").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let started = Instant::now();
    let rest = async {
        for stream in [&mut silent, &mut half, &mut second_half] {
            assert_eq!(read_to_close(stream).await, "");
        }
    };
    tokio::join!(drip, rest);
    let took = started.elapsed();
    assert!(took > Duration::from_millis(900) && took < Duration::from_secs(4), "{took:?}");
    kept.write_all(GET_AND_CLOSE.as_bytes()).await.expect("still open");
    assert_eq!(status(&read_to_close(&mut kept).await), "200");
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let server = start("idle_timeout_seconds = 1").await;
    let (mut kept, mut http2) = (server.connect().await, server.connect().await);
    kept.write_all(GET.as_bytes()).await.expect("sent");
    read_until(&mut kept, "hello").await;
    // The preface, empty settings, and one HEADERS frame: GET, http, /hello, localhost.
    let (settings, head) = (b"\0\0\0\x04\0\0\0\0\0", b"\0\0\x15\x01\x05\0\0\0\x01");
    let fields = b"\x82\x86\x44\x06/hello\x41\x09localhost";
    let request = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice(), settings, head, fields].concat();
    http2.write_all(&request).await.expect("sent");
    let started = Instant::now();
    let mut frames = Vec::new();
    let (rest, read) = tokio::join!(read_to_close(&mut kept), http2.read_to_end(&mut frames));
    assert_eq!(rest, "");
    read.expect("closed");
    assert!(frames.ends_with(b"hello"), "{frames:?}");
    let took = started.elapsed();
    assert!(took > Duration::from_millis(900) && took < Duration::from_secs(4), "{took:?}");
}

#[tokio::test]
async fn a_request_over_its_time_is_answered() {
    let server = start("body_timeout_seconds = 1").await;
    let never = "GET /never HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let half_body = "POST /slow-body HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf";
    let (never, half_body) = tokio::join!(server.exchange(never), server.exchange(half_body));
    assert_eq!(status(&never), "503");
    assert!(header(&never, "retry-after").is_some(), "{never}");
    assert_eq!(status(&half_body), "408");
}

#[tokio::test]
async fn a_request_without_exactly_one_host_is_refused() {
    let server = start("").await;
    let cases = [
        ("GET /hello HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n", "400"),
        ("GET /hello HTTP/1.1\r\nConnection: close\r\n\r\n", "400"),
        ("GET http://a.example/hello HTTP/1.1\r\nHost: b.example\r\nConnection: close\r\n\r\n", "400"),
        ("GET /hello HTTP/1.0\r\n\r\n", "200"),
        (GET_AND_CLOSE, "200"),
    ];
    for (request, expected) in cases {
        assert_eq!(status(&server.exchange(request).await), expected, "{request:?}");
    }
}

#[tokio::test]
async fn a_header_over_the_limit_is_431() {
    let server = start("").await;
    let refused = async |lines: &str| {
        let mut stream = server.connect().await;
        let request = format!("GET /hello HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n");
        stream.write_all(request.as_bytes()).await.expect("sent");
        // Not to the close, which may be a reset: hyper leaves the rest unread.
        assert_eq!(status(&read_until(&mut stream, "\r\n\r\n").await), "431");
    };
    refused(&format!("X-Large: {}\r\n", "x".repeat(17_000))).await;
    refused(&"X-Many: x\r\n".repeat(100)).await;
    let allowed = format!("X-Large: {}\r\n{}", "x".repeat(15_000), "Connection: close\r\n\r\n");
    let allowed = format!("GET /hello HTTP/1.1\r\nHost: localhost\r\n{allowed}");
    assert_eq!(status(&server.exchange(allowed).await), "200");
}

#[tokio::test]
async fn a_body_over_the_limit_is_413() {
    let server = start("").await;
    let sized = |size: usize| {
        let head = "POST /form HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length";
        format!("{head}: {size}\r\n\r\n{}", "x".repeat(size))
    };
    let chunked = |size: usize| {
        let head = "POST /form HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked";
        let half = size / 2;
        let (first, second) = ("x".repeat(half), "x".repeat(size - half));
        format!("{head}\r\n\r\n{half:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n", size - half)
    };
    for make in [&sized as &dyn Fn(usize) -> String, &chunked] {
        let (largest, over, far_over) = (
            server.exchange(make(1000)).await,
            server.exchange(make(1001)).await,
            server.exchange(make(500_000)).await,
        );
        assert!(largest.ends_with("1000 bytes"), "{largest}");
        for answer in [over, far_over] {
            assert_eq!(status(&answer), "413");
            assert!(answer.ends_with("in our own dialect"), "{answer}");
        }
    }
}

#[tokio::test]
async fn a_panic_is_a_500_and_the_server_lives_on() {
    let server = start("").await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /panic HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("sent");
    let answer = read_until(&mut stream, "\n").await;
    assert_eq!(status(&answer), "500");
    let id = header(&answer, "x-request-id").expect("a request id");
    assert!(answer.contains(&format!("Request id: {id}")) && !answer.contains("deliberate"), "{answer}");
    stream.write_all(GET_AND_CLOSE.as_bytes()).await.expect("the connection lives on");
    assert_eq!(status(&read_to_close(&mut stream).await), "200");
}

#[tokio::test]
async fn a_request_under_way_is_finished_when_the_server_stops() {
    let (entered, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (inside, released) = (entered.clone(), go_on.clone());
    let slow = get(async move || {
        inside.notify_one();
        released.notified().await;
        "finished"
    });
    let server = start_router("", Router::new().route("/slow", slow)).await;
    let (mut idle, mut stream) = (server.connect().await, server.connect().await);
    stream.write_all(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("sent");
    entered.notified().await;
    server.stop.send(()).expect("running");
    assert_eq!(read_to_close(&mut idle).await, "", "a connection without a request is closed at once");
    assert!(TcpStream::connect(server.address).await.is_err(), "new connections are refused");
    go_on.notify_one();
    assert!(read_to_close(&mut stream).await.ends_with("finished"));
    server.task.await.expect("no panic").expect("served");
}

#[tokio::test]
async fn draining_has_an_end() {
    let server = start("drain_seconds = 0").await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("sent");
    // An answer on a later connection shows that the first has been admitted.
    server.exchange(GET_AND_CLOSE).await;
    server.stop.send(()).expect("running");
    server.task.await.expect("no panic").expect("served");
    assert_eq!(read_to_close(&mut stream).await, "");
}

#[tokio::test]
async fn a_connection_over_the_cap_waits_for_a_place() {
    let server = start("max_connections = 1").await;
    let mut first = server.connect().await;
    first.write_all(GET.as_bytes()).await.expect("sent");
    read_until(&mut first, "hello").await;
    let mut second = server.connect().await;
    second.write_all(GET_AND_CLOSE.as_bytes()).await.expect("the kernel takes it");
    let early = tokio::time::timeout(Duration::from_millis(200), second.readable()).await;
    assert!(early.is_err(), "no answer without a place");
    drop(first);
    assert_eq!(status(&read_to_close(&mut second).await), "200");
}

#[tokio::test]
async fn every_answer_has_its_headers_and_an_id_of_ours() {
    let server = start("public_url = \"https://login.example.com\"").await;
    let request = "GET /missing HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: theirs\r\nConnection: close\r\n\r\n";
    let answer = server.exchange(request).await;
    assert_eq!(status(&answer), "404");
    assert_eq!(header(&answer, "x-request-id").map(str::len), Some(20));
    let expected = [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cache-control", "no-store"),
        ("x-frame-options", "DENY"),
        ("strict-transport-security", "max-age=31536000"),
    ];
    for (name, value) in expected {
        assert_eq!(header(&answer, name), Some(value), "{answer}");
    }
}

#[tokio::test]
async fn a_forwarded_address_counts_only_behind_a_trusted_proxy() {
    let request = "GET /address HTTP/1.1\r\nHost: localhost\r\nX_Forwarded_For: 192.0.2.66\r\n\
                   X-Forwarded-For: 192.0.2.1, 203.0.113.9\r\nConnection: close\r\n\r\n";
    assert!(start("").await.exchange(request).await.ends_with("127.0.0.1"));
    let behind_proxy = start("trusted_proxies = [\"127.0.0.0/8\"]").await;
    assert!(behind_proxy.exchange(request).await.ends_with("203.0.113.9"));
}

#[tokio::test]
async fn tls_and_http2_are_spoken() {
    let fixture = |name: &str| format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    let (certificate, key) = (fixture("localhost.crt.pem"), fixture("localhost.key.pem"));
    let server = start(&format!("tls_certificate = {certificate:?}\ntls_key = {key:?}")).await;
    let pem = std::fs::read(&certificate).expect("the fixture");
    let trusted = reqwest::Certificate::from_pem(&pem).expect("a certificate");
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([trusted]).build().expect("a client");
    let port = server.address.port();
    let answer = client.get(format!("https://localhost:{port}/host")).send().await.expect("an answer");
    assert_eq!(answer.version(), Version::HTTP_2);
    assert_eq!(answer.text().await.expect("text"), format!("localhost:{port}"));

    let large = client.get(format!("https://localhost:{port}/hello")).header("x-large", "x".repeat(17_000));
    assert_eq!(large.send().await.expect("an answer").status(), 431);
    let many = (0..101).fold(client.get(format!("https://localhost:{port}/hello")), |request, number| {
        request.header(format!("x-{number}"), "x")
    });
    assert_eq!(many.send().await.expect("an answer").status(), 431);
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_named() {
    let server = start("tls_certificate = \"/nowhere/crt\"\ntls_key = \"/nowhere/key\"").await;
    let error = server.task.await.expect("no panic").expect_err("no certificate").to_string();
    assert!(error.contains("server.tls_certificate") && error.contains("/nowhere/crt"), "{error}");
}
