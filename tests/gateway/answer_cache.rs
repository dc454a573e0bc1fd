//! What a gateway remembers of the Management API: exact, tolerant of its illness, kept over a restart, seen from outside.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::application::Application;
use crate::support::command::Home;
use crate::support::gateway::{Gateway, Mode};
use crate::support::hostile_world::HostileWorld;
use crate::support::http::{Page, Visitor};
use crate::support::ill_management::{IllManagement, Illness};

crate::matrix! { an_administrator_sees_what_is_remembered_and_empties_it }

/// As an operator has it: pages are drawn from what is known while the API is asked, or fails.
const USUAL: &str = "management.fresh_seconds = 1\nmanagement.stale_while_revalidate_seconds = 600\n";

/// Five hundred people, all on one machine.
const CROWDED: &str = "management.fresh_seconds = 3600\nserver.max_connections_per_address = 2000\n\
                       server.body_timeout_seconds = 120\n";

async fn start(settings: &str) -> (IllManagement, HostileWorld) {
    let front = IllManagement::start().await;
    let world = HostileWorld::of(Gateway::start_behind(&front, settings).await).await;
    (front, world)
}

async fn view(application: &Application, organization: &str) -> Page {
    Visitor::new().get(application.begin(&[("organization", organization)]).url).await
}

fn assert_acme(page: &Page) {
    assert_eq!(page.option_titles(), ["Continue with Acme sso", "Continue with Acme spare"], "{}", page.text());
}

