//! Calls to identity providers stay outside: no configuration makes the gateway reach inside its own network.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::response::Redirect;
use axum::routing::any;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use crate::support::hostile_provider::HostileProvider;
use crate::support::hostile_world::HostileWorld;
use crate::support::http::Visitor;

/// Counts who connects to it.
struct Canary {
    port: u16,
    hits: Arc<AtomicUsize>,
    tasks: Vec<AbortHandle>,
}

impl Canary {
    async fn start() -> Self {
        let first = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, hits) = (first.local_addr().unwrap().port(), Arc::<AtomicUsize>::default());
        // Not every machine has IPv6.
        let second = TcpListener::bind(("::1", port)).await.ok();
        let count = |listener: TcpListener| {
            let hits = Arc::clone(&hits);
            let task = async move {
                while listener.accept().await.is_ok() {
                    hits.fetch_add(1, Ordering::SeqCst);
                }
            };
            tokio::spawn(task).abort_handle()
        };
        let tasks = [Some(first), second].into_iter().flatten().map(count).collect();
        Self { port, hits, tasks }
    }

    fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

#[tokio::test]
async fn an_identity_provider_inside_our_network_is_not_called() {
    let world = HostileWorld::start_with("outbound.allow = []\nmanagement.request_burst = 1000").await;
    let canary = Canary::start().await;
    let inside = [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "localhost",
        "LOCALHOST.",
        "idp.localhost",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
    ];
    let mut tried = 0;
    for (number, host) in inside.iter().enumerate() {
        for scheme in ["https", "http"] {
            let (name, issuer) = (format!("{scheme}-{number}"), format!("{scheme}://{host}:{}", canary.port));
            // Some are refused already where they are set.
            let options = json!({ "issuer": issuer, "client_id": "gateway" });
            let connection = json!({ "name": format!("{name}-try"), "strategy": "oidc", "options": options });
            let set = world.gateway.admin.call("POST", "/connections", Some(connection)).await;
            if set.status == 400 {
                continue;
            }
            world.hidden(&name, &issuer, json!({})).await;
            tried += 1;
            let page = Visitor::new().get(world.begin("acme", &name).url).await;
            world.assert_refused(&issuer, &page).await;
            assert!(!page.text().contains(&canary.port.to_string()), "the page tells nobody what was tried");
        }
    }
    assert_eq!(canary.hits(), 0);
    assert!(tried >= inside.len(), "{tried}");
}

#[tokio::test]
async fn an_address_for_the_metadata_is_held_to_the_same() {
    let world = HostileWorld::start_with("outbound.allow = []").await;
    let canary = Canary::start().await;
    let url = format!("https://127.0.0.1:{}/metadata", canary.port);
    world.hidden("hidden", "https://idp.example", json!({ "discovery_url": url })).await;
    let page = Visitor::new().get(world.begin("acme", "hidden").url).await;
    world.assert_refused(&url, &page).await;
    assert_eq!(canary.hits(), 0);
}

#[tokio::test]
async fn plain_http_is_refused_outside_the_allowed_networks() {
    let world = HostileWorld::start_with("outbound.allow = [\"127.0.0.2/32\"]").await;
    let page = Visitor::new().get(world.begin("acme", "acme-sso").url).await;
    world.assert_refused("http on 127.0.0.1", &page).await;
    assert_eq!(world.provider.seen().discovery, 0);
}

/// Signs in at providers of which one endpoint each is at `address`.
async fn refuses_each_endpoint_at(world: &HostileWorld, address: &str) {
    for endpoint in ["token_endpoint", "jwks_uri", "userinfo_endpoint"] {
        let provider = HostileProvider::start().await;
        provider.behave(|b| {
            b.metadata = json!({ endpoint: address });
            b.claims = json!({ "email": null });
        });
        let name = endpoint.replace('_', "-");
        world.hidden(&name, &provider.issuer, json!({})).await;
        let (_, page) = world.sign_in("acme", &name).await;
        world.assert_refused(endpoint, &page).await;
    }
}

#[tokio::test]
async fn endpoints_that_lead_inside_are_not_called() {
    let world = HostileWorld::start_with("outbound.allow = [\"127.0.0.1/32\"]").await;
    let canary = Canary::start().await;
    let inside = format!("http://[::1]:{}/", canary.port);
    refuses_each_endpoint_at(&world, &inside).await;
    assert_eq!(canary.hits(), 0);
}

#[tokio::test]
async fn a_redirect_of_an_identity_provider_is_not_followed() {
    let world = HostileWorld::start().await;
    let canary = Canary::start().await;
    let target = format!("http://127.0.0.1:{}/", canary.port);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let redirecting = format!("http://{}", listener.local_addr().unwrap());
    let routes = Router::new().fallback(any(move || async move { Redirect::temporary(&target) }));
    let server = tokio::spawn(async { axum::serve(listener, routes).await }).abort_handle();

    world.hidden("discovery", &redirecting, json!({})).await;
    let page = Visitor::new().get(world.begin("acme", "discovery").url).await;
    world.assert_refused("discovery", &page).await;
    refuses_each_endpoint_at(&world, &redirecting).await;
    assert_eq!(canary.hits(), 0);
    server.abort();
}
