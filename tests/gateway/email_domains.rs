//! E-mail domains on an organization's page: an address leads to the way in, and tells nobody which exist.

use serde_json::json;

use crate::matrix;
use crate::support::application::{Application, CALLBACK};
use crate::support::email_house::{PASSWORD, house, parameter, usual_house};
use crate::support::gateway::Mode;
use crate::support::http::Visitor;
use crate::support::world::World;

matrix! {
    an_address_leads_to_the_hidden_connection_of_its_domain,
}

async fn an_address_leads_to_the_hidden_connection_of_its_domain(mode: Mode) {
    let house = house(mode, "", json!({})).await;
    let visitor = Visitor::new();
    let page = house.page(&visitor, &[]).await;
    assert!(page.option_titles().is_empty(), "the directory is hidden");
    assert!(!page.text().contains("acme-sso") && !page.forms()[0].has("password"));
    let page = visitor.submit(&page, &[("username", " Ada@CORP.example ")]).await;
    assert_eq!(page.status, 303);
    let location = page.location();
    assert_eq!(parameter(&location, "connection").as_deref(), Some("acme-sso"));
    assert_eq!(parameter(&location, "login_hint").as_deref(), Some("Ada@CORP.example"));
    // Whoever has another address gets the form for a password, with it.
    let page = house.page(&visitor, &[]).await;
    let page = visitor.submit(&page, &[("username", "ann@home.example")]).await;
    let begun_at = page.location();
    let page = visitor.get(&begun_at).await;
    let form = page.forms().into_iter().find(|form| form.has("password")).expect("a form for a password");
    assert!(form.values.contains(&("username".to_owned(), "ann@home.example".to_owned())));
    let page = visitor.submit(&page, &[("username", "ann@home.example"), ("password", PASSWORD)]).await;
    assert!(page.location().as_str().starts_with(CALLBACK), "{}", page.text());
}

/// Security T10: each of these could be read as `corp.example` by another reader.
#[tokio::test]
async fn a_disguised_domain_never_leads_to_the_connection() {
    let house = usual_house().await;
    let domains = [
        "evil.example@corp.example",
        "corp.example@evil.example",
        "corp.example.",
        "corp.example.evil.example",
        "xcorp.example",
        "eu.corp.example",
        "example",
        "corp%2eexample",
        "corp.example:25",
        "corp。example",
        "ｃorp.example",
        "co\u{ad}rp.example",
        "cоrp.example",
        "corp.example\u{0}",
        "corp .example",
        "corp.example/",
        "[corp.example]",
        "corp.example,evil.example",
    ];
    for domain in domains {
        let led = house.led_to(&format!("ada@{domain}")).await;
        assert_eq!(led.as_deref(), Some("people"), "{domain:?}");
    }
    for local in ["\"ada\"", "ada(x)", "<ada", "a b", "ada,bob"] {
        assert_eq!(house.led_to(&format!("{local}@corp.example")).await.as_deref(), Some("people"), "{local}");
    }
    assert_eq!(house.led_to("ada").await.as_deref(), Some("people"), "a user name");
    for address in ["ada@corp.example", "a.d+a@CORP.EXAMPLE"] {
        assert_eq!(house.led_to(address).await.as_deref(), Some("acme-sso"), "{address}");
    }
}

#[tokio::test]
async fn a_connection_that_is_not_enabled_here_is_not_led_to() {
    let house = usual_house().await;
    let visitor = Visitor::new();
    let begun = house.application.begin(&[("organization", "globex"), ("screen_hint", "login-id")]);
    let page = visitor.get(&begun.url).await;
    let page = visitor.submit(&page, &[("username", "ada@corp.example")]).await;
    assert_eq!(page.redirect_parameter("connection").as_deref(), Some("people"));
    let forged = house.application.begin(&[
        ("organization", "globex"),
        ("connection", "acme-sso"),
        ("login_hint", "a@corp.example"),
    ]);
    assert_eq!(house.application.error(&forged, &visitor.get(&forged.url).await).0, "access_denied");
}

#[tokio::test]
async fn the_page_asks_for_the_address_first_where_the_tenant_or_the_request_says_so() {
    let house = usual_house().await;
    let (visitor, admin) = (Visitor::new(), &house.gateway.admin);
    let asks = async |more: &[(&str, &str)]| {
        let mut all = vec![("organization", "globex")];
        all.extend(more);
        let page = visitor.get(house.application.begin(&all).url).await;
        !page.forms()[0].has("password")
    };
    assert!(!asks(&[]).await);
    assert!(asks(&[("screen_hint", "login-id")]).await);
    admin.update("/prompts", json!({ "identifier_first": true })).await;
    assert!(asks(&[]).await);
    assert!(!asks(&[("connection", "people")]).await, "the connection is known already");
    let page = house.page(&visitor, &[("login_hint", "ada@corp.example")]).await;
    assert!(page.forms()[0].values.contains(&("username".to_owned(), "ada@corp.example".to_owned())));
}

