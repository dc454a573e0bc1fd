//! Auto-membership and its guard: a connection that anyone can join makes members of those its organization allows.

use serde_json::{Value, json};

use crate::matrix;
use crate::support::application::Application;
use crate::support::gateway::{Gateway, Mode, id};
use crate::support::http::Visitor;
use crate::support::world::World;

matrix! {
    auto_membership_is_for_the_allowed_domains_only,
}

async fn auto_membership_is_for_the_allowed_domains_only(mode: Mode) {
    let world = World::start(mode).await;
    let admin = &world.gateway.admin;
    let path = format!("/organizations/{}/enabled_connections/{}", world.acme, world.acme_sso);
    let allow = async |domains: Value| admin.update(&path, json!({ "allowed_domains": domains })).await;
    // The accounts of the identity provider are at people.example, verified.
    assert_eq!(allow(json!(["Acme.example"])).await["allowed_domains"], json!(["acme.example"]));
    let visitor = Visitor::new();
    let (begun, page) = world.sign_in_to_acme(&visitor, "alice").await;
    let (code, description) = world.application.error(&begun, &page);
    assert_eq!(code, "access_denied");
    let (before, after) = ("user oidc|acme-sso|alice", format!("is not part of the {} organization", world.acme));
    assert_eq!(description, format!("{before} {after}"));
    assert!(page.header("set-cookie").is_none_or(|cookie| !cookie.contains("session")), "{:?}", page.headers);
    assert_eq!(admin.user_ids().await, [""; 0], "a stranger leaves nothing behind");
    assert_eq!(admin.member_ids(&world.acme).await, [""; 0]);

    allow(json!(["acme.example", "people.example"])).await;
    let visitor = Visitor::new();
    let (begun, page) = world.sign_in_to_acme(&visitor, "alice").await;
    world.application.code(&begun, &page);
    assert_eq!(admin.member_ids(&world.acme).await, ["oidc|acme-sso|alice"]);
    // Whoever is a member stays one; an empty list is everybody's again.
    allow(json!(["acme.example"])).await;
    let (begun, page) = world.sign_in_to_acme(&Visitor::new(), "alice").await;
    world.application.code(&begun, &page);
    assert!(allow(json!([])).await.get("allowed_domains").is_none());
    let (begun, page) = world.sign_in_to_acme(&Visitor::new(), "bob").await;
    world.application.code(&begun, &page);
}

#[tokio::test]
async fn an_address_proved_by_a_code_is_held_against_the_list() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    let admin = &gateway.admin;
    let acme = admin.organization("acme").await;
    let codes = id(&admin.create("/connections", json!({ "name": "email", "strategy": "email" })).await);
    let body = json!({
        "connection_id": codes, "assign_membership_on_login": true, "allowed_domains": ["acme.example"],
    });
    let enabled = admin.create(&format!("/organizations/{acme}/enabled_connections"), body).await;
    assert!(enabled.get("membership_open").is_none(), "{enabled}");
    let application = Application::register(&gateway, json!({})).await;
    for (address, enters) in [("eve@acme.example.evil.example", false), ("ann@acme.example", true)] {
        let visitor = Visitor::new();
        let begun = application.begin(&[("organization", "acme"), ("connection", "email")]);
        let page = visitor.submit(&visitor.get(&begun.url).await, &[("email", address)]).await;
        let page = visitor.get(page.location()).await;
        let page = visitor.submit(&page, &[("code", &gateway.mail_to(address).await.code())]).await;
        match enters {
            true => drop(application.code(&begun, &page)),
            false => assert_eq!(application.error(&begun, &page).0, "access_denied"),
        }
    }
    assert_eq!(admin.member_ids(&acme).await.len(), 1);
    assert_eq!(admin.user_ids().await.len(), 1);
}

