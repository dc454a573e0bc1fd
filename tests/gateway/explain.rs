//! `vestibule explain`: which organization a request gets, by which rule, and which options it sees.

use serde_json::json;

use crate::support::application::Application;
use crate::support::gateway::{Gateway, Mode};

struct House {
    gateway: Gateway,
    application: Application,
}

async fn house(application: serde_json::Value) -> House {
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, "login.host_suffix = \"localhost\"").await;
    let admin = &gateway.admin;
    let acme = admin.organization("acme").await;
    let sso = admin.federated("acme-sso", "https://idp.example", json!({})).await;
    let hidden = admin.federated("acme-hidden", "https://idp.example", json!({})).await;
    let people = admin.database("people").await;
    admin.enable(&acme, &sso, false).await;
    admin.enable(&acme, &people, false).await;
    let body = json!({ "connection_id": hidden, "show_as_button": false });
    admin.create(&format!("/organizations/{acme}/enabled_connections"), body).await;
    let application = Application::register(&gateway, application).await;
    House { gateway, application }
}

impl House {
    async fn explain(&self, url: &str) -> String {
        match self.gateway.login.explain(&url.parse().unwrap()).await {
            Ok(lines) => lines.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
            Err(sentence) => format!("error: {sentence}"),
        }
    }

    fn path(&self, more: &[(&str, &str)]) -> String {
        self.application.begin(more).url.strip_prefix(&self.gateway.origin).unwrap().to_owned()
    }
}

fn assert_says(text: &str, expected: &[&str]) {
    for part in expected {
        assert!(text.contains(part), "not said: {part}\n{text}");
    }
}

#[tokio::test]
async fn it_names_the_organization_the_rule_and_every_option_even_hidden_ones() {
    let house = house(json!({})).await;
    let options = [
        "Acme sso (acme-sso, oidc): enabled; drawn as a button",
        "Acme hidden (acme-hidden, oidc): enabled, but show_as_button is false",
        "people (people, auth0): enabled; addresses that lead to no other connection lead to its form",
    ];
    let text = house.explain(&house.gateway.url(&house.path(&[("organization", "acme")]))).await;
    assert_says(&text, &["Organization: Acme", "Rule: the parameter organization names it"]);
    assert_says(&text, &options);
    let text = house.explain(&house.gateway.url_at("acme.localhost", &house.path(&[]))).await;
    assert_says(&text, &["the host acme.localhost belongs to it", "Organization: Acme"]);
    assert_says(&text, &options);
    let text = house.explain(&house.gateway.url(&format!("/o/acme{}", house.path(&[])))).await;
    assert_says(&text, &["the path /o/acme names it", "Organization: Acme"]);
    let more = [("organization", "acme"), ("connection", "acme-hidden")];
    let text = house.explain(&house.gateway.url(&house.path(&more))).await;
    assert_says(&text, &["the request goes straight to it"]);
}

#[tokio::test]
async fn it_says_when_the_person_is_asked_or_needs_no_organization() {
    let asking = house(json!({ "organization_require_behavior": "pre_login_prompt" })).await;
    let text = asking.explain(&asking.gateway.url(&asking.path(&[]))).await;
    assert_says(&text, &["Organization: the person is asked", "pre_login_prompt"]);
    let without = house(json!({ "organization_usage": "deny" })).await;
    let text = without.explain(&without.gateway.url(&without.path(&[]))).await;
    assert_says(&text, &["Organization: none", "organization_usage is deny", "Options: none"]);
}

#[tokio::test]
async fn it_tells_where_addresses_lead_and_who_chooses_afterwards() {
    let asking = house(json!({ "organization_require_behavior": "pre_login_prompt" })).await;
    let organization = asking.gateway.admin.get("/organizations/name/acme").await["id"].as_str().unwrap().to_owned();
    let domain = json!({ "domain": "acme.example", "status": "verified" });
    asking.gateway.admin.create(&format!("/organizations/{organization}/discovery-domains"), domain).await;
    let text = asking.explain(&asking.gateway.url(&asking.path(&[("login_hint", "ada@acme.example")]))).await;
    assert_says(&text, &["takes a name or an e-mail address", "login_hint belongs to acme alone"]);
    let text = asking.explain(&asking.gateway.url(&asking.path(&[("login_hint", "ada@home.example")]))).await;
    assert_says(&text, &["No organization has the domain of login_hint"]);
    let text = asking.explain(&asking.gateway.url(&asking.path(&[("organization", "acme")]))).await;
    assert_says(&text, &["The page asks for the address first"]);
    let choosing = house(json!({ "organization_require_behavior": "post_login_prompt" })).await;
    let text = choosing.explain(&choosing.gateway.url(&choosing.path(&[]))).await;
    assert_says(&text, &["chosen after signing in", "post_login_prompt"]);
}

#[tokio::test]
async fn it_says_what_is_wrong_with_a_request() {
    let house = house(json!({})).await;
    let at = |path: &str| house.gateway.url(path);
    for (url, expected) in [
        (at(&house.path(&[])), "invalid_request: parameter organization is required"),
        (at(&house.path(&[("organization", "nobody")])), "invalid_request: parameter organization is invalid"),
        (at(&house.path(&[("client_id", "nobody")])), "an error page: parameter client_id names no application"),
        (at(&house.path(&[("redirect_uri", "https://evil.test/")])), "an error page: "),
        (
            house.gateway.url_at("acme.localhost", &house.path(&[("organization", "globex")])),
            "Its address belongs to one organization",
        ),
        (at(&format!("/o/ACME{}", house.path(&[]))), "no organization's name"),
        (at("/oauth/token"), "error: /oauth/token is not the address of a login"),
        (house.gateway.url_at("acme.localhost", "/"), "login.default_client_id is not set"),
        (
            house.gateway.url_at("acme.localhost.evil.test", &house.path(&[])),
            "acme.localhost.evil.test is not registered",
        ),
    ] {
        assert_says(&house.explain(&url).await, &[expected]);
    }
}

#[tokio::test]
async fn it_says_that_an_option_asked_for_is_not_enabled() {
    let house = house(json!({})).await;
    let more = [("organization", "acme"), ("connection", "globex-sso")];
    let text = house.explain(&house.gateway.url(&house.path(&more))).await;
    assert_says(&text, &["globex-sso is not enabled", "access_denied"]);
}
