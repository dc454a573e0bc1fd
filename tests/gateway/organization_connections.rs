//! The two views of an organization's connections: `enabled_connections`, and `connections` with those switched off.

use serde_json::{Value, json};

use crate::matrix;
use crate::support::application::Application;
use crate::support::gateway::{Gateway, Mode};
use crate::support::http::Visitor;
use crate::support::world::World;

matrix! {
    both_views_of_an_organizations_connections_always_agree,
    a_connection_that_is_switched_off_lets_nobody_in,
}

async fn both_views_of_an_organizations_connections_always_agree(mode: Mode) {
    let gateway = Gateway::start_with(mode, "management.max_connections_per_organization = 3").await;
    let admin = &gateway.admin;
    let organization = admin.organization("acme").await;
    let (enabled, all) = (
        format!("/organizations/{organization}/enabled_connections"),
        format!("/organizations/{organization}/connections"),
    );
    let people = admin.database("people").await;
    let sso = admin.federated("sso", "https://identity.example", json!({})).await;
    let one = |path: &str, id: &str| format!("{path}/{id}");

    // Written through the new view, read through both.
    let body = json!({ "connection_id": sso, "assign_membership_on_login": true, "is_enabled": false,
                       "organization_connection_name": "Acme SSO", "organization_access_level": "limited" });
    let created = admin.create(&all, body.clone()).await;
    let mut expected = json!({
        "connection_id": sso, "assign_membership_on_login": true, "show_as_button": true,
        "connection": { "name": "sso", "strategy": "oidc" }, "organization_connection_name": "Acme SSO",
        "organization_access_level": "limited", "is_enabled": false,
    });
    assert_eq!(created, expected);
    assert_eq!(admin.call("POST", &all, Some(body)).await.json()["errorCode"], "organization_connection_conflict");
    assert_eq!(admin.get(&one(&all, &sso)).await, expected);
    assert_eq!(admin.get(&enabled).await, json!([]));
    for (method, body) in [("GET", None), ("PATCH", Some(json!({ "show_as_button": false })))] {
        let page = admin.call(method, &one(&enabled, &sso), body).await;
        assert_eq!((page.status, &page.json()["message"]), (404, &json!("No connection found by that id")));
    }
    admin.delete(&one(&enabled, &sso)).await;
    assert_eq!(admin.get(&one(&all, &sso)).await, expected, "what is not in the view is not deleted through it");

    // Written through the first view, read through both.
    let on = admin.create(&enabled, json!({ "connection_id": sso, "show_as_button": false })).await;
    let switches = json!({ "connection_id": sso, "assign_membership_on_login": false, "show_as_button": false,
                           "connection": { "name": "sso", "strategy": "oidc" } });
    assert_eq!(on, switches);
    expected.as_object_mut().unwrap().extend(switches.as_object().cloned().unwrap());
    expected["is_enabled"] = true.into();
    assert_eq!(admin.get(&one(&all, &sso)).await, expected);
    admin.create(&enabled, json!({ "connection_id": people })).await;
    let database = admin.get(&one(&all, &people)).await;
    assert_eq!(
        (&database["organization_access_level"], &database["is_enabled"], &database["is_signup_enabled"]),
        (&json!("none"), &json!(true), &json!(false))
    );
    assert!(database.get("organization_connection_name").is_none(), "{database}");

    // Lists, their filter and their totals.
    let change =
        json!({ "is_enabled": false, "organization_connection_name": null, "organization_access_level": null });
    let off = admin.update(&one(&all, &people), change).await;
    assert_eq!((&off["is_enabled"], &off["organization_access_level"]), (&json!(false), &json!("none")));
    assert_eq!(admin.get(&enabled).await, json!([switches]));
    assert_eq!(admin.get(&all).await, json!([expected, off]));
    assert_eq!(admin.get(&format!("{all}?is_enabled=false")).await, json!([off]));
    let totals = admin.get(&format!("{all}?include_totals=true&per_page=1&page=1")).await;
    assert_eq!(totals, json!({ "connections": [off], "start": 1, "limit": 1, "total": 2 }));
    let totals = admin.get(&format!("{enabled}?include_totals=true")).await;
    assert_eq!(totals["total"], 1);

    // The limit and the rules hold for both, and count what is switched off.
    admin.create(&all, json!({ "connection_id": admin.database("third").await, "is_enabled": false })).await;
    let fourth = admin.database("fourth").await;
    for path in [&enabled, &all] {
        let page = admin.call("POST", path, Some(json!({ "connection_id": fourth }))).await;
        assert_eq!((page.status, &page.json()["errorCode"]), (403, &json!("too_many_entities")));
        let signup = json!({ "connection_id": fourth, "is_signup_enabled": true });
        assert_eq!(admin.call("POST", path, Some(signup)).await.status, 400);
        let unknown = json!({ "connection_id": "con_0000000000000000" });
        assert_eq!(admin.call("POST", path, Some(unknown)).await.json()["errorCode"], "invalid_body");
    }
    let bad = [
        json!({ "organization_access_level": "some" }),
        json!({ "organization_connection_name": "" }),
        json!({ "organization_connection_name": "x".repeat(51) }),
        json!({ "is_enabled": 1 }),
        json!({ "connection_id": fourth }),
    ];
    for body in bad {
        let page = admin.call("PATCH", &one(&all, &sso), Some(body.clone())).await;
        assert_eq!((page.status, &page.json()["errorCode"]), (400, &json!("invalid_body")), "{body}");
    }
    for _ in 0..2 {
        admin.delete(&one(&all, &sso)).await;
    }
    assert_eq!(admin.get(&enabled).await, json!([]));
}

