//! The audience: a person's access token for an API, only where the application has a client grant.

use serde_json::json;

use crate::support::application::{Application, claims};
use crate::support::gateway::Mode;
use crate::support::http::Visitor;
use crate::support::world::World;

const API: &str = "https://api.example/";

async fn grant(world: &World, application: &Application, audience: &str, scope: &[&str]) {
    let grant = json!({ "client_id": application.client_id, "audience": audience, "scope": scope });
    world.gateway.admin.create("/client-grants", grant).await;
}

#[tokio::test]
async fn a_granted_audience_is_in_the_access_token_with_the_scopes_that_were_asked_and_granted() {
    let world = World::start(Mode::SqliteEmbedded).await;
    grant(&world, &world.application, API, &["read:things", "write:things"]).await;
    let scope = "openid write:things delete:things email write:things";
    let begun = world.application.begin(&[("organization", "acme"), ("audience", API), ("scope", scope)]);
    let visitor = Visitor::new();
    let page = world.sign_in(&visitor, &begun, "Continue with Acme sso", "alice").await;
    let tokens = world.application.tokens(&begun, &page).await;
    assert_eq!(tokens["scope"], "openid email write:things");
    let said = claims(tokens["access_token"].as_str().unwrap());
    assert_eq!(said["aud"], json!([API, world.gateway.url("/userinfo")]));
    assert_eq!((&said["scope"], &said["org_id"]), (&tokens["scope"], &json!(world.acme)));
    assert_eq!((&said["sub"], &said["gty"]), (&json!("oidc|acme-sso|alice"), &json!(null)));

    // The same by a session, and without OpenID: then userinfo is no audience.
    let begun = world.application.begin(&[("organization", "acme"), ("audience", API), ("scope", "read:things")]);
    let page = visitor.get(&begun.url).await;
    let tokens = world.application.tokens(&begun, &page).await;
    let said = claims(tokens["access_token"].as_str().unwrap());
    assert_eq!((&said["aud"], &said["scope"]), (&json!(API), &json!("read:things")));
    assert!(tokens.get("id_token").is_none(), "{tokens}");
}

#[tokio::test]
async fn an_audience_that_was_not_granted_is_refused_before_anybody_signs_in_and_to_a_session_too() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let other = Application::register(&world.gateway, json!({})).await;
    grant(&world, &other, API, &["read:things"]).await;
    let management = format!("{}/", world.gateway.admin.api);
    grant(&world, &world.application, &management, &["read:users"]).await;
    let signed_in = Visitor::new();
    world.sign_in_to_acme(&signed_in, "alice").await;
    for audience in [API, management.as_str(), "https://unknown.example/", "x\0", "a\r\nb"] {
        for (visitor, more) in [(&Visitor::new(), ("connection", "acme-sso")), (&signed_in, ("connection", ""))] {
            let scope = "openid read:things read:users";
            let more = [("organization", "acme"), ("audience", audience), ("scope", scope), more];
            let begun = world.application.begin(&more);
            let (error, description) = world.application.error(&begun, &visitor.get(&begun.url).await);
            let shown: String = audience.chars().filter(|letter| !letter.is_control()).collect();
            assert_eq!((error.as_str(), description), ("access_denied", format!("Service not found: {shown}")));
        }
    }
}

#[tokio::test]
async fn a_grant_taken_back_while_the_person_signs_in_gives_no_code() {
    let world = World::start(Mode::SqliteEmbedded).await;
    grant(&world, &world.application, API, &["read:things"]).await;
    let visitor = Visitor::new();
    let more = [("organization", "acme"), ("connection", "acme-sso"), ("audience", API)];
    let begun = world.application.begin(&more);
    let trip = visitor.get(&begun.url).await;
    let callback = world.provider.sign_in(&visitor, trip.location(), "alice").await;
    let grants = world.gateway.admin.get("/client-grants").await;
    world.gateway.admin.delete(&format!("/client-grants/{}", grants[0]["id"].as_str().unwrap())).await;
    let page = visitor.get(callback).await;
    assert_eq!(world.application.error(&begun, &page).0, "access_denied");
}
