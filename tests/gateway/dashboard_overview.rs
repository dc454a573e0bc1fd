//! The first page of the dashboard: who signed in, what there is, and how it is doing.

use serde_json::json;
use url::Url;

use crate::support::administrators::{again, colleague, set_up, signed_in};
use crate::support::application::Application;
use crate::support::gateway::{Gateway, Mode};
use crate::support::http::{Page, Visitor};
use crate::support::world::World;

async fn overview(gateway: &Gateway, visitor: &Visitor, query: &str) -> Page {
    visitor.get(gateway.url(&format!("/dashboard{query}"))).await
}

/// The numbers of the last day: logins, sign-ups, refusals.
fn today(page: &Page) -> Vec<String> {
    let cells = page.texts_of("#days-table tbody td");
    cells[cells.len() - 3..].to_vec()
}

#[tokio::test]
async fn an_empty_server_says_what_to_do_first_until_it_is_done() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    let visitor = signed_in(&gateway).await;
    let page = overview(&gateway, &visitor, "").await;
    assert_eq!(page.status, 200, "{}", page.text());
    let steps = ["Make an organization", "Enable a connection for it", "Register an application"];
    assert_eq!(page.texts_of("#steps li"), steps);
    assert_eq!(page.texts_of("#totals li"), ["0 Organizations", "1 Users", "1 Connections"]);
    // The administrator has signed in here, and at no organization.
    assert_eq!(today(&page)[0], "1");
    assert!(page.text_of("#busiest-organizations").is_none());
    let acme = gateway.admin.organization("acme").await;
    let page = overview(&gateway, &visitor, "").await;
    assert_eq!(page.texts_of("#steps .step-done"), ["Make an organization Done"]);
    let people = gateway.admin.database("people").await;
    gateway.admin.enable(&acme, &people, false).await;
    assert_eq!(overview(&gateway, &visitor, "").await.texts_of("#steps .step-done").len(), 2);
    Application::register(&gateway, json!({})).await;
    assert_eq!(overview(&gateway, &visitor, "").await.texts_of("#steps"), [""; 0]);
}

#[tokio::test]
async fn logins_and_refusals_are_shown_by_day_organization_connection_and_reason() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let visitor = signed_in(&world.gateway).await;
    world.sign_in_to_acme(&Visitor::new(), "alice").await;
    world.sign_in_to_globex(&Visitor::new(), "bob").await;
    let page = overview(&world.gateway, &visitor, "").await;
    assert_eq!(today(&page), ["2", "1", "1"], "{}", page.text());
    assert_eq!(page.texts_of("#days-table tbody tr").len(), 30);
    assert_eq!(page.texts_of("#refusals tbody tr"), ["Not a member1"]);
    assert_eq!(page.texts_of("#busiest-organizations tbody tr"), ["Acme1"]);
    assert_eq!(page.texts_of("#busiest-connections tbody th").len(), 2);
    assert_eq!(page.texts_of("svg[role=img] > title").len(), 4, "each picture has a name");
    assert_eq!(page.texts_of("svg[role=img] > desc")[0], "2 logins and 1 refused in 30 days.");
    for (query, expected) in [
        ("?organization=acme", ["1", "0", "0"]),
        ("?organization=globex", ["0", "0", "1"]),
        ("?connection=acme-sso", ["1", "0", "0"]),
    ] {
        assert_eq!(today(&overview(&world.gateway, &visitor, query).await), expected, "{query}");
    }
    for (query, field) in [
        ("?organization=nobody", "organization"),
        ("?organization=Not%20One", "organization"),
        ("?connection=%3Cscript%3E", "connection"),
        ("?organization=acme&connection=acme-sso", "connection"),
    ] {
        let page = overview(&world.gateway, &visitor, query).await;
        assert_eq!(page.status, 400, "{query}");
        assert!(page.text_of(&format!("#{field}-error")).is_some(), "{query}: {}", page.text());
        assert!(!page.text().contains("<script>"));
    }
}

