//! When the keys are fetched, counted at a small server.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::config;

/// A key endpoint that answers from the second request on with a failure, or always well.
async fn endpoint(fails_later: bool) -> (Url, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let uri = format!("http://{}/jwks", listener.local_addr().expect("bound"));
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let earlier = counter.fetch_add(1, Ordering::SeqCst);
            let status = if fails_later && earlier > 0 { "500 Broken" } else { "200 OK" };
            let _ = stream.read(&mut [0; 2048]).await;
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 11\r\nconnection: close\r\n\r\n{{\"keys\":[]}}");
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (Url::parse(&uri).expect("an address"), asked)
}

fn upstream(fresh: Duration) -> (UpstreamKeys, Source) {
    let allow = vec!["127.0.0.0/8".parse().expect("a network")];
    let settings = config::Outbound { allow, timeout_seconds: 2, max_body_bytes: 1000, metadata_seconds: 60 };
    let issuer = Some("https://idp/".to_owned());
    let source = Source { connection_id: "con_1".to_owned(), issuer, discovery_url: None };
    (UpstreamKeys::new(Outbound::new(&settings).expect("TLS is available"), fresh), source)
}

#[tokio::test]
async fn many_unknown_keys_cause_one_fetch() {
    let (uri, asked) = endpoint(false).await;
    let (upstream, source) = upstream(Duration::from_secs(60));
    let seen = upstream.keys(&source, &uri).await.expect("keys");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    let tries = futures_util::future::join_all((0..50).map(|_| upstream.newer(&source, &uri, &seen))).await;
    assert!(tries.iter().all(Option::is_some), "whoever waited gets what the first one fetched");
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    let newest = tries[0].clone().expect("keys");
    assert!(upstream.newer(&source, &uri, &newest).await.is_none());
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn old_keys_serve_while_the_endpoint_is_down() {
    let (uri, asked) = endpoint(true).await;
    let (upstream, source) = upstream(Duration::ZERO);
    upstream.keys(&source, &uri).await.expect("keys");
    for _ in 0..5 {
        upstream.keys(&source, &uri).await.expect("the old keys");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2, "a failure is remembered for a moment");
}
