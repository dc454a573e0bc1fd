//! The log: who did what, and who signed in (contract §1.13).

use serde_json::{Value, json};

use crate::matrix;
use crate::support::gateway::{Mode, text};
use crate::support::http::Visitor;
use crate::support::world::World;

matrix! {
    writes_and_logins_are_told_in_the_log,
    the_log_is_read_by_page_and_from_an_event_on,
}

fn column(events: &Value, member: &str) -> Vec<String> {
    events.as_array().unwrap().iter().map(|event| text(event, member)).collect()
}

async fn writes_and_logins_are_told_in_the_log(mode: Mode) {
    let world = World::start_with(mode, "login.password_failures = 2\n").await;
    let admin = &world.gateway.admin;
    world.sign_in_to_acme(&Visitor::new(), "alice").await;
    let of_acme = admin.get(&format!("/logs?sort=date:1&q=organization_id:{}", world.acme)).await;
    let kinds = column(&of_acme, "type");
    assert_eq!(kinds.iter().filter(|kind| *kind != "sapi").count(), 2, "{of_acme:#}");
    let login = of_acme.as_array().unwrap().iter().find(|event| event["type"] == "s").unwrap();
    assert_eq!(login["client_name"], "Example App");
    assert_eq!((&login["connection"], &login["connection_id"]), (&json!("acme-sso"), &json!(world.acme_sso)));
    assert_eq!((&login["organization_name"], &login["strategy"]), (&json!("acme"), &json!("oidc")));
    assert_eq!((&login["user_name"], &login["ip"]), (&json!("alice@people.example"), &json!("127.0.0.1")));
    let joined = of_acme.as_array().unwrap().iter().find(|event| event["type"] == "organization_member_added").unwrap();
    assert_eq!(joined["user_id"], login["user_id"]);

    world.sign_in_to_globex(&Visitor::new(), "bob").await;
    let refused = admin.get("/logs?q=type:f").await;
    assert_eq!(refused[0]["organization_id"], world.globex.as_str());
    let user = text(login, "user_id").replace('|', "%7C");
    let theirs = admin.get(&format!("/users/{user}/logs?include_totals=true")).await;
    assert_eq!((column(&theirs["logs"], "type").len(), &theirs["total"]), (2, &json!(2)));

    let people = admin.database("people").await;
    admin.enable(&world.acme, &people, true).await;
    admin.person("people", "ann@acme.example", "correct horse").await;
    for (name, password) in
        [("ann@acme.example", "wrong"), ("nobody@acme.example", "wrong"), ("ann@acme.example", "no")]
    {
        let visitor = Visitor::new();
        let page = visitor.get(&world.application.begin(&[("organization", "acme")]).url).await;
        visitor.submit(&page, &[("username", name), ("password", password)]).await;
    }
    let failed = admin.get("/logs?sort=date:1&q=type:fp OR type:fu OR type:limit_mu").await;
    let mut kinds = column(&failed, "type");
    kinds.sort();
    assert_eq!(kinds, ["fp", "fu", "limit_mu"], "the address must wait after its second failure");

    let branding = json!({ "colors": { "primary": "#0059d6" } });
    admin.update("/branding", branding).await;
    let newest = admin.get("/logs?per_page=1").await[0].clone();
    assert_eq!((&newest["type"], &newest["description"]), (&json!("sapi"), &json!("Update branding settings")));
    assert_eq!(newest["details"], json!({ "request": { "method": "PATCH", "path": "/api/v2/branding" } }));
    assert_eq!(admin.get(&format!("/logs/{}", text(&newest, "log_id"))).await, newest);
    assert_eq!(admin.call("GET", "/logs/nothing", None).await.status, 404);
}

async fn the_log_is_read_by_page_and_from_an_event_on(mode: Mode) {
    let world = World::start(mode).await;
    let admin = &world.gateway.admin;
    let all = column(&admin.get("/logs?sort=date:1").await, "log_id");
    assert!(all.len() > 6 && all.is_sorted(), "{all:?}");
    let mut newest = column(&admin.get("/logs").await, "log_id");
    newest.reverse();
    assert_eq!(newest, all);
    let page = admin.get("/logs?sort=date:1&page=1&per_page=2&include_totals=true").await;
    assert_eq!((&page["start"], &page["limit"], &page["length"]), (&json!(2), &json!(2), &json!(2)));
    assert_eq!((&page["total"], column(&page["logs"], "log_id")), (&json!(all.len()), all[2..4].to_vec()));

    let mut seen = column(&admin.get("/logs?take=3").await, "log_id");
    loop {
        let last = seen.last().unwrap();
        // Clients send what they always send; from an event on nothing else counts.
        let part = admin.get(&format!("/logs?from={last}&take=3&include_totals=true&sort=date:-1")).await;
        if part.as_array().unwrap().is_empty() {
            break;
        }
        seen.extend(column(&part, "log_id"));
    }
    assert_eq!(seen, all);
    // From an event back, the newest first, whatever the order and the page would be otherwise.
    let before = admin.get(&format!("/logs?before={}&per_page=3&page=2&sort=date:1", all[5])).await;
    assert_eq!(column(&before, "log_id"), [&all[4], &all[3], &all[2]].map(String::as_str));
    let narrowed = admin.get(&format!("/logs?before={}&q=type:sapi", all[5])).await;
    assert!(column(&narrowed, "type").iter().all(|kind| kind == "sapi"), "{narrowed}");
    let few = admin.get("/logs?per_page=1&fields=type,log_id").await;
    assert_eq!(few[0].as_object().unwrap().keys().collect::<Vec<_>>(), ["log_id", "type"]);
    for query in
        ["q=secret:x", "q=type:", "sort=type:1", "from=x", "before=x", "take=0", "page=11&per_page=100", "more=1"]
    {
        assert_eq!(admin.call("GET", &format!("/logs?{query}"), None).await.status, 400, "{query}");
    }
    assert_eq!(admin.get("/logs?q=").await.as_array().unwrap().len(), all.len());
    let clerk = admin.with_scopes(&["read:logs_users"]).await;
    assert_eq!(clerk.call("GET", "/users/auth0%7Cnobody/logs", None).await.status, 404);
}
