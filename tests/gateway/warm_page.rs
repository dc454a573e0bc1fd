//! What a page view costs: nothing once its answers are remembered, one question each before.
//!
//! Counters belong to a process, so the server under test is one of its own.

use std::path::Path;

use futures_util::future::join_all;
use serde_json::json;

use crate::support::application::Application;
use crate::support::command::{Home, Running};
use crate::support::http::Visitor;

/// A gateway, with the host of its Management API when that is another.
struct Counted {
    gateway: Home,
    application: Application,
    visitor: Visitor,
    _serving: Vec<Running>,
}

async fn start(folder: &Path, is_remote: bool) -> Counted {
    // Nobody looks into the outbox while statements are counted.
    let host = Home::new(folder, "host", "mail.outbox_milliseconds = 3600000\n");
    let mut serving = vec![host.serve().await];
    if !is_remote {
        let application = furnish(&host, &host).await;
        return Counted { gateway: host, application, visitor: Visitor::new(), _serving: serving };
    }
    let gateway = Home::new(folder, "gateway", &dotted(&host.run(&["gateway", "add", "the gateway"])));
    serving.push(gateway.serve().await);
    let application = furnish(&host, &gateway).await;
    Counted { gateway, application, visitor: Visitor::new(), _serving: serving }
}

/// `[management]` as the command prints it, in dotted keys.
fn dotted(printed: &str) -> String {
    let lines = printed.lines().filter(|line| line.contains(" = "));
    lines.map(|line| format!("management.{line}\n")).collect()
}

/// Three organizations with two options each.
async fn furnish(host: &Home, gateway: &Home) -> Application {
    let admin = host.administrator();
    for name in ["first", "second", "third"] {
        let organization = admin.organization(name).await;
        for option in ["one", "two"] {
            let connection = admin.federated(&format!("{name}-{option}"), "https://idp.example", json!({})).await;
            admin.enable(&organization, &connection, true).await;
        }
    }
    Application::register_at(&admin, &gateway.origin, json!({})).await
}

impl Counted {
    async fn view(&self, organization: &str) {
        let page = self.visitor.get(self.application.begin(&[("organization", organization)]).url).await;
        assert_eq!((page.status, page.option_titles().len()), (200, 2), "{}", page.text());
    }

    async fn counts(&self) -> [u64; 3] {
        [
            self.gateway.counter("management_calls_total").await,
            self.gateway.counter("store_statements_total").await,
            self.gateway.counter("management_cache_loads_total").await,
        ]
    }
}

#[tokio::test]
async fn a_warm_page_asks_neither_the_database_nor_the_api_embedded() {
    a_warm_page_asks_nobody(false).await;
}

#[tokio::test]
async fn a_warm_page_asks_neither_the_database_nor_the_api_remote() {
    a_warm_page_asks_nobody(true).await;
}

async fn a_warm_page_asks_nobody(is_remote: bool) {
    let folder = tempfile::tempdir().unwrap();
    let counted = start(folder.path(), is_remote).await;
    counted.view("first").await;
    let warm = counted.counts().await;
    assert!(warm.iter().all(|count| *count > 0), "the counters count: {warm:?}");
    for _ in 0..20 {
        counted.view("first").await;
    }
    assert_eq!(counted.counts().await, warm);
}

#[tokio::test]
async fn two_hundred_people_at_a_cold_page_ask_each_question_once_embedded() {
    a_crowd_asks_each_question_once(false).await;
}

#[tokio::test]
async fn two_hundred_people_at_a_cold_page_ask_each_question_once_remote() {
    a_crowd_asks_each_question_once(true).await;
}

async fn a_crowd_asks_each_question_once(is_remote: bool) {
    let folder = tempfile::tempdir().unwrap();
    let counted = start(folder.path(), is_remote).await;
    // The application is known after this; what remains are the questions about an organization.
    counted.view("first").await;
    let before = counted.counts().await;
    counted.view("second").await;
    let after_one = counted.counts().await;
    join_all((0..200).map(|_| counted.view("third"))).await;
    let after_all = counted.counts().await;
    let cost = |from: [u64; 3], to: [u64; 3]| [to[0] - from[0], to[1] - from[1], to[2] - from[2]];
    assert!(after_one[0] > before[0], "a cold page asks something");
    assert_eq!(cost(after_one, after_all), cost(before, after_one));
}

#[tokio::test]
async fn a_failure_is_forgotten_soon_after_the_api_answers_again() {
    let folder = tempfile::tempdir().unwrap();
    let host = Home::new(folder.path(), "host", "");
    let serving = host.serve().await;
    let gateway = Home::new(folder.path(), "gateway", &dotted(&host.run(&["gateway", "add", "the gateway"])));
    let application = furnish(&host, &gateway).await;
    drop(serving);
    let _gateway = gateway.serve().await;
    let url = application.begin(&[("organization", "first")]).url;
    let failed = Visitor::new().get(&url).await;
    assert_eq!(failed.status, 503, "{}", failed.text());
    let _host = host.serve().await;
    let mut page = Visitor::new().get(&url).await;
    while page.status == 503 {
        page = Visitor::new().get(&url).await;
    }
    assert_eq!((page.status, page.option_titles().len()), (200, 2), "{}", page.text());
}

#[tokio::test]
async fn no_proxy_of_the_environment_stands_between_the_gateway_and_the_api() {
    let folder = tempfile::tempdir().unwrap();
    let host = Home::new(folder.path(), "host", "");
    let _host = host.serve().await;
    let gateway = Home::new(folder.path(), "gateway", &dotted(&host.run(&["gateway", "add", "the gateway"])));
    // Nobody listens there.
    let proxy = "http://127.0.0.1:9";
    let names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let _gateway = gateway.serve_with(&names.map(|name| (name, proxy))).await;
    let application = furnish(&host, &gateway).await;
    let page = Visitor::new().get(application.begin(&[("organization", "first")]).url).await;
    assert_eq!((page.status, page.option_titles().len()), (200, 2), "{}", page.text());
}
