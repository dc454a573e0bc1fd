//! The demo: everything at once, as a stranger tries it.

use std::net::TcpListener;

use serde_json::Value;

use crate::support::command::run;
use crate::support::demo::Demo;
use crate::support::gateway::{Administrator, text};
use crate::support::http::{Page, Visitor};

/// Signs in as the tour says, from the organization's own address to the application.
async fn sign_in(demo: &Demo, sign_in: &Value) -> Page {
    let visitor = Visitor::new();
    let page = visitor.get(demo.login_url(&text(sign_in, "organization"))).await;
    let page = visitor.follow(page, "never").await;
    let option = format!("Continue with {}", text(sign_in, "connection"));
    let page = match page.option_titles().contains(&option) {
        true => visitor.follow(visitor.click(&page, &option).await, "never").await,
        false => page,
    };
    let is_at_provider = page.url.as_str().starts_with(&demo.identity_provider);
    assert_eq!(is_at_provider, text(sign_in, "connection") != "password form", "{}", page.url);
    let (username, password) = (text(sign_in, "username"), text(sign_in, "password"));
    let page = visitor.submit(&page, &[("username", &username), ("password", &password)]).await;
    let page = visitor.follow(page, "never").await;
    assert!(page.url.as_str().starts_with(&demo.application), "{}: {}", page.url, page.text());
    page
}

#[tokio::test]
async fn every_sign_in_of_the_tour_does_what_it_says() {
    let demo = Demo::start();
    for it in demo.tour["sign_ins"].as_array().unwrap() {
        let page = sign_in(&demo, it).await;
        if text(it, "outcome").starts_with("is refused") {
            assert_eq!(page.status, 403, "{it}");
            let error = page.text_of("#error").unwrap();
            assert!(error.contains("access_denied") && error.contains("is not part of"), "{error}");
        } else {
            assert_eq!(page.status, 200, "{it}: {}", page.text());
            assert_eq!(page.text_of("#organization"), Some(text(it, "organization")), "{it}");
        }
    }
    demo.running.signal("INT");
    let said = demo.running.end();
    assert_eq!(said.status.code(), Some(0), "{said:?}");
    assert_eq!(said.errors, "", "a quiet demo");
}

#[tokio::test]
async fn the_administrator_of_the_tour_gets_into_the_dashboard() {
    let demo = Demo::start();
    let dashboard = &demo.tour["dashboard"];
    let visitor = Visitor::new();
    let page = visitor.get(text(dashboard, "url")).await;
    let page = visitor.follow(page, "never").await;
    let (username, password) = (text(dashboard, "username"), text(dashboard, "password"));
    let page = visitor.submit(&page, &[("username", &username), ("password", &password)]).await;
    let page = visitor.follow(page, "never").await;
    let page = visitor.click(&page, "Organizations").await;
    assert_eq!(page.texts_of("#organizations .row-title"), ["Acme Corporation", "Globex"], "{}", page.text());
}

#[tokio::test]
async fn the_tour_has_the_documented_shape_and_its_token_works() {
    let demo = Demo::start();
    let tour = &demo.tour;
    for member in ["gateway", "application", "identity_provider"] {
        assert!(text(tour, member).starts_with("http://"), "{tour}");
    }
    let admin = Administrator::at(&demo.gateway, &text(tour, "management_token"), Visitor::new());
    for organization in tour["organizations"].as_array().unwrap() {
        let id = text(organization, "id");
        assert_eq!(admin.get(&format!("/organizations/{id}")).await["name"], organization["name"]);
        assert!(text(organization, "login_url").contains(".localhost:"));
    }
    for organization in ["acme", "globex"] {
        let sign_ins = tour["sign_ins"].as_array().unwrap();
        let sign_in = sign_ins.iter().find(|sign_in| sign_in["organization"] == organization).unwrap();
        assert!(["connection", "username", "password"].iter().all(|member| !text(sign_in, member).is_empty()));
    }
}

#[test]
fn a_taken_port_is_a_sentence_that_names_it_and_the_flag() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for flag in ["--port", "--application-port", "--identity-provider-port"] {
        let others = ["--port", "--application-port", "--identity-provider-port"];
        let others = others.iter().filter(|other| **other != flag).flat_map(|other| [*other, "0"]);
        let arguments: Vec<&str> = ["demo", flag, &port].into_iter().chain(others).collect();
        let said = run(&arguments);
        assert_eq!(said.status.code(), Some(1), "{said:?}");
        assert!(said.errors.contains(&port) && said.errors.contains(&format!("with {flag} ")), "{}", said.errors);
    }
}