/// Looks until the page shows what is expected of it; a test that waits for ever is ended by its runner.
async fn view_until(application: &Application, organization: &str, is_right: impl Fn(&Page) -> bool) {
    while !is_right(&view(application, organization).await) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn five_hundred_people_at_a_cold_page_are_one_load() {
    let (front, world) = start(CROWDED).await;
    front.forget_calls();
    for page in join_all((0..500).map(|_| view(&world.application, "acme"))).await {
        assert_acme(&page);
    }
    let calls = ["/clients/", "/organizations/name/acme", "/enabled_connections?", "/connections/con_"];
    assert_eq!(calls.map(|call| front.calls(call)), [1, 1, 1, 2]);
}

#[tokio::test]
async fn five_hundred_people_at_a_page_that_cannot_be_had_are_told_so_by_one_call() {
    let patient = "management.failure_seconds = 600\nmanagement.longest_failure_seconds = 600\n";
    let (front, world) = start(&format!("{CROWDED}{patient}")).await;
    assert_acme(&view(&world.application, "acme").await);
    front.fall_ill("/organizations/name/globex", Illness::Status(500, json!(null)));
    front.forget_calls();
    for page in join_all((0..500).map(|_| view(&world.application, "globex"))).await {
        assert_eq!(page.status, 503, "{}", page.text());
        assert!(page.option_titles().is_empty() && page.header("retry-after").is_some());
    }
    assert_eq!(front.calls("/organizations/name/globex"), 1);
}

#[tokio::test]
async fn a_stale_page_is_drawn_at_once_and_refreshed_behind() {
    let (front, world) = start("management.fresh_seconds = 0\nmanagement.stale_while_revalidate_seconds = 600").await;
    assert_acme(&view(&world.application, "acme").await);
    front.fall_ill("GET", Illness::Hang);
    for _ in 0..3 {
        assert_acme(&view(&world.application, "acme").await);
    }
    front.recover();
    world.gateway.admin.disable(&world.acme, &world.acme_spare).await;
    view_until(&world.application, "acme", |page| page.option_titles() == ["Continue with Acme sso"]).await;
}

#[tokio::test]
async fn pages_are_drawn_while_the_api_is_down_and_no_login_is_completed_by_them() {
    let (front, world) = start(USUAL).await;
    let (arrival, page) = world.sign_in("acme", "acme-spare").await;
    let code = world.application.code(&arrival.begun, &page);
    let arrival_later = world.arrive("acme", "acme-sso").await;
    front.fall_ill("", Illness::Status(503, json!(null)));
    for _ in 0..20 {
        assert_acme(&view(&world.application, "acme").await);
    }
    let completing = arrival_later.enter().await;
    assert_eq!(completing.status, 503, "{}", completing.text());
    assert_eq!(world.application.exchange(&arrival.begun, &code).await.status, 503);
    let unknown = view(&world.application, "globex").await;
    assert_eq!(unknown.status, 503, "nothing is known of it: {}", unknown.text());
}

#[tokio::test]
async fn an_organization_that_is_deleted_is_drawn_no_more_once_the_api_says_so() {
    let (_front, world) = start("management.fresh_seconds = 0\nmanagement.stale_while_revalidate_seconds = 600").await;
    assert_acme(&view(&world.application, "acme").await);
    world.gateway.admin.delete(&format!("/organizations/{}", world.acme)).await;
    view_until(&world.application, "acme", |page| page.option_titles().is_empty()).await;
    assert!(view(&world.application, "acme").await.option_titles().is_empty());
}

#[tokio::test]
async fn a_redirect_uri_that_was_removed_gets_no_code_from_a_page_that_is_stale() {
    let settings = "management.fresh_seconds = 0\nmanagement.stale_while_revalidate_seconds = 600";
    let (_front, world) = start(settings).await;
    let arrival = world.arrive("acme", "acme-spare").await;
    let client = format!("/clients/{}", world.application.client_id);
    world.gateway.admin.update(&client, json!({ "callbacks": ["https://elsewhere.example/callback"] })).await;
    let page = arrival.enter().await;
    assert_eq!((page.status, page.header("location")), (400, None), "{}", page.text());
}

#[tokio::test]
async fn a_connection_that_was_removed_starts_no_login_from_a_page_that_is_stale() {
    let settings = "management.fresh_seconds = 0\nmanagement.stale_while_revalidate_seconds = 600";
    let (_front, world) = start(settings).await;
    assert_acme(&view(&world.application, "acme").await);
    world.gateway.admin.disable(&world.acme, &world.acme_spare).await;
    let begun = world.begin("acme", "acme-spare");
    let page = Visitor::new().get(&begun.url).await;
    assert_eq!(world.application.error(&begun, &page).0, "access_denied");
}

/// What one look at the pages of these organizations loads.
async fn loads(gateway: &Gateway, application: &Application, organizations: &[&str]) -> u64 {
    let before = gateway.admin.get("/stats/cache").await["loads"].as_u64().unwrap();
    for organization in organizations {
        view(application, organization).await;
    }
    gateway.admin.get("/stats/cache").await["loads"].as_u64().unwrap() - before
}

#[tokio::test]
async fn a_write_forgets_what_it_changes_and_nothing_else() {
    let world = HostileWorld::start_with("management.fresh_seconds = 3600").await;
    let HostileWorld { gateway, application, acme, acme_sso, acme_spare, globex_sso, .. } = &world;
    let (admin, all) = (&gateway.admin, ["acme", "globex"]);
    admin.enable(&world.globex, acme_spare, false).await;
    assert!(loads(gateway, application, &all).await > 0);
    assert_eq!(loads(gateway, application, &all).await, 0);
    let client = format!("/clients/{}", application.client_id);
    let switch = |organization: &str, connection: &str| {
        (format!("/organizations/{organization}/enabled_connections/{connection}"), json!({ "show_as_button": true }))
    };
    let title = json!({ "display_name": "New" });
    // Loads of Acme's page and of Globex's after the write: the organization, its options, each changed connection, and
    // once more each connection that was asked for a single time: it is remembered by itself from the second on.
    let writes = [
        ((format!("/organizations/{acme}"), title.clone()), 3, 0),
        (switch(acme, acme_sso), 1, 0),
        (switch(&world.globex, globex_sso), 0, 2),
        ((format!("/connections/{acme_sso}"), title.clone()), 2, 0),
        // One that both have: its own load is the first one's, the options are each one's.
        ((format!("/connections/{acme_spare}"), title.clone()), 2, 1),
        ((client, json!({ "name": "New" })), 1, 0),
        ((format!("/organizations/{acme}"), json!({ "metadata": { "a": "b" } })), 2, 0),
    ];
    for ((path, body), of_acme, of_globex) in writes {
        admin.update(&path, body).await;
        assert_eq!(loads(gateway, application, &["acme"]).await, of_acme, "{path}, Acme");
        assert_eq!(loads(gateway, application, &["globex"]).await, of_globex, "{path}, Globex");
        assert_eq!(loads(gateway, application, &all).await, 0, "{path}");
    }
    // Nothing that a page shows.
    admin.create("/organizations", json!({ "name": "initech" })).await;
    admin.database("people").await;
    let user = admin.person("people", "ada@acme.example", "correct horse").await;
    admin.add_member(acme, &user).await;
    assert_eq!(loads(gateway, application, &all).await, 0);
}

#[tokio::test]
async fn an_organization_that_was_looked_for_in_vain_is_found_as_soon_as_it_is_made() {
    let world = HostileWorld::start_with("management.fresh_seconds = 3600\nmanagement.absent_seconds = 3600").await;
    for (name, change) in [("initech", None), ("hooli", Some("initech"))] {
        assert!(view(&world.application, name).await.option_titles().is_empty());
        match change {
            None => drop(world.gateway.admin.organization(name).await),
            Some(_) => {
                let path = format!("/organizations/{}", world.globex);
                world.gateway.admin.update(&path, json!({ "name": name })).await;
            }
        }
        assert_eq!(view(&world.application, name).await.status, 200, "{name}");
    }
}

async fn an_administrator_sees_what_is_remembered_and_empties_it(mode: Mode) {
    let gateway = Gateway::start_with(mode, "management.fresh_seconds = 3600").await;
    let admin = &gateway.admin;
    let acme = admin.organization("acme").await;
    let people = admin.database("people").await;
    admin.enable(&acme, &people, true).await;
    let application = Application::register(&gateway, json!({})).await;
    view(&application, "acme").await;
    // What a remote gateway remembers, it tells itself.
    let own = &gateway.own_admin;
    let report = own.get("/stats/cache").await;
    assert_eq!(report["upstream"].is_null(), !mode.is_remote(), "{report}");
    if mode.is_remote() {
        assert_eq!(report["upstream"]["state"], "well", "{report}");
    }
    assert!(report["entries"].as_u64().unwrap() >= 4 && report["weight_bytes"].as_u64().unwrap() > 500, "{report}");
    let organizations = report["organizations"].as_array().unwrap();
    assert_eq!((organizations.len(), &report["total"]), (1, &json!(1)), "{report}");
    let organization = &organizations[0];
    assert_eq!(
        (&organization["id"], &organization["name"], &organization["source"], &organization["login_options"]),
        (&json!(acme), &json!("acme"), &json!("api"), &json!(1))
    );
    assert!(organization["age_seconds"].as_u64().unwrap() < 60 && organization.get("last_error").is_none());

    let empty = |path: &'static str| async move { own.delete(path).await };
    empty("/stats/cache?organization_id=org_nobody").await;
    assert_eq!(own.get("/stats/cache").await["total"], 1);
    own.delete(&format!("/stats/cache?organization_id={acme}")).await;
    let report = own.get("/stats/cache").await;
    assert_eq!(report["total"], 0);
    assert!(report["entries"].as_u64().unwrap() >= 2, "the application is still remembered: {report}");
    empty("/stats/cache").await;
    let report = own.get("/stats/cache").await;
    assert_eq!((&report["total"], &report["entries"]), (&json!(0), &json!(0)), "{report}");
    assert_eq!(view(&application, "acme").await.status, 200);
}

#[tokio::test]
async fn what_is_remembered_is_told_to_holders_of_the_scope_only() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    let reader = gateway.admin.with_scopes(&["read:stats"]).await;
    let nobody = gateway.admin.with_scopes(&["read:organizations"]).await;
    assert_eq!(reader.call("GET", "/stats/cache", None).await.status, 200);
    assert_eq!(reader.call("DELETE", "/stats/cache", None).await.status, 403);
    for method in ["GET", "DELETE"] {
        assert_eq!(nobody.call(method, "/stats/cache", None).await.status, 403);
        assert_eq!(gateway.admin.with_token("none").call(method, "/stats/cache", None).await.status, 401);
    }
}

