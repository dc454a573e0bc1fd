//! How many people signed in, by day, organization, connection and reason; on a million events as fast as on ten.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor};

use crate::matrix;
use crate::support::gateway::{Gateway, Mode, text};
use crate::support::http::Visitor;
use crate::support::world::World;

matrix! {
    every_login_and_refusal_is_counted_at_once,
    events_that_were_there_before_are_counted,
}

fn last_day(stats: &Value) -> Value {
    stats["days"].as_array().unwrap().last().unwrap().clone()
}

async fn every_login_and_refusal_is_counted_at_once(mode: Mode) {
    let world = World::start(mode).await;
    let admin = &world.gateway.admin;
    let none = admin.get("/stats/logins").await;
    assert_eq!(none["days"].as_array().unwrap().len(), 30);
    assert_eq!((&last_day(&none)["logins"], &none["refusals"]), (&json!(0), &json!([])));
    world.sign_in_to_acme(&Visitor::new(), "alice").await;
    world.sign_in_to_acme(&Visitor::new(), "bob").await;
    // Who is no member of Globex is refused there.
    world.sign_in_to_globex(&Visitor::new(), "bob").await;

    let stats = admin.get("/stats/logins").await;
    let today = last_day(&stats);
    assert_eq!((&today["logins"], &today["refusals"]), (&json!(2), &json!(1)), "{stats:#}");
    assert_eq!(stats["refusals"], json!([{ "reason": "not_a_member", "refusals": 1 }]));
    let acme = json!([{ "id": world.acme, "name": "acme", "display_name": "Acme", "logins": 2 }]);
    assert_eq!(stats["organizations"], acme);
    assert_eq!(stats["connections"][0]["name"], "acme-sso");
    let of_globex = admin.get(&format!("/stats/logins?organization_id={}", world.globex)).await;
    assert_eq!((&last_day(&of_globex)["logins"], &last_day(&of_globex)["refusals"]), (&json!(0), &json!(1)));
    assert!(of_globex.get("organizations").is_none(), "{of_globex}");
    let of_sso = admin.get(&format!("/stats/logins?connection_id={}", world.acme_sso)).await;
    assert_eq!(last_day(&of_sso)["logins"], 2);

    let daily = admin.get("/stats/daily").await;
    let today = daily.as_array().unwrap().last().unwrap();
    assert_eq!((&today["logins"], &today["signups"], &today["leaked_passwords"]), (&json!(2), &json!(0), &json!(0)));
    assert!(text(today, "date").ends_with("T00:00:00.000Z"), "{today}");
    assert_eq!(admin.get("/stats/daily?from=20240228&to=20240301").await.as_array().unwrap().len(), 3);
    assert_eq!(admin.get("/stats/active-users").await, 2);
    let refused = admin.get("/logs?q=type:f").await;
    assert_eq!(refused[0]["details"], json!({ "reason": "not_a_member" }));

    for query in ["from=20240230", "from=x", "from=20240302&to=20240301", "from=20200101&to=20240101", "more=1"] {
        assert_eq!(admin.call("GET", &format!("/stats/daily?{query}"), None).await.status, 400, "{query}");
    }
    let both = format!("/stats/logins?organization_id={}&connection_id={}", world.acme, world.acme_sso);
    assert_eq!(admin.call("GET", &both, None).await.status, 400);
    let clerk = admin.with_scopes(&["read:logs"]).await;
    for path in ["/stats/daily", "/stats/logins", "/stats/active-users"] {
        assert_eq!(clerk.call("GET", path, None).await.status, 403, "{path}");
    }
}

/// Runs statements in the database of the Management API.
async fn run(gateway: &Gateway, statements: &[String]) {
    sqlx::any::install_default_drivers();
    let mut database = sqlx::AnyConnection::connect(&gateway.storage).await.unwrap();
    for statement in statements {
        database.execute(AssertSqlSafe(statement.clone())).await.unwrap();
    }
}

/// The part of the last migration that counts the events which are there.
fn counting() -> String {
    let migration = include_str!("../../src/store/migrations/0006_counts.sql");
    let start = migration.find("INSERT INTO event_counts").unwrap();
    let end = start + migration[start..].find(';').unwrap();
    migration[start..end].to_owned()
}