/// Connections, and whether anyone can join them.
async fn connections(gateway: &Gateway) -> Vec<(String, bool)> {
    let admin = &gateway.admin;
    let client = |options: Value| {
        let mut all = json!({ "client_id": "gateway", "client_secret": "secret" });
        all.as_object_mut().unwrap().extend(options.as_object().cloned().unwrap());
        all
    };
    let kinds = [
        ("google-oauth2", client(json!({})), true),
        ("github", client(json!({})), true),
        ("waad", client(json!({ "domain": "acme.example" })), false),
        ("waad", client(json!({ "useCommonEndpoint": true })), true),
        ("oidc", client(json!({ "issuer": "https://sso.acme.example" })), false),
        ("oidc", client(json!({ "issuer": "https://accounts.google.com" })), true),
        ("email", json!({}), true),
        ("email", json!({ "disable_signup": true }), false),
        ("auth0", json!({}), false),
    ];
    let mut made = Vec::new();
    for (number, (strategy, options, is_open)) in kinds.into_iter().enumerate() {
        let body = json!({ "name": format!("c{number}"), "strategy": strategy, "options": options });
        made.push((id(&admin.create("/connections", body).await), is_open));
    }
    made
}

#[tokio::test]
async fn switching_it_on_for_everybody_is_marked_and_logged() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    let admin = &gateway.admin;
    let acme = admin.organization("acme").await;
    let all = format!("/organizations/{acme}/enabled_connections");
    let warnings = async || {
        let events = admin.get(&format!("/logs?q=type:w%20AND%20organization_id:{acme}")).await;
        events.as_array().unwrap().len()
    };
    let mut expected = 0;
    for (connection, is_open) in connections(&gateway).await {
        let quiet = admin.create(&all, json!({ "connection_id": connection })).await;
        assert!(quiet.get("membership_open").is_none(), "{quiet}");
        let one = format!("{all}/{connection}");
        let loud = admin.update(&one, json!({ "assign_membership_on_login": true })).await;
        assert_eq!(loud.get("membership_open"), is_open.then_some(&json!(true)), "{loud}");
        expected += usize::from(is_open);
        assert_eq!(warnings().await, expected, "{loud}");
        assert_eq!(admin.get(&one).await, loud);
        let again = admin.update(&one, json!({ "show_as_button": false })).await;
        assert_eq!(again.get("membership_open"), loud.get("membership_open"));
        assert_eq!(warnings().await, expected, "it was told once");
        let other = admin.get(&format!("/organizations/{acme}/connections/{connection}")).await;
        assert_eq!(other.get("membership_open"), loud.get("membership_open"));
    }
    // A database is open to anyone where its sign-up is.
    let database = admin.database("people").await;
    let body = json!({ "connection_id": database, "assign_membership_on_login": true, "is_signup_enabled": true });
    let loud = admin.create(&all, body).await;
    assert_eq!((&loud["membership_open"], warnings().await), (&json!(true), expected + 1));
}

#[tokio::test]
async fn a_guard_that_refuses_wants_the_list() {
    let settings = "management.membership_guard = \"refuse\"";
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, settings).await;
    let admin = &gateway.admin;
    let acme = admin.organization("acme").await;
    let codes = id(&admin.create("/connections", json!({ "name": "email", "strategy": "email" })).await);
    let open = json!({ "connection_id": codes, "assign_membership_on_login": true });
    for view in ["enabled_connections", "connections"] {
        let page = admin.call("POST", &format!("/organizations/{acme}/{view}"), Some(open.clone())).await;
        assert_eq!((page.status, &page.json()["errorCode"]), (400, &json!("membership_guard")));
    }
    let new = json!({ "name": "globex", "enabled_connections": [open] });
    assert_eq!(admin.call("POST", "/organizations", Some(new)).await.status, 400);
    let all = format!("/organizations/{acme}/enabled_connections");
    let one = format!("{all}/{codes}");
    let listed = json!({
        "connection_id": codes, "assign_membership_on_login": true, "allowed_domains": ["acme.example"],
    });
    admin.create(&all, listed).await;
    let page = admin.call("PATCH", &one, Some(json!({ "allowed_domains": [] }))).await;
    assert_eq!((page.status, &page.json()["errorCode"]), (400, &json!("membership_guard")));
    assert_eq!(admin.get(&one).await["allowed_domains"], json!(["acme.example"]));
    for wrong in ["acme", "*.acme.example", "ann@acme.example", "10.0.0.1"] {
        let page = admin.call("PATCH", &one, Some(json!({ "allowed_domains": [wrong] }))).await;
        assert_eq!((page.status, &page.json()["errorCode"]), (400, &json!("invalid_body")), "{wrong}");
    }
    let tenant = "72F988BF-86F1-41AF-91AB-2D7CD011DB47";
    let changed = admin.update(&one, json!({ "allowed_domains": [tenant] })).await;
    assert_eq!(changed["allowed_domains"], json!([tenant.to_lowercase()]));
}
