//! The dashboard says what a login's address leads to, and why.

use serde_json::json;

use crate::support::administrators::{again, colleague, set_up, signed_in};
use crate::support::application::Application;
use crate::support::gateway::{Gateway, Mode};
use crate::support::http::{Page, Visitor};

async fn start() -> Gateway {
    Gateway::start_with(Mode::SqliteEmbedded, "login.host_suffix = \"localhost\"").await
}

async fn explain(gateway: &Gateway, visitor: &Visitor, url: &str) -> Page {
    let page = visitor.get(gateway.url("/dashboard/explain")).await;
    assert_eq!(page.status, 200, "{}", page.text());
    visitor.submit(&page, &[("url", url)]).await
}

#[tokio::test]
async fn an_administrator_reads_what_the_command_says() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    let admin = &gateway.admin;
    let acme = admin.organization("acme").await;
    let sso = admin.federated("acme-sso", "https://idp.example", json!({})).await;
    admin.enable(&acme, &sso, false).await;
    let application = Application::register(&gateway, json!({})).await;
    let asked = application.begin(&[("organization", "acme")]).url;
    let page = explain(&gateway, &visitor, &asked).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let said = page.texts_of("#said li");
    let command = gateway.login.explain(&asked.parse().unwrap()).await.unwrap();
    let command: Vec<String> = command.iter().map(|line| line.to_string().replacen(": ", " ", 1)).collect();
    assert_eq!(said, command);
    for part in ["Organization Acme", "Rule the parameter organization names it", "Option Acme sso (acme-sso, oidc)"] {
        assert!(said.iter().any(|line| line.starts_with(part)), "not said: {part} in {said:?}");
    }
    let by_host =
        gateway.url_at("acme.localhost", &asked.replace(&gateway.origin, "").replace("&organization=acme", ""));
    let page = explain(&gateway, &visitor, &by_host).await;
    assert!(page.texts_of("#said li")[0].contains("the host acme.localhost belongs to it"), "{}", page.text());
}

#[tokio::test]
async fn a_wrong_address_is_said_at_the_field_and_kept() {
    let gateway = start().await;
    let visitor = signed_in(&gateway).await;
    for (typed, kept) in [
        ("", ""),
        ("acme", "acme"),
        ("/authorize?client_id=x", "/authorize?client_id=x"),
        ("http://localhost/nowhere", "http://localhost/nowhere"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("javascript:alert(1)\0", "javascript:alert(1)\u{fffd}"),
    ] {
        let page = explain(&gateway, &visitor, typed).await;
        assert_eq!(page.status, 400, "{typed}: {}", page.text());
        assert!(page.text_of("#url-error").is_some(), "{typed}: {}", page.text());
        assert_eq!(page.text_of("#url").unwrap_or_default(), kept);
        assert!(!page.text().contains("<script>"), "{typed}");
    }
    let unknown = explain(&gateway, &visitor, &gateway.url("/authorize?client_id=nobody")).await;
    assert_eq!(unknown.status, 200);
    assert!(unknown.texts_of("#said li")[0].contains("error page"), "{}", unknown.text());
}

#[tokio::test]
async fn who_may_only_look_may_ask_and_who_is_no_administrator_any_more_may_not() {
    let gateway = start().await;
    set_up(&gateway).await;
    let bob = colleague(&gateway, "bob@company.example", Some("Read-only administrator")).await;
    let visitor = again(&gateway, "bob@company.example").await;
    let application = Application::register(&gateway, json!({})).await;
    let asked = application.begin(&[]).url;
    let page = explain(&gateway, &visitor, &asked).await;
    assert!(page.texts_of("#said li").iter().any(|line| line.contains("is required")), "{}", page.text());
    let form = visitor.get(gateway.url("/dashboard/explain")).await;
    gateway.admin.update(&format!("/users/{}", bob.replace('|', "%7C")), json!({ "blocked": true })).await;
    let late = visitor.submit(&form, &[("url", &asked)]).await;
    assert!(late.location().path().starts_with("/dashboard/sign-in"), "{:?}", late.find_location());
}

#[tokio::test]
async fn questions_are_counted_as_all_forms_are() {
    let settings = "dashboard.forms_per_minute = 4";
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, settings).await;
    let visitor = signed_in(&gateway).await;
    let form = visitor.get(gateway.url("/dashboard/explain")).await;
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(visitor.submit(&form, &[("url", "https://login.example/authorize")]).await.status);
    }
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
}