#[tokio::test]
async fn an_empty_address_is_asked_for_again_and_one_for_nobody_is_said_so() {
    let house = usual_house().await;
    let admin = &house.gateway.admin;
    let third = admin.organization("third").await;
    let directory =
        admin.federated("third-sso", "http://127.0.0.1:1", json!({ "domain_aliases": ["third.example"] })).await;
    let hidden = json!({ "connection_id": directory, "show_as_button": false });
    admin.create(&format!("/organizations/{third}/enabled_connections"), hidden).await;
    let visitor = Visitor::new();
    let page = visitor.get(house.application.begin(&[("organization", "third")]).url).await;
    for (typed, says) in
        [("  ", "Enter your email"), ("x@y.example", "could not find a way"), ("ada", "could not find")]
    {
        let again = visitor.submit(&page, &[("username", typed)]).await;
        assert_eq!(again.status, 400);
        assert!(again.text_of("#identifier-error").unwrap().contains(says), "{typed}: {}", again.text());
    }
    let led = visitor.submit(&page, &[("username", "x@third.example")]).await;
    assert_eq!(led.redirect_parameter("connection").as_deref(), Some("third-sso"));
}

#[tokio::test]
async fn addresses_are_taken_from_our_own_page_only_and_not_without_end() {
    let house = house(Mode::SqliteEmbedded, "login.identifier_tries_per_minute = 2", json!({})).await;
    let visitor = Visitor::new();
    let page = house.page(&visitor, &[]).await;
    let action = &page.forms()[0].action;
    let forged =
        visitor.post_form_from("https://evil.example", "cross-site", action, &[("username", "a@b.example")]).await;
    assert_eq!(forged.status, 403);
    for expected in [303, 303, 429] {
        assert_eq!(visitor.submit(&page, &[("username", "a@corp.example")]).await.status, expected);
    }
}

#[tokio::test]
async fn who_chooses_afterwards_comes_by_the_directory_of_any_organization() {
    let world = World::start(Mode::SqliteEmbedded).await;
    let admin = &world.gateway.admin;
    let options = json!({
        "issuer": world.provider.issuer, "client_id": "gateway", "client_secret": "secret",
        "domain_aliases": ["people.example"],
    });
    admin.update(&format!("/connections/{}", world.acme_sso), json!({ "options": options })).await;
    let settings = json!({ "organization_require_behavior": "post_login_prompt" });
    let application = Application::register(&world.gateway, settings).await;
    let visitor = Visitor::new();
    let begun = application.begin(&[("screen_hint", "login-id")]);
    let page = visitor.get(&begun.url).await;
    assert!(!page.text().contains("acme"), "the page tells no organization's connections: {}", page.text());
    let page = visitor.submit(&page, &[("username", "alice@people.example")]).await;
    let trip = visitor.get(page.location()).await;
    let callback = world.provider.sign_in(&visitor, trip.location(), "alice").await;
    let page = visitor.get(callback).await;
    assert_eq!(application.id_claims(&begun, &page).await["org_id"], world.acme.as_str());
    // The link alone, or with another address, is no permission.
    for more in [&[("connection", "acme-sso")][..], &[("connection", "globex-sso"), ("login_hint", "a@people.example")]]
    {
        let begun = application.begin(more);
        assert_eq!(application.error(&begun, &Visitor::new().get(&begun.url).await).0, "access_denied");
    }
    let plain = Application::register(&world.gateway, json!({ "organization_usage": "deny" })).await;
    let begun = plain.begin(&[("connection", "acme-sso"), ("login_hint", "alice@people.example")]);
    assert_eq!(plain.error(&begun, &Visitor::new().get(&begun.url).await).0, "access_denied");
}

#[tokio::test]
async fn the_domains_of_connections_are_known_however_old_and_however_written() {
    let house = usual_house().await;
    for table in ["connection_domains", "chores"] {
        let forget = sqlx::AssertSqlSafe(format!("DELETE FROM {table}"));
        sqlx::query(forget).execute(&mut house.gateway.database().await).await.unwrap();
    }
    let gateway = house.gateway.restart_with("").await;
    let settings = json!({ "organization_require_behavior": "post_login_prompt" });
    let application = Application::register(&gateway, settings).await;
    let led_to = async |typed: &str| {
        let visitor = Visitor::new();
        let page = visitor.get(application.begin(&[("screen_hint", "login-id")]).url).await;
        let page = visitor.submit(&page, &[("username", typed)]).await;
        page.find_location().and_then(|url| parameter(&url, "connection"))
    };
    assert_eq!(led_to("ann@corp.example").await.as_deref(), Some("acme-sso"), "from before there was the table");
    assert_eq!(led_to("ann@orp.example").await, None);

    let connections = gateway.admin.get("/connections?name=acme-sso").await;
    let mut options = connections[0]["options"].clone();
    options["domain_aliases"] = json!(["B\u{fc}cher.example"]);
    let path = format!("/connections/{}", connections[0]["id"].as_str().unwrap());
    gateway.admin.update(&path, json!({ "options": options })).await;
    assert_eq!(led_to("ann@xn--bcher-kva.example").await.as_deref(), Some("acme-sso"));
    let left: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM connection_domains WHERE domain = 'corp.example'")
        .fetch_one(&mut gateway.database().await)
        .await
        .unwrap();
    assert_eq!(left, 0, "a domain that was taken away leads nowhere");
}