async fn events_that_were_there_before_are_counted(mode: Mode) {
    let world = World::start(mode).await;
    let admin = &world.gateway.admin;
    world.sign_in_to_acme(&Visitor::new(), "alice").await;
    world.sign_in_to_globex(&Visitor::new(), "bob").await;
    let stats = admin.get("/stats/logins").await;
    run(&world.gateway, &["DELETE FROM event_counts".to_owned(), counting()]).await;
    assert_eq!(admin.get("/stats/logins").await, stats);
}

/// A million events of 30 days: two thousand organizations, a hundred connections, a thousand users.
async fn a_million(gateway: &Gateway) {
    let is_postgres = gateway.storage.starts_with("postgres");
    let series = |many: u32| match is_postgres {
        true => format!("SELECT i FROM generate_series(1::bigint, {many}) AS n (i)"),
        false => {
            format!("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {many}) SELECT i FROM n")
        }
    };
    let digits = |value: &str| match is_postgres {
        true => format!("lpad(({value})::text, 16, '0')"),
        false => format!("substr('0000000000000000' || ({value}), -16)"),
    };
    let start = now() - 29 * 86_400_000;
    let date = format!("({start} + i * 2500)");
    let text = if is_postgres { format!("{date}::text") } else { date.clone() };
    let organizations = format!(
        "INSERT INTO organizations (id, name, created_at) SELECT 'org_' || {}, 'org-' || i, 1000 + i FROM ({}) AS n",
        digits("i"),
        series(2000)
    );
    let events = format!(
        "INSERT INTO events (id, type, date, description, client_id, connection_id, organization_id, user_id) \
         SELECT {text} || {}, CASE WHEN i % 1000 = 7 THEN 'fi' WHEN i % 10 = 1 THEN 'sapi' WHEN i % 20 = 3 THEN 'fp' \
         ELSE 's' END, {date}, 'It happened', 'client' || (i % 5), 'con_' || (i % 100), 'org_' || {}, \
         'auth0|' || (i % 1000) FROM ({}) AS n",
        digits("i"),
        digits("1 + (i * 7919) % 2000"),
        series(1_000_000)
    );
    run(gateway, &[organizations, events, counting()]).await;
    if is_postgres {
        run(gateway, &["ANALYZE".to_owned()]).await;
    }
}

fn now() -> i64 {
    vestibule::model::Timestamp::now().0
}

/// How long the quickest of three calls takes.
async fn quickest(gateway: &Gateway, path: &str) -> Duration {
    let mut quickest = Duration::MAX;
    for _ in 0..3 {
        let started = Instant::now();
        gateway.admin.get(path).await;
        quickest = quickest.min(started.elapsed());
    }
    quickest
}

async fn a_million_events_are_told_quickly(mode: Mode) {
    let gateway = Gateway::start(mode).await;
    a_million(&gateway).await;
    let organization = "org_0000000000000005";
    let newest = gateway.admin.get("/logs?per_page=1&page=0").await;
    let id = text(&newest[0], "log_id");
    for path in [
        "/stats/logins".to_owned(),
        "/stats/daily".to_owned(),
        format!("/stats/logins?organization_id={organization}"),
        "/logs?per_page=51".to_owned(),
        format!("/logs?per_page=51&before={id}"),
        "/logs?per_page=51&q=type:fi".to_owned(),
        "/logs?per_page=51&q=type:nothing".to_owned(),
        format!("/logs?per_page=51&q=type:fi%20AND%20organization_id:{organization}"),
        format!("/logs?per_page=51&q=user_id:auth0%7C7%20AND%20organization_id:{organization}"),
        "/logs?per_page=51&q=connection_id:con_7%20AND%20type:fi%20AND%20client_id:client2".to_owned(),
        "/logs?per_page=51&q=client_id:nobody".to_owned(),
    ] {
        let took = quickest(&gateway, &path).await;
        println!("{mode:?} {path}: {took:?}");
        assert!(took < Duration::from_millis(500), "{path} took {took:?}");
    }
}

#[tokio::test]
#[ignore = "long: writes a million events"]
async fn a_million_events_are_told_quickly_from_sqlite() {
    a_million_events_are_told_quickly(Mode::SqliteEmbedded).await;
}

#[tokio::test]
#[ignore = "long: writes a million events"]
async fn a_million_events_are_told_quickly_from_postgres() {
    a_million_events_are_told_quickly(Mode::PostgresEmbedded).await;
}
