//! An ill Management API: pages say so, nobody sees half of an organization, and health returns at once.

use serde_json::json;

use crate::support::gateway::Gateway;
use crate::support::hostile_world::{HostileWorld, assert_page};
use crate::support::http::{Page, Visitor};
use crate::support::ill_management::{IllManagement, Illness};

async fn start(settings: &str) -> (IllManagement, HostileWorld) {
    let front = IllManagement::start().await;
    // Nothing is drawn from memory and no failure is remembered, so that each page asks.
    let asks = "management.stale_if_error_seconds = 0\nmanagement.failure_seconds = 0\n\
                management.longest_failure_seconds = 0\n";
    let world = HostileWorld::of(Gateway::start_behind(&front, &format!("{asks}{settings}")).await).await;
    (front, world)
}

async fn acme_page(world: &HostileWorld) -> Page {
    Visitor::new().get(world.application.begin(&[("organization", "acme")]).url).await
}

fn assert_unavailable(what: &str, page: &Page) {
    assert_eq!(page.status, 503, "{what}: {}", page.text());
    assert!(page.header("retry-after").is_some_and(|wait| wait.parse::<u32>().is_ok()), "{what}: {:?}", page.headers);
    assert_page(what, page);
    assert!(page.option_titles().is_empty(), "{what}");
}

fn assert_both_options(what: &str, page: &Page) {
    assert_eq!(page.option_titles(), ["Continue with Acme sso", "Continue with Acme spare"], "{what}");
}

