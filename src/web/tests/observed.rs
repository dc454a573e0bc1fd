//! What an operator sees of the server: one log line a request, and metrics.

use std::sync::{Arc, Mutex};

use super::*;
use crate::web::observe;

#[tokio::test]
async fn the_log_has_one_line_a_request_and_nothing_secret() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || Shared(writer.clone())).finish();
    // The test's runtime has one thread, so the server logs here too.
    let _guard = tracing::subscriber::set_default(subscriber);
    let server = start("").await;
    let answer = server
        .exchange("GET /hello?code=SECRET HTTP/1.1\r\nHost: localhost\r\nCookie: a=SECRET\r\nConnection: close\r\n\r\n")
        .await;
    let id = header(&answer, "x-request-id").expect("a request id").to_owned();
    let log = String::from_utf8(log.lock().expect("no panic").clone()).expect("text");
    let lines: Vec<_> = log.lines().filter(|line| line.contains(&id)).collect();
    assert_eq!(lines.len(), 1, "{log}");
    for part in ["INFO", "method=\"GET\"", "path=\"/hello\"", "status=200", "milliseconds="] {
        assert!(lines[0].contains(part), "{log}");
    }
    assert!(!log.contains("SECRET"), "{log}");
}

struct Shared(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn metrics_name_routes_never_paths() {
    let handle = observe::install_metrics().expect("installed");
    observe::install_metrics().expect("a second time");
    let server = start("").await;
    server.exchange(GET_AND_CLOSE).await;
    server.exchange("BREW /coffee-7 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    let metrics = start_router("", observe::metrics_router(handle, Arc::new(|| ()))).await;
    let answer = metrics.exchange("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    let expected = [
        "http_requests_total{route=\"/hello\",method=\"GET\",status=\"200\"}",
        "http_requests_total{route=\"other\",method=\"other\",status=\"404\"}",
        "http_request_seconds_bucket{route=\"/hello\",le=\"0.25\"}",
    ];
    for line in expected {
        assert!(answer.contains(line), "{answer}");
    }
    assert!(!answer.contains("coffee"), "{answer}");
}