#[tokio::test]
async fn it_tells_how_identity_providers_the_cache_and_the_api_are_doing() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let visitor = signed_in(&world.gateway).await;
    let admin = &world.gateway.admin;
    let dead = admin.federated("dead-sso", "http://127.0.0.1:1/", json!({})).await;
    admin.enable(&world.acme, &dead, false).await;
    world.sign_in_to_acme(&Visitor::new(), "alice").await;
    let begun = world.application.begin(&[("organization", "acme"), ("connection", "dead-sso")]);
    Visitor::new().get(&begun.url).await;
    let page = overview(&world.gateway, &visitor, "").await;
    let health = page.texts_of("#health div");
    assert!(health[0].starts_with("Management API") && health[0].contains("Answers"), "{health:?}");
    assert!(
        health.iter().any(|it| it.starts_with("Dead sso") && it.contains("Of no use asked just now")),
        "{health:?}"
    );
    assert!(health.iter().any(|it| it.starts_with("Acme sso") && it.contains("Answered just now")), "{health:?}");
    assert!(health.last().unwrap().contains(&format!("vestibule {}", env!("CARGO_PKG_VERSION"))), "{health:?}");
}

/// Sends the form of the page that asks before.
async fn purge(visitor: &Visitor, page: &Page) -> Page {
    let form = page.forms().into_iter().find(|form| form.action.path() == "/dashboard/cache/purge").unwrap();
    let fields: Vec<(&str, &str)> = form.values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    visitor.post_form(&form.action, &fields).await
}

#[tokio::test]
async fn the_cache_is_purged_by_who_may_and_after_a_question() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let gateway = &world.gateway;
    let visitor = signed_in(gateway).await;
    Visitor::new().get(&world.application.begin(&[("organization", "acme")]).url).await;
    let remembered = |report: serde_json::Value| report["total"].as_u64().unwrap();
    assert_eq!(remembered(gateway.admin.get("/stats/cache").await), 1);
    colleague(gateway, "bob@company.example", Some("Read-only administrator")).await;
    let bob = again(gateway, "bob@company.example").await;
    let page = overview(gateway, &bob, "").await;
    assert!(page.links().iter().all(|(title, _)| title != "Purge the cache"));
    let page = bob.get(gateway.url("/dashboard/cache/purge")).await;
    assert_eq!(purge(&bob, &page).await.status, 403);
    assert_eq!(remembered(gateway.admin.get("/stats/cache").await), 1);

    let page = visitor.get(overview(gateway, &visitor, "").await.link("Purge the cache")).await;
    assert!(page.text_of(".losses").unwrap().contains("remembered answer"), "{}", page.text());
    let forged = visitor.post_form(gateway.url("/dashboard/cache/purge"), &[("csrf", "forged")]).await;
    assert_eq!(forged.status, 403);
    assert_eq!(remembered(gateway.admin.get("/stats/cache").await), 1);
    let done = purge(&visitor, &page).await;
    assert_eq!((done.status, done.location().path()), (303, "/dashboard"));
    assert_eq!(remembered(gateway.admin.get("/stats/cache").await), 0);
    let page = visitor.get(done.location()).await;
    assert!(page.text_of(".done").unwrap().starts_with("The cache is empty"), "{}", page.text());
}

#[tokio::test]
async fn hostile_names_in_the_pictures_do_nothing_and_the_page_stays_light() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    set_up(&gateway).await;
    let mut database = gateway.database().await;
    for number in 0..30 {
        let name = format!("</svg><script>alert({number})</script>\u{202e}{}", "y".repeat(200));
        let organization = gateway.admin.organization(&format!("o{number}")).await;
        gateway.admin.update(&format!("/organizations/{organization}"), json!({ "display_name": name })).await;
        sqlx::query("INSERT INTO event_counts (about, id, day, what, total) VALUES ('organization', ?, ?, 'login', ?)")
            .bind(&organization)
            .bind(vestibule::model::Timestamp::now().day())
            .bind(1000 + number)
            .execute(&mut database)
            .await
            .unwrap();
    }
    let visitor = again(&gateway, crate::support::administrators::ADMINISTRATOR).await;
    let page = overview(&gateway, &visitor, "").await;
    assert_eq!(page.texts_of("#busiest-organizations tbody tr").len(), 10);
    assert!(!page.text().contains("<script>"), "{}", page.text());
    let mut bytes = page.text().len();
    for asset in page.assets() {
        assert_eq!(asset.origin(), Url::parse(&gateway.origin).unwrap().origin());
        bytes += visitor.get(&asset).await.text().len();
    }
    assert!(bytes < 60_000, "{bytes}");
}