#[tokio::test]
async fn why_an_organization_is_not_fresh_is_told() {
    let (front, world) = start(USUAL).await;
    assert_acme(&view(&world.application, "acme").await);
    front.fall_ill("GET", Illness::Html);
    let own = &world.gateway.own_admin;
    let mut report = own.get("/stats/cache").await;
    while report["upstream"]["state"] != "failing" || report["organizations"][0]["last_error"].is_null() {
        assert_acme(&view(&world.application, "acme").await);
        report = own.get("/stats/cache").await;
    }
    assert!(report["upstream"]["last_error"].as_str().unwrap().contains("/api/v2/"), "{report}");
    assert!(report["organizations"][0]["last_error"]["message"].is_string(), "{report}");
    assert!(report["stale_hits"].as_u64().unwrap() > 0 && report["load_errors"].as_u64().unwrap() > 0, "{report}");
}

/// A remote gateway that knows one organization, and its API's host.
struct Pair {
    host: Home,
    gateway: Home,
    application: Application,
    _folder: tempfile::TempDir,
}

impl Pair {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let host = Home::new(folder.path(), "host", "");
        let serving = host.serve().await;
        let client = host.run(&["gateway", "add", "the gateway"]);
        let client: String =
            client.lines().filter(|line| line.contains(" = ")).map(|line| format!("management.{line}\n")).collect();
        let gateway = Home::new(folder.path(), "gateway", &client);
        let admin = host.administrator();
        let acme = admin.organization("acme").await;
        let people = admin.database("people").await;
        admin.enable(&acme, &people, true).await;
        let application = Application::register_at(&admin, &gateway.origin, json!({})).await;
        let pair = Self { host, gateway, application, _folder: folder };
        let running = pair.gateway.serve().await;
        assert!(view(&pair.application, "acme").await.text().contains("password-form"));
        assert_eq!(running.stop().status.code(), Some(0));
        serving.stop();
        pair
    }

    fn cache_file(&self) -> std::path::PathBuf {
        self._folder.path().join("gateway.db.cache")
    }
}

