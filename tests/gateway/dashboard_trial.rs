//! "Try this connection": what an administrator sees of a login, and that it leaves nothing.

use serde_json::json;

use crate::support::administrators::signed_in;
use crate::support::gateway::Mode;
use crate::support::http::{Page, Visitor};
use crate::support::world::World;

/// Presses the button on the page of the connection, and signs in at the identity provider as `login`.
async fn try_it(world: &World, visitor: &Visitor, connection: &str, organization: &str, login: &str) -> Page {
    let page = visitor.get(world.gateway.url(&format!("/dashboard/connections/{connection}"))).await;
    let leaving = visitor.submit(&page, &[("organization", organization)]).await;
    assert_eq!(leaving.status, 200, "{}", leaving.text());
    let away = visitor.click(&leaving, "Go on").await;
    let callback = world.provider.sign_in(visitor, away.location(), login).await;
    visitor.get(callback).await
}

fn steps(page: &Page) -> Vec<String> {
    page.texts_of("#steps h2")
}

#[tokio::test]
async fn a_trial_shows_every_step_and_makes_nobody_anything() {
    for mode in [Mode::SqliteEmbedded, Mode::PostgresEmbedded] {
        let world = World::start(mode).await;
        let visitor = signed_in(&world.gateway).await;
        let before = world.gateway.admin.user_ids().await;
        let page = try_it(&world, &visitor, &world.acme_sso, "acme", "alice").await;
        assert_eq!(page.status, 200, "{}", page.text());
        let all = ["Discovery Done", "Request Done", "Answer Done", "Person Done", "Membership Done"];
        assert_eq!(steps(&page), all, "{}", page.text());
        let text = page.text_of("#steps").unwrap();
        for shown in
            ["ID token: subalice", "would become a member of Acme", "would be made now", "alice@people.example"]
        {
            assert!(text.contains(shown), "{shown}: {text}");
        }
        for hidden in ["statehidden", "noncehidden", "code_challengehidden"] {
            assert!(text.contains(hidden), "{hidden}: {text}");
        }
        assert!(!text.contains("secret"), "{text}");
        assert_eq!(world.gateway.admin.user_ids().await, before);
        assert_eq!(world.gateway.admin.member_ids(&world.acme).await, [""; 0]);
        // Nor is the person signed in to anything.
        let begun = world.application.begin(&[("organization", "acme"), ("prompt", "none")]);
        let page = visitor.get(&begun.url).await;
        assert_eq!(page.redirect_parameter("error").as_deref(), Some("login_required"));
    }
}

#[tokio::test]
async fn a_trial_says_who_would_not_get_in_and_why() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let visitor = signed_in(&world.gateway).await;
    let page = try_it(&world, &visitor, &world.globex_sso, "globex", "bob").await;
    assert_eq!(steps(&page).last().map(String::as_str), Some("Membership Failed"), "{}", page.text());
    assert!(page.text().contains("not_a_member"), "{}", page.text());
    let page = try_it(&world, &visitor, &world.globex_sso, "acme", "bob").await;
    assert!(page.text().contains("connection_not_enabled"), "{}", page.text());
    // Without an organization nobody asks about a membership.
    let page = try_it(&world, &visitor, &world.globex_sso, "", "bob").await;
    assert_eq!(steps(&page).last().map(String::as_str), Some("Person Done"), "{}", page.text());
    let (_, entered) = world.sign_in_to_acme(&Visitor::new(), "bob").await;
    assert!(entered.redirect_parameter("code").is_some(), "a login goes on as before");
    let page = try_it(&world, &visitor, &world.acme_sso, "acme", "alice").await;
    assert!(page.text().contains("is a member of Acme"), "{}", page.text());
}

#[tokio::test]
async fn a_trial_says_where_it_went_wrong() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let visitor = signed_in(&world.gateway).await;
    let admin = &world.gateway.admin;
    let options = json!({ "issuer": world.provider.issuer, "client_id": "gateway", "client_secret": "wrong" });
    admin.update(&format!("/connections/{}", world.acme_sso), json!({ "options": options })).await;
    let page = try_it(&world, &visitor, &world.acme_sso, "acme", "alice").await;
    assert_eq!(steps(&page), ["Discovery Done", "Request Done", "Answer Failed"], "{}", page.text());
    assert!(page.text_of("#steps [role=alert]").unwrap().contains("invalid_client"), "{}", page.text());
    // Nobody listens on port 1.
    let ill = admin.federated("ill", "http://127.0.0.1:1", json!({})).await;
    let page = visitor.get(world.gateway.url(&format!("/dashboard/connections/{ill}"))).await;
    let leaving = visitor.submit(&page, &[("organization", "")]).await;
    let page = visitor.click(&leaving, "Go on").await;
    assert_eq!(steps(&page), ["Discovery Failed"], "{}", page.text());
    // A name that nobody has is said at the field.
    let page = visitor.get(world.gateway.url(&format!("/dashboard/connections/{ill}"))).await;
    let page = visitor.submit(&page, &[("organization", "nobody")]).await;
    assert_eq!(page.status, 400);
    assert!(page.text_of("#organization-error").is_some(), "{}", page.text());
}

#[tokio::test]
async fn a_trial_is_of_one_browser_and_of_one_time() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let visitor = signed_in(&world.gateway).await;
    let page = visitor.get(world.gateway.url(&format!("/dashboard/connections/{}", world.acme_sso))).await;
    let leaving = visitor.submit(&page, &[("organization", "acme")]).await;
    let link = leaving.link("Go on");
    let away = visitor.get(&link).await;
    let again = visitor.get(&link).await;
    assert_eq!(again.status, 400, "the link was used: {}", again.text());
    let callback = world.provider.sign_in(&visitor, away.location(), "alice").await;
    let other = Visitor::new().get(&callback).await;
    assert_ne!(other.status, 200, "another browser");
    assert_eq!(steps(&visitor.get(&callback).await).len(), 5);
    assert_ne!(visitor.get(&callback).await.status, 200, "an answer is taken once");
    // An answer meant for another connection's callback is none.
    let page = visitor.get(world.gateway.url(&format!("/dashboard/connections/{}", world.acme_sso))).await;
    let leaving = visitor.submit(&page, &[("organization", "acme")]).await;
    let away = visitor.click(&leaving, "Go on").await;
    let callback = world.provider.sign_in(&visitor, away.location(), "alice").await;
    let crossed = visitor.get(callback.as_str().replace("/acme-sso", "/globex-sso")).await;
    assert_ne!(crossed.status, 200, "{}", crossed.text());
}
