//! The demo: everything at once, as a stranger tries it.

use std::net::TcpListener;

use serde_json::Value;

use crate::support::command::{Running, run};
use crate::support::gateway::{Administrator, text};
use crate::support::http::{Page, Visitor};

fn demo() -> (Running, Value) {
    let ports = ["--port", "0", "--application-port", "0", "--identity-provider-port", "0"];
    let running = Running::start(&[&["demo", "--json"], &ports[..]].concat());
    let tour = serde_json::from_str(&running.output.wait_for("sign_ins")).unwrap();
    (running, tour)
}

/// Signs in as the tour says, from the organization's own address to the application.
async fn sign_in(tour: &Value, sign_in: &Value) -> Page {
    let visitor = Visitor::new();
    let (application, provider) = (text(tour, "application"), text(tour, "identity_provider"));
    let organization =
        tour["organizations"].as_array().unwrap().iter().find(|it| it["name"] == sign_in["organization"]);
    let page = visitor.get(text(organization.unwrap(), "login_url")).await;
    let page = visitor.follow(page, "never").await;
    let option = format!("Continue with {}", text(sign_in, "connection"));
    let page = match page.option_titles().contains(&option) {
        true => visitor.follow(visitor.click(&page, &option).await, "never").await,
        false => page,
    };
    let is_at_provider = page.url.as_str().starts_with(&provider);
    assert_eq!(is_at_provider, text(sign_in, "connection") != "password form", "{}", page.url);
    let (username, password) = (text(sign_in, "username"), text(sign_in, "password"));
    let page = visitor.submit(&page, &[("username", &username), ("password", &password)]).await;
    let page = visitor.follow(page, "never").await;
    assert!(page.url.as_str().starts_with(&application), "{}: {}", page.url, page.text());
    page
}

#[tokio::test]
async fn every_sign_in_of_the_tour_does_what_it_says() {
    let (running, tour) = demo();
    for it in tour["sign_ins"].as_array().unwrap() {
        let page = sign_in(&tour, it).await;
        if text(it, "outcome").starts_with("is refused") {
            assert_eq!(page.status, 403, "{it}");
            let error = page.text_of("#error").unwrap();
            assert!(error.contains("access_denied") && error.contains("is not part of"), "{error}");
        } else {
            assert_eq!(page.status, 200, "{it}: {}", page.text());
            assert_eq!(page.text_of("#organization"), Some(text(it, "organization")), "{it}");
        }
    }
    running.signal("INT");
    let said = running.end();
    assert_eq!(said.status.code(), Some(0), "{said:?}");
    assert_eq!(said.errors, "", "a quiet demo");
}

#[tokio::test]
async fn the_tour_has_the_documented_shape_and_its_token_works() {
    let (_running, tour) = demo();
    for member in ["gateway", "application", "identity_provider"] {
        assert!(text(&tour, member).starts_with("http://"), "{tour}");
    }
    let admin = Administrator::at(&text(&tour, "gateway"), &text(&tour, "management_token"), Visitor::new());
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
