//! Tickets that an administrator makes: links that change a password or verify an address.

use serde_json::{Value, json};

use crate::matrix;
use crate::support::gateway::{Gateway, Mode, text};
use crate::support::http::Visitor;

const EMAIL: &str = "ann@people.example";
const PASSWORD: &str = "correct horse battery";

matrix! {
    an_administrators_link_changes_the_password_and_leads_where_it_should,
}

async fn house(mode: Mode) -> (Gateway, String, String) {
    let gateway = Gateway::start(mode).await;
    let people = gateway.admin.database("people").await;
    let ann = json!({ "connection": "people", "email": EMAIL, "password": PASSWORD });
    let ann = text(&gateway.admin.create("/users", ann).await, "user_id");
    (gateway, people, ann)
}

async fn is_verified(gateway: &Gateway, user: &str) -> Value {
    gateway.admin.get(&format!("/users/{}", user.replace('|', "%7C"))).await["email_verified"].clone()
}

async fn an_administrators_link_changes_the_password_and_leads_where_it_should(mode: Mode) {
    let (gateway, people, ann) = house(mode).await;
    let body = json!({ "connection_id": people, "email": "Ann@People.example", "result_url": "https://app.example/done?x=1",
        "includeEmailInRedirect": true, "ttl_sec": 60 });
    let link = text(&gateway.admin.create("/tickets/password-change", body).await, "ticket");
    assert!(link.contains("/login/reset/password?ticket="), "{link}");
    let visitor = Visitor::new();
    let page = visitor.get(&link).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let done = visitor.submit(&page, &[("password", "violet kettle orbit")]).await;
    assert_eq!(done.status, 303, "{}", done.text());
    assert_eq!(done.location().as_str(), "https://app.example/done?x=1&success=true&email=ann%40people.example");
    assert_eq!(is_verified(&gateway, &ann).await, false, "the mail was not ours");
    assert_eq!(visitor.get(&link).await.status, 403);

    let body = json!({ "user_id": ann, "mark_email_as_verified": true });
    let link = text(&gateway.admin.create("/tickets/password-change", body).await, "ticket");
    let page = visitor.get(&link).await;
    let done = visitor.submit(&page, &[("password", "another violet kettle")]).await;
    assert_eq!(done.status, 200, "{}", done.text());
    assert_eq!(is_verified(&gateway, &ann).await, true);
}

#[tokio::test]
async fn an_address_is_verified_by_a_button() {
    let (gateway, _, ann) = house(Mode::SqliteEmbedded).await;
    let body = json!({ "user_id": ann, "result_url": "https://app.example/verified" });
    let link = text(&gateway.admin.create("/tickets/email-verification", body).await, "ticket");
    let visitor = Visitor::new();
    let page = visitor.get(&link).await;
    assert!(page.text().contains(EMAIL), "{}", page.text());
    assert_eq!(is_verified(&gateway, &ann).await, false);
    let done = visitor.submit(&page, &[]).await;
    assert_eq!(done.location().as_str(), "https://app.example/verified?success=true");
    assert_eq!(is_verified(&gateway, &ann).await, true);
}

#[tokio::test]
async fn a_ticket_that_makes_no_sense_is_refused() {
    let (gateway, people, ann) = house(Mode::SqliteEmbedded).await;
    let acme = gateway.admin.organization("acme").await;
    gateway.admin.federated("sso", "https://idp.example", json!({})).await;
    let sso = json!({ "connection": "sso", "user_id": "1", "email": "x@sso.example" });
    let sso = text(&gateway.admin.create("/users", sso).await, "user_id");
    let cases = [
        (json!({}), 400),
        (json!({ "user_id": ann, "email": EMAIL, "connection_id": people }), 400),
        (json!({ "email": EMAIL }), 400),
        (json!({ "user_id": "auth0|nobody" }), 404),
        (json!({ "connection_id": people, "email": "nobody@people.example" }), 404),
        (json!({ "user_id": sso }), 400),
        (json!({ "user_id": ann, "result_url": "javascript:alert(1)" }), 400),
        (json!({ "user_id": ann, "result_url": "https://app.example", "organization_id": acme }), 400),
        (json!({ "user_id": ann, "organization_id": "org_0000000000000000" }), 404),
        (json!({ "user_id": ann, "ttl_sec": -1 }), 400),
    ];
    for (body, status) in cases {
        let page = gateway.admin.call("POST", "/tickets/password-change", Some(body.clone())).await;
        assert_eq!(page.status, status, "{body}: {}", page.text());
    }
    let page = gateway.admin.with_scopes(&["update:users"]).await;
    let page = page.call("POST", "/tickets/password-change", Some(json!({ "user_id": ann }))).await;
    assert_eq!(page.status, 403);
    let ticket =
        gateway.admin.create("/tickets/password-change", json!({ "user_id": ann, "organization_id": acme })).await;
    let page = Visitor::new().get(text(&ticket, "ticket")).await;
    assert_eq!(page.status, 200, "{}", page.text());
}

#[tokio::test]
async fn an_administrator_has_an_address_verified_by_mail() {
    let (gateway, _, ann) = house(Mode::SqliteEmbedded).await;
    let caller = gateway.admin.with_scopes(&["update:users", "create:users"]).await;
    let job = caller.create("/jobs/verification-email", json!({ "user_id": ann })).await;
    assert_eq!((&job["type"], &job["status"]), (&json!("verification_email"), &json!("pending")));
    assert!(job["id"].is_string() && job["created_at"].is_string(), "{job}");
    let body =
        json!({ "connection": "people", "email": "bob@people.example", "password": PASSWORD, "verify_email": true });
    let bob = text(&caller.create("/users", body).await, "user_id");
    for (email, user) in [(EMAIL, &ann), ("bob@people.example", &bob)] {
        assert_eq!(is_verified(&gateway, user).await, false);
        let visitor = Visitor::new();
        let page = visitor.get(gateway.mail_to(email).await.link()).await;
        assert_eq!(visitor.submit(&page, &[]).await.status, 200);
        assert_eq!(is_verified(&gateway, user).await, true);
    }
    let path = format!("/users/{}", bob.replace('|', "%7C"));
    caller.update(&path, json!({ "email": "bob@home.example", "verify_email": true })).await;
    gateway.mail_to("bob@home.example").await;

    gateway.admin.federated("sso", "https://idp.example", json!({})).await;
    let carl = json!({ "connection": "sso", "user_id": "1", "email": "carl@sso.example" });
    let carl = text(&gateway.admin.create("/users", carl).await, "user_id");
    for (user, status) in [(carl.as_str(), 400), ("auth0|nobody", 404)] {
        let page = caller.call("POST", "/jobs/verification-email", Some(json!({ "user_id": user }))).await;
        assert_eq!(page.status, status, "{}", page.text());
    }
    assert!(gateway.find_mail_to("carl@sso.example").is_none());
}
