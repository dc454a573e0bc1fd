//! Guessing passwords: how many tries an attacker has, and who still gets in meanwhile.

use std::sync::Arc;

use reqwest::Method;
use serde_json::json;

use crate::support::application::Application;
use crate::support::gateway::{Gateway, Mode};
use crate::support::http::{Page, Visitor};

const EMAIL: &str = "ann@acme.example";
const PASSWORD: &str = "correct horse battery";
const PROXY: &str = "server.trusted_proxies = [\"127.0.0.0/8\"]";

struct House {
    gateway: Gateway,
    application: Application,
}

async fn house(settings: &str) -> House {
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, &format!("{PROXY}\n{settings}")).await;
    let acme = gateway.admin.organization("acme").await;
    let people = gateway.admin.database("people").await;
    gateway.admin.enable(&acme, &people, true).await;
    gateway.admin.person("people", EMAIL, PASSWORD).await;
    let application = Application::register(&gateway, json!({})).await;
    House { gateway, application }
}

impl House {
    async fn attempt(&self, network: &str, identifier: &str, password: &str) -> Page {
        self.attempt_by(&Visitor::new(), network, identifier, password).await
    }

    async fn attempt_by(&self, visitor: &Visitor, network: &str, identifier: &str, password: &str) -> Page {
        let begun = self.application.begin(&[("organization", "acme")]);
        let action = begun.url.replace("/authorize?", "/login/password?");
        let request = visitor.request(Method::POST, &action);
        let request = request.header("origin", &self.gateway.origin).header("x-forwarded-for", network);
        visitor.send(request.form(&[("username", identifier), ("password", password)])).await
    }
}

#[tokio::test]
async fn guesses_from_many_networks_are_few_and_the_owner_still_gets_in() {
    let house = house("login.password_failures = 5\nlogin.password_wait_seconds = 600").await;
    assert_eq!(house.attempt("192.0.2.1", EMAIL, PASSWORD).await.status, 303, "the owner's own network");
    let mut tried = 0;
    for number in 0..40 {
        let network = format!("203.0.113.{number}");
        // However the account is written, it is one account.
        let identifier = [EMAIL, "ANN@acme.example", " ann@ACME.example "][number % 3];
        let page = house.attempt(&network, identifier, "guess").await;
        assert!([400, 429].contains(&page.status), "{}", page.text());
        tried += usize::from(page.status == 400);
    }
    assert_eq!(tried, 5);
    assert_eq!(house.attempt("203.0.113.99", EMAIL, PASSWORD).await.status, 429, "not even the right one");
    assert_eq!(house.attempt("192.0.2.1", EMAIL, PASSWORD).await.status, 303, "the owner at home");
}

#[tokio::test]
async fn whoever_guesses_at_a_whole_organization_slows_strangers_and_not_its_people_at_home() {
    let house = house("login.password_failures = 100\nlogin.organization_failures = 6").await;
    assert_eq!(house.attempt("192.0.2.1", EMAIL, PASSWORD).await.status, 303);
    for number in 0..6 {
        let page = house.attempt(&format!("203.0.113.{number}"), &format!("guess{number}@acme.example"), "x").await;
        assert_eq!(page.status, 400, "{}", page.text());
    }
    let page = house.attempt("203.0.113.77", "guess7@acme.example", "x").await;
    assert_eq!(page.status, 429);
    let seconds: u64 = page.header("retry-after").unwrap().parse().unwrap();
    assert!(seconds <= 60, "{seconds}");
    assert_eq!(house.attempt("192.0.2.1", EMAIL, PASSWORD).await.status, 303);
}

#[tokio::test]
async fn a_made_up_forwarded_address_is_one_network_with_its_neighbours() {
    let house = house("login.password_failures = 3\nlogin.password_wait_seconds = 600").await;
    for number in 0..3 {
        let forged = format!("198.51.100.{number}, 2001:db8:1:2::{number}");
        assert_eq!(house.attempt(&forged, &format!("guess{number}"), "x").await.status, 400);
    }
    let page = house.attempt("garbage, 2001:db8:1:2:ffff::1", "guess9", "x").await;
    assert_eq!(page.status, 429, "{}", page.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_passwords_is_turned_away_and_pages_are_still_served() {
    let settings = "login.password_failures = 100000\nlogin.organization_failures = 100000\n\
                    login.max_password_checks = 1\nlogin.max_waiting_password_checks = 4";
    let house = Arc::new(house(settings).await);
    let mut tries = tokio::task::JoinSet::new();
    let (attacker, bystander) = (Arc::new(Visitor::new()), Visitor::new());
    for number in 0..500 {
        let (house, attacker) = (house.clone(), attacker.clone());
        let guess = format!("guess{number}");
        tries.spawn(async move { house.attempt_by(&attacker, "203.0.113.1", &guess, "x").await });
    }
    let page = bystander.get(&house.application.begin(&[("organization", "acme")]).url).await;
    assert_eq!(page.status, 200, "others are served meanwhile");
    let (mut wrong, mut busy) = (0, 0);
    while let Some(page) = tries.join_next().await {
        let page = page.unwrap();
        match page.status {
            400 => wrong += 1,
            503 => {
                assert!(page.header("retry-after").is_some());
                assert!(page.text_of("#password-error").unwrap().contains("Try again in a moment"));
                busy += 1;
            }
            other => panic!("{other}: {}", page.text()),
        }
    }
    assert!(wrong > 0 && busy > 0 && wrong + busy == 500, "{wrong} wrong, {busy} busy");
    assert_eq!(house.attempt("203.0.113.1", EMAIL, PASSWORD).await.status, 303, "and afterwards all is well");
}

#[tokio::test]
async fn whoever_sends_forms_without_end_is_told_to_wait_and_keeps_nobody_waiting() {
    let house = house("login.forms_per_minute = 3").await;
    for _ in 0..3 {
        assert_eq!(house.attempt("203.0.113.1", "nobody@acme.example", "guess").await.status, 400);
    }
    let page = house.attempt("203.0.113.1", EMAIL, PASSWORD).await;
    assert_eq!(page.status, 429, "{}", page.text());
    assert!(page.header("retry-after").is_some());
    assert_eq!(house.attempt("203.0.113.2", EMAIL, PASSWORD).await.status, 303, "another network");
}