/// Everything a call may come back as, apart from the right answer and the wish to be left alone.
fn illnesses() -> Vec<(&'static str, Illness)> {
    let refusal = |status: u16, code: &str| {
        Illness::Status(status, json!({ "statusCode": status, "error": "No", "message": "No.", "errorCode": code }))
    };
    vec![
        ("no answer in time", Illness::Hang),
        ("400 with a refusal", refusal(400, "invalid_query_string")),
        ("401", refusal(401, "invalid_token")),
        ("403 for a scope", refusal(403, "insufficient_scope")),
        ("403 for something else", refusal(403, "operation_not_supported")),
        ("404 of something else than the API", Illness::Status(404, json!("no such page"))),
        ("409", refusal(409, "conflict")),
        ("500", Illness::Status(500, json!({ "error": "server_error" }))),
        ("503", refusal(503, "unavailable")),
        ("a page", Illness::Html),
        ("half an answer", Illness::Truncated),
        ("nothing", Illness::Json(String::new())),
        ("a list", Illness::Json("[]".to_owned())),
        ("null", Illness::Json("null".to_owned())),
        ("wrong types", Illness::Json(r#"{"id":7,"name":[],"client_id":{},"enabled_connections":"x"}"#.to_owned())),
        ("10 MB", Illness::Huge),
    ]
}

#[tokio::test]
async fn an_ill_api_is_said_to_be_ill_and_its_recovery_is_seen_at_once() {
    let (front, world) = start("management.timeout_seconds = 1").await;
    let calls = [
        "GET /api/v2/clients/",
        "GET /api/v2/organizations/name/",
        "/enabled_connections?",
        "GET /api/v2/connections/",
    ];
    for call in calls {
        for (what, illness) in illnesses() {
            front.fall_ill(call, illness);
            assert_unavailable(&format!("{call}: {what}"), &acme_page(&world).await);
            front.recover();
            assert_both_options(&format!("{call}: after {what}"), &acme_page(&world).await);
        }
    }
}

#[tokio::test]
async fn a_token_endpoint_that_is_ill_is_no_better() {
    // A token is renewed a minute before its end, so each call needs a new one.
    let (front, world) = start("management.timeout_seconds = 1\ntokens.access_token_seconds = 60").await;
    for (what, illness) in illnesses() {
        front.fall_ill("POST /oauth/token", illness);
        assert_unavailable(what, &acme_page(&world).await);
        front.recover();
        assert_both_options(what, &acme_page(&world).await);
    }
}

#[tokio::test]
async fn a_token_that_never_ends_is_only_a_token() {
    let (front, world) = start("").await;
    let endless = format!(r#"{{"access_token":"wrong","token_type":"Bearer","expires_in":{}}}"#, u64::MAX);
    front.fall_ill("POST /oauth/token", Illness::Json(endless));
    assert_unavailable("endless", &acme_page(&world).await);
    front.recover();
    assert_both_options("after it", &acme_page(&world).await);
}

#[tokio::test]
async fn a_token_that_is_not_accepted_any_more_is_replaced_without_a_failed_page() {
    let (front, world) = start("").await;
    assert_both_options("the first token", &acme_page(&world).await);
    let unknown = json!({ "statusCode": 401, "error": "Unauthorized", "message": "Invalid token." });
    for call in ["GET /api/v2/clients/", "/enabled_connections?", "GET /api/v2/connections/"] {
        front.forget_calls();
        front.fall_ill_once(call, Illness::Status(401, unknown.clone()));
        assert_both_options(call, &acme_page(&world).await);
        assert_eq!(front.calls("POST /oauth/token"), 1, "{call}");
    }
    front.forget_calls();
    let arrival = world.arrive("acme", "acme-sso").await;
    front.fall_ill_once("POST /api/v2/logins", Illness::Status(401, unknown));
    world.application.code(&arrival.begun, &arrival.enter().await);
}

#[tokio::test]
async fn a_waiting_crowd_is_answered_together() {
    let (front, world) = start("management.timeout_seconds = 1").await;
    front.fall_ill("POST /oauth/token", Illness::Hang);
    let started = std::time::Instant::now();
    let names: Vec<String> = (0..10).map(|number| format!("org-{number}")).collect();
    let pages = names.iter().map(|name| async {
        Visitor::new().get(world.application.begin(&[("organization", name), ("client_id", name)]).url).await
    });
    for page in futures_util::future::join_all(pages).await {
        assert_unavailable("a crowd", &page);
    }
    assert!(started.elapsed().as_secs() < 5, "each waited for all before it: {:?}", started.elapsed());
}

#[tokio::test]
async fn an_organization_is_shown_whole_or_not_at_all() {
    let (front, world) = start(
        "management.timeout_seconds = 1\nmanagement.max_connections_per_organization = 200\n\
         management.request_burst = 1000",
    )
    .await;
    for number in 0..100 {
        let id = world.gateway.admin.federated(&format!("more-{number}"), &world.spare.issuer, json!({})).await;
        world.gateway.admin.enable(&world.acme, &id, true).await;
    }
    let page = acme_page(&world).await;
    assert_eq!(page.option_titles().len(), 102, "{}", page.text());
    for (what, illness) in illnesses() {
        front.fall_ill("/enabled_connections?page=1", illness);
        assert_unavailable(what, &acme_page(&world).await);
        front.recover();
    }
    let empty = r#"{"enabled_connections":[],"start":100,"limit":100,"total":102}"#;
    let shrunk = r#"{"enabled_connections":[],"start":100,"limit":100,"total":100}"#;
    for (what, second) in [("an empty page too early", empty), ("a total that shrinks", shrunk)] {
        front.fall_ill("/enabled_connections?page=1", Illness::Json(second.to_owned()));
        assert_unavailable(what, &acme_page(&world).await);
        front.recover();
    }
    assert_eq!(acme_page(&world).await.option_titles().len(), 102);
}

#[tokio::test]
async fn an_answer_about_somebody_else_is_not_used() {
    let (front, world) = start("").await;
    let admin = &world.gateway.admin;
    let other = crate::support::application::Application::register(&world.gateway, json!({})).await;
    let others = [
        ("GET /api/v2/clients/", admin.get(&format!("/clients/{}", other.client_id)).await),
        ("GET /api/v2/organizations/name/", admin.get(&format!("/organizations/{}", world.globex)).await),
        ("GET /api/v2/connections/", admin.get(&format!("/connections/{}", world.globex_sso)).await),
    ];
    for (call, other) in others {
        front.fall_ill(call, Illness::Json(other.to_string()));
        assert_unavailable(call, &acme_page(&world).await);
        front.recover();
    }
}

#[tokio::test]
async fn a_warm_page_needs_no_api() {
    let (front, world) = start("management.timeout_seconds = 1\nmanagement.fresh_seconds = 3600").await;
    assert_both_options("well", &acme_page(&world).await);
    front.fall_ill("", Illness::Hang);
    front.forget_calls();
    assert_both_options("down", &acme_page(&world).await);
    assert_eq!(front.calls(""), 0);
}

#[tokio::test]
async fn a_login_is_never_completed_from_memory() {
    let (front, world) = start("management.timeout_seconds = 1\nmanagement.fresh_seconds = 3600").await;
    let (arrival, page) = world.sign_in("acme", "acme-spare").await;
    let code = world.application.code(&arrival.begun, &page);
    for (what, illness) in illnesses() {
        // 400 says that what the identity provider told of the person cannot be kept.
        let is_statement = matches!(&illness, Illness::Status(400, _));
        if matches!(illness, Illness::Truncated) {
            // The login was recorded, and only the news of it was lost.
            continue;
        }
        let arrival = world.arrive("acme", "acme-sso").await;
        front.fall_ill("POST /api/v2/logins", illness);
        let page = arrival.enter().await;
        if is_statement {
            assert_eq!(page.status, 403, "{what}: {}", page.text());
            assert_page(what, &page);
        } else {
            assert_unavailable(what, &page);
        }
        front.recover();
        // Failures in a row would have the API left alone.
        world.sign_in("acme", "acme-spare").await;
    }
    assert_eq!(world.gateway.admin.user_ids().await, ["oidc|acme-spare|mallory"]);

    front.fall_ill("", Illness::Hang);
    let again = arrival.visitor.get(world.application.begin(&[("organization", "acme")]).url).await;
    assert_unavailable("a session", &again);
    let answer = world.application.exchange(&arrival.begun, &code).await;
    assert_eq!(answer.status, 503, "{}", answer.text());
}

#[tokio::test]
async fn a_crowd_before_a_cold_organization_makes_one_load() {
    let (front, world) = start("management.fresh_seconds = 3600").await;
    front.forget_calls();
    let pages = futures_util::future::join_all((0..50).map(|_| acme_page(&world))).await;
    for page in &pages {
        assert_both_options("a crowd", page);
    }
    let calls =
        ["POST /oauth/token", "/clients/", "/organizations/name/acme", "/enabled_connections?", "/connections/"];
    assert_eq!(calls.map(|call| front.calls(call)), [1, 1, 1, 1, 2]);
    assert_eq!(front.calls(""), 6);
}
