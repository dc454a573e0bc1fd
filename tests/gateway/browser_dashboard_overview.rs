//! Overview, logs and explanation in Chromium: somebody signs in, and an administrator finds out.

use serde_json::json;

use crate::support::administrators::{PASSWORD, set_up, sign_in_by};
use crate::support::appearance::check_page;
use crate::support::application::{Application, CALLBACK};
use crate::support::browser::Browser;
use crate::support::gateway::{Gateway, Mode};

async fn a_login_is_found_out_about(browser: Browser) {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    set_up(&gateway).await;
    let admin = &gateway.admin;
    let (acme, people) = (admin.organization("acme").await, admin.database("people").await);
    admin.enable(&acme, &people, true).await;
    admin.person("people", "ann@acme.example", PASSWORD).await;
    let application = Application::register(&gateway, json!({})).await;
    let begun = application.begin(&[("organization", "acme")]);
    browser.open(&begun.url).await;
    browser.fill("username", "ann@acme.example").await;
    browser.fill("password", PASSWORD).await;
    browser.submit().await;
    // Nobody answers there.
    browser.wait_for_url(CALLBACK).await;

    sign_in_by(&browser, &gateway).await;
    browser.find("#days").await;
    // Ann at Acme, and the administrator.
    browser.wait_for_text("2 logins and 0 refused in 30 days.").await;
    browser.fill("organization", "acme").await;
    browser.click_text("Show").await;
    browser.wait_for_text("1 login and 0 refused in 30 days.").await;

    browser.click_text("Logs").await;
    browser.click_text("Narrow the list").await;
    browser.fill("user", "ann@acme.example").await;
    browser.click("#type option[value=s]").await;
    browser.click_text("Show").await;
    browser.wait_for_url(&gateway.url("/dashboard/logs?type=s")).await;
    let said = browser.texts_of("#events .row-title").await;
    let said: Vec<String> = said.iter().map(|line| line.replace(['\u{2068}', '\u{2069}'], "")).collect();
    assert_eq!(said, ["ann@acme.example signed in at acme through people for Example App."]);
    browser.click("#events a").await;
    browser.wait_for_text("127.0.0.1").await;

    browser.click_text("Explain").await;
    browser.fill("url", &begun.url).await;
    browser.click("#explain-form button").await;
    browser.wait_for_text("the parameter organization names it").await;
    let said = browser.texts_of("#said li").await.join("\n");
    assert!(said.contains("Acme") && said.contains("drawn as the form") || said.contains("lead to its form"), "{said}");

    browser.click_text("Overview").await;
    browser.click_text("Purge the cache").await;
    browser.click("#confirmation-form button").await;
    browser.wait_for_text("The cache is empty.").await;
}

#[tokio::test]
async fn chromium_shows_an_administrator_who_signed_in_and_why() {
    a_login_is_found_out_about(Browser::start().await).await;
}

#[tokio::test]
async fn chromium_shows_the_same_without_scripts() {
    a_login_is_found_out_about(Browser::without_scripts().await).await;
}

/// Thirty days in which much happened.
async fn a_month(gateway: &Gateway, organizations: &[String], connection: &str) {
    let mut database = gateway.database().await;
    let today = vestibule::model::Timestamp::now().day();
    let mut counts = Vec::new();
    for day in 0..30 {
        counts.push(("everything", String::new(), day, "login", 120 + (day * 37) % 90));
        counts.push(("everything", String::new(), day, "wrong_credentials", 5 + (day * 7) % 20));
        counts.push(("everything", String::new(), day, "not_a_member", day % 6));
        counts.push(("connection", connection.to_owned(), day, "login", 80));
    }
    for (number, organization) in (1..).zip(organizations) {
        counts.push(("organization", organization.clone(), 3, "login", 4000 / number));
    }
    for (about, id, day, what, total) in counts {
        let statement = "INSERT INTO event_counts (about, id, day, what, total) VALUES (?, ?, ?, ?, ?)";
        let query = sqlx::query(statement).bind(about).bind(id).bind(today - 1 - day).bind(what).bind(total);
        query.execute(&mut database).await.unwrap();
    }
}

#[tokio::test]
async fn chromium_shows_overview_logs_and_explanation() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    set_up(&gateway).await;
    let browser = Browser::start().await;
    sign_in_by(&browser, &gateway).await;
    check_page(&browser, "dashboard-overview-empty", "Overview · Dashboard").await;
    let admin = &gateway.admin;
    let mut organizations = Vec::new();
    for name in ["acme", "globex", "initech", "umbrella"] {
        organizations.push(admin.organization(name).await);
    }
    let long = json!({ "display_name": "Acme & Söhne Manufacturing of everything there is on earth and beyond" });
    admin.update(&format!("/organizations/{}", organizations[0]), long).await;
    let sso = admin.federated("acme-sso", "http://127.0.0.1:1/", json!({})).await;
    admin.enable(&organizations[0], &sso, true).await;
    let application = Application::register(&gateway, json!({})).await;
    a_month(&gateway, &organizations, &sso).await;
    browser.open(gateway.url(&format!("/dashboard/connections/{sso}"))).await;
    browser.click_text("Check").await;
    browser.find("#checked").await;
    browser.open(gateway.url("/dashboard")).await;
    check_page(&browser, "dashboard-overview", "Overview · Dashboard").await;
    browser.click_text("Show the numbers").await;
    check_page(&browser, "dashboard-overview-numbers", "Overview · Dashboard").await;
    browser.open(gateway.url("/dashboard?organization=nobody")).await;
    check_page(&browser, "dashboard-overview-error", "Error: Overview · Dashboard").await;
    browser.open(gateway.url("/dashboard/cache/purge")).await;
    check_page(&browser, "dashboard-purge", "Purge the cache · Dashboard").await;

    browser.open(gateway.url("/dashboard/logs")).await;
    check_page(&browser, "dashboard-logs", "Logs · Dashboard").await;
    browser.open(gateway.url("/dashboard/logs?organization=nobody&user=nobody&since=x")).await;
    check_page(&browser, "dashboard-logs-error", "Error: Logs · Dashboard").await;
    browser.open(gateway.url("/dashboard/logs?type=sv")).await;
    check_page(&browser, "dashboard-logs-none", "Logs · Dashboard").await;
    browser.open(gateway.url("/dashboard/logs?organization=acme")).await;
    browser.click("#events a").await;
    browser.find("#members").await;
    check_page(&browser, "dashboard-log-event", "Success API Operation · Dashboard").await;

    browser.open(gateway.url("/dashboard/explain")).await;
    browser.fill("url", "acme").await;
    browser.click("#explain-form button").await;
    browser.find("#url-error").await;
    check_page(&browser, "dashboard-explain-error", "Error: Explain · Dashboard").await;
    browser.fill("url", &application.begin(&[("organization", "acme")]).url).await;
    browser.click("#explain-form button").await;
    browser.find("#said").await;
    check_page(&browser, "dashboard-explain", "Explain · Dashboard").await;
}