#[tokio::test]
async fn a_restart_while_the_api_is_down_draws_the_pages_that_were_known() {
    let pair = Pair::start().await;
    let running = pair.gateway.serve().await;
    let page = view(&pair.application, "acme").await;
    assert!(page.status == 200 && page.text().contains("password-form"), "{}", page.text());
    assert_eq!(view(&pair.application, "globex").await.status, 503);
    let report: Value = pair.gateway.administrator().get("/stats/cache").await;
    assert_eq!(report["organizations"][0]["source"], "file", "{report}");
    // It survives a further restart, and the API's return.
    running.stop();
    let _running = pair.gateway.serve().await;
    assert_eq!(view(&pair.application, "acme").await.status, 200);
    let _host = pair.host.serve().await;
    view_until(&pair.application, "globex", |page| page.status != 503).await;
    assert_eq!(view(&pair.application, "acme").await.status, 200);
}

#[tokio::test]
async fn a_cache_file_that_is_broken_or_somebody_elses_is_ignored() {
    let pair = Pair::start().await;
    let file = pair.cache_file();
    let whole = std::fs::read_to_string(&file).unwrap();
    assert!(!whole.contains("acme") && !whole.contains("password"), "it is sealed");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let lines: Vec<&str> = whole.lines().collect();
    let changed = whole.replacen('.', ".A", 2);
    let without_end = lines[..lines.len() - 1].join("\n");
    let other_version = whole.replacen("cache 2", "cache 3", 1);
    let other_name = format!("{}x\n{}", lines[0], lines[1..].join("\n"));
    for broken in ["", "nonsense", &whole[..whole.len() / 2], &changed, &without_end, &other_version, &other_name] {
        std::fs::write(&file, broken).unwrap();
        let running = pair.gateway.serve().await;
        running.errors.wait_for("the cache file is ignored");
        assert_eq!(view(&pair.application, "acme").await.status, 503, "{broken:.80}");
        running.signal("KILL");
    }
    std::fs::write(&file, &whole).unwrap();
    let _running = pair.gateway.serve().await;
    assert_eq!(view(&pair.application, "acme").await.status, 200);
}

#[tokio::test]
async fn metrics_tell_what_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::new(folder.path(), "gateway", "");
    let _running = home.serve().await;
    let admin = home.administrator();
    let acme = admin.organization("acme").await;
    let people = admin.database("people").await;
    admin.enable(&acme, &people, true).await;
    let application = Application::register_at(&admin, &home.origin, json!({})).await;
    view(&application, "acme").await;
    view(&application, "acme").await;
    for (name, least) in [
        ("management_cache_hits_total", 3),
        ("management_cache_loads_total", 4),
        ("management_cache_load_seconds_count", 4),
        ("management_cache_entries", 4),
        ("management_cache_weight_bytes", 500),
    ] {
        let count = home.counter(name).await;
        assert!(count >= least, "{name}: {count}");
    }
    for name in ["management_cache_oldest_seconds", "management_cache_stale_hits_total"] {
        assert!(home.metrics().await.contains(name), "{name}");
    }
}