async fn a_connection_that_is_switched_off_lets_nobody_in(mode: Mode) {
    let world = World::start(mode).await;
    let admin = &world.gateway.admin;
    let path = format!("/organizations/{}/connections/{}", world.acme, world.acme_sso);
    let switch = async |is_enabled: bool| admin.update(&path, json!({ "is_enabled": is_enabled })).await;
    let shown = async || {
        let page = Visitor::new().get(world.application.begin(&[("organization", "acme")]).url).await;
        page.option_titles()
    };
    assert_eq!(shown().await, ["Continue with Acme sso"]);

    // Somebody who is on the way, and somebody who is signed in.
    let (on_the_way, signed_in) = (Visitor::new(), Visitor::new());
    let begun = world.application.begin(&[("organization", "acme")]);
    let page = on_the_way.get(&begun.url).await;
    let trip = on_the_way.click(&page, "Continue with Acme sso").await;
    let callback = world.provider.sign_in(&on_the_way, trip.location(), "alice").await;
    world.sign_in_to_acme(&signed_in, "bob").await;

    switch(false).await;
    assert_eq!(shown().await, [""; 0], "the page follows at once");
    let direct = world.application.begin(&[("organization", "acme"), ("connection", "acme-sso")]);
    let page = Visitor::new().get(&direct.url).await;
    assert_eq!(world.application.error(&direct, &page).0, "access_denied");
    let page = on_the_way.get(callback).await;
    assert!(!page.headers.contains_key("location") || page.redirect_parameter("code").is_none(), "{}", page.text());
    let silent = world.application.begin(&[("organization", "acme"), ("prompt", "none")]);
    assert_eq!(world.application.error(&silent, &signed_in.get(&silent.url).await).0, "login_required");

    switch(true).await;
    assert_eq!(shown().await, ["Continue with Acme sso"]);
    let silent = world.application.begin(&[("organization", "acme"), ("prompt", "none")]);
    world.application.code(&silent, &signed_in.get(&silent.url).await);
}

#[tokio::test]
async fn what_is_written_through_either_view_is_told_in_the_audit() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    let admin = &gateway.admin;
    let organization = admin.organization("acme").await;
    let connection = admin.federated("sso", "https://idp.example", json!({})).await;
    let of = |view: &str| format!("/organizations/{organization}/{view}");
    for view in ["enabled_connections", "connections"] {
        admin.create(&of(view), json!({ "connection_id": connection })).await;
        admin.update(&of(&format!("{view}/{connection}")), json!({ "assign_membership_on_login": true })).await;
        admin.delete(&of(&format!("{view}/{connection}"))).await;
    }
    let query = "SELECT description FROM events WHERE organization_id = $1 AND connection_id = $2 ORDER BY date, id";
    let query = sqlx::query_scalar::<_, String>(query).bind(organization).bind(connection);
    let told = query.fetch_all(&mut gateway.database().await).await.unwrap();
    assert_eq!((told.len(), &told[..3]), (6, &told[3..]), "the same through both");
}

#[tokio::test]
async fn a_connection_that_lacks_what_a_login_needs_is_kept_and_never_offered() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    let admin = &gateway.admin;
    let organization = admin.organization("acme").await;
    let application = Application::register(&gateway, json!({ "organization_usage": "allow" })).await;
    let options = json!({ "client_id": "us", "client_secret": "s3cret" });
    let google = json!({ "name": "google", "strategy": "google-oauth2", "options": { "client_id": "us" } });
    let entra = json!({ "name": "entra", "strategy": "waad", "options": options });
    for connection in [google, entra] {
        let name = connection["name"].as_str().unwrap().to_owned();
        let created = admin.create("/connections", connection).await;
        let id = created["id"].as_str().unwrap();
        admin.enable(&organization, id, true).await;
        let clients = json!([{ "client_id": application.client_id, "status": true }]);
        admin.done("PATCH", &format!("/connections/{id}/clients"), Some(clients)).await;
        assert_eq!(admin.call("GET", &format!("/connections/{id}/status"), None).await.status, 404);
        for place in [vec![("organization", "acme")], vec![]] {
            let page = Visitor::new().get(application.begin(&place).url).await;
            assert_eq!((page.status, page.option_titles()), (200, vec![]), "{}", page.text());
            let direct: Vec<_> = place.into_iter().chain([("connection", name.as_str())]).collect();
            let begun = application.begin(&direct);
            assert_eq!(application.error(&begun, &Visitor::new().get(&begun.url).await).0, "access_denied");
        }
    }
    let enabled: Value = admin.get(&format!("/organizations/{organization}/enabled_connections")).await;
    assert_eq!(enabled.as_array().map(Vec::len), Some(2), "{enabled}");
}
