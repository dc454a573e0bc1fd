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

const GOOGLE_METADATA: &str = "https://accounts.google.com/.well-known/openid-configuration";

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
        ("waad", client(json!({ "tenant_domain": "consumers" })), true),
        ("oidc", client(json!({ "discovery_url": GOOGLE_METADATA })), true),
        ("auth0", json!({}), true),
        ("auth0", json!({ "disable_signup": true }), false),
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
    let new = json!({ "name": "people", "strategy": "auth0", "options": { "disable_signup": true } });
    let database = id(&admin.create("/connections", new).await);
    let body = json!({ "connection_id": database, "assign_membership_on_login": true, "is_signup_enabled": true });
    let loud = admin.create(&all, body).await;
    assert_eq!((&loud["membership_open"], warnings().await), (&json!(true), expected + 1));
    // And so it is at every other organization that has it.
    let globex = admin.organization("globex").await;
    let body = json!({ "connection_id": database, "assign_membership_on_login": true });
    let there = format!("/organizations/{globex}/enabled_connections");
    assert_eq!(admin.create(&there, body).await["membership_open"], true);
    assert_eq!(admin.get(&format!("{there}/{database}")).await["membership_open"], true);
    admin.update(&format!("{all}/{database}"), json!({ "is_signup_enabled": false })).await;
    assert!(admin.get(&format!("{there}/{database}")).await.get("membership_open").is_none());
}

/// A company's directory, whose options may come to be everybody's.
async fn directory(gateway: &Gateway) -> (String, Value) {
    let open = json!({ "client_id": "gateway", "client_secret": "secret", "issuer": "https://accounts.google.com" });
    let connection = gateway.admin.federated("sso", "https://sso.acme.example", json!({})).await;
    (connection, json!({ "options": open }))
}

#[tokio::test]
async fn a_connection_that_becomes_everybodys_is_told_to_every_organization_it_opens() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    let admin = &gateway.admin;
    let (connection, open) = directory(&gateway).await;
    let mut expected = Vec::new();
    for (name, joins, domains) in [
        ("acme", true, json!([])),
        ("globex", true, json!([])),
        ("listed", true, json!(["acme.example"])),
        ("quiet", false, json!([])),
    ] {
        let organization = admin.organization(name).await;
        let body = json!({
            "connection_id": connection, "assign_membership_on_login": joins, "allowed_domains": domains,
        });
        admin.create(&format!("/organizations/{organization}/enabled_connections"), body).await;
        if joins && domains == json!([]) {
            expected.push(organization);
        }
    }
    let path = format!("/connections/{connection}");
    let told = async || {
        let events = admin.get("/logs?q=type:w").await;
        let mut told: Vec<String> =
            events.as_array().unwrap().iter().map(|event| event["organization_id"].as_str().unwrap().into()).collect();
        told.sort();
        told
    };
    admin.update(&path, json!({ "display_name": "SSO" })).await;
    assert_eq!(told().await, [""; 0]);
    admin.update(&path, open.clone()).await;
    expected.sort();
    assert_eq!(told().await, expected);
    admin.update(&path, open).await;
    assert_eq!(told().await, expected, "it was told once");
}

#[tokio::test]
async fn a_guard_that_refuses_lets_no_connection_become_everybodys() {
    let settings = "management.membership_guard = \"refuse\"";
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, settings).await;
    let admin = &gateway.admin;
    let (connection, open) = directory(&gateway).await;
    let acme = admin.organization("acme").await;
    admin.enable(&acme, &connection, true).await;
    let page = admin.call("PATCH", &format!("/connections/{connection}"), Some(open.clone())).await;
    assert_eq!((page.status, &page.json()["errorCode"]), (400, &json!("membership_guard")));
    let list = json!({ "allowed_domains": ["acme.example"] });
    admin.update(&format!("/organizations/{acme}/enabled_connections/{connection}"), list).await;
    admin.update(&format!("/connections/{connection}"), open).await;
}

#[tokio::test]
async fn a_database_that_was_opened_afterwards_makes_no_members_where_the_guard_refuses() {
    let settings = "management.membership_guard = \"refuse\"";
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, settings).await;
    let admin = &gateway.admin;
    let (acme, globex) = (admin.organization("acme").await, admin.organization("globex").await);
    let new = json!({ "name": "people", "strategy": "auth0", "options": { "disable_signup": true } });
    let people = id(&admin.create("/connections", new).await);
    admin.enable(&acme, &people, true).await;
    let application = Application::register(&gateway, json!({})).await;
    let sign_in = async |name: &str| {
        let email = format!("{name}@people.example");
        admin.person("people", &email, "correct horse battery").await;
        let visitor = Visitor::new();
        let begun = application.begin(&[("organization", "acme")]);
        let page = visitor.get(&begun.url).await;
        let page = visitor.submit(&page, &[("username", &email), ("password", "correct horse battery")]).await;
        (begun, page)
    };
    let (begun, page) = sign_in("ann").await;
    application.code(&begun, &page);
    // Whoever signs up at Globex has an account at Acme's database.
    let body = json!({
        "connection_id": people, "assign_membership_on_login": true, "is_signup_enabled": true,
        "allowed_domains": ["people.example"],
    });
    admin.create(&format!("/organizations/{globex}/enabled_connections"), body).await;
    let (begun, page) = sign_in("eve").await;
    assert_eq!(application.error(&begun, &page).0, "access_denied");
    assert_eq!(admin.member_ids(&acme).await.len(), 1);
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
