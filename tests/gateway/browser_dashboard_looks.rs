//! In Chromium: branding with its preview, the order of buttons, a trial, and what scripts add.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::administrators::{set_up, sign_in_by};
use crate::support::appearance::check_page;
use crate::support::application::Application;
use crate::support::browser::Browser;
use crate::support::gateway::{Gateway, Mode};
use crate::support::http::Visitor;
use crate::support::world::World;

/// Waits until the script answers `wanted`.
async fn wait_for(browser: &Browser, script: &str, wanted: Value) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let found = browser.client().execute(script, Vec::new()).await.unwrap();
        if found == wanted {
            return;
        }
        assert!(Instant::now() < deadline, "{script}: {found} and not {wanted}");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

/// Heading, colours and scheme of the page in the frame.
const PREVIEWED: &str = "const page = document.getElementById('preview').contentDocument;
    const style = page && page.querySelector('link[href*=\"theme.css\"]');
    const dark = page && document.getElementById('preview').contentWindow.matchMedia('(prefers-color-scheme: dark)').matches;
    return [page && page.querySelector('h1') && page.querySelector('h1').textContent,
        style && new URL(style.href).searchParams.get('primary'), dark];";

async fn branding(browser: Browser, with_scripts: bool) {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    set_up(&gateway).await;
    let acme = gateway.admin.organization("acme").await;
    let passwords = gateway.admin.database("passwords").await;
    gateway.admin.enable(&acme, &passwords, false).await;
    let application = Application::register(&gateway, json!({})).await;
    sign_in_by(&browser, &gateway).await;
    browser.open(gateway.url(&format!("/dashboard/organizations/{acme}/branding"))).await;
    if with_scripts {
        wait_for(&browser, PREVIEWED, json!(["Sign in to Acme", null, false])).await;
    }
    browser.fill("primary", "#b00020").await;
    if with_scripts {
        // Nothing is pressed.
        wait_for(&browser, PREVIEWED, json!(["Sign in to Acme", "#b00020", false])).await;
        browser.no_scheme().await;
        browser.click_text("Dark").await;
        wait_for(&browser, PREVIEWED, json!(["Sign in to Acme", "#b00020", true])).await;
        browser.find("#preview").await;
        check_page(&browser, "dashboard-branding", "Acme · Dashboard").await;
        browser.click_text("On a phone").await;
        browser.screenshot("dashboard-branding-phone").await;
    } else {
        browser.click_text("Preview").await;
        browser.client().enter_frame(0).await.unwrap();
        browser.wait_for_text("Sign in to Acme").await;
        browser.find("link[href*='primary=%23b00020']").await;
        browser.client().enter_parent_frame().await.unwrap();
    }
    assert!(gateway.admin.get(&format!("/organizations/{acme}")).await["branding"].is_null(), "nothing is saved yet");
    browser.click_text("Save").await;
    browser.wait_for_text("Saved. The login page shows it from now on.").await;
    let page = Visitor::new().get(application.begin(&[("organization", "acme")]).url).await;
    assert!(page.text().contains("primary=%23b00020"), "{}", page.text());
}

#[tokio::test]
async fn chromium_shows_the_real_page_while_its_colours_are_typed() {
    branding(Browser::start().await, true).await;
}

#[tokio::test]
async fn chromium_previews_without_scripts_by_a_button() {
    branding(Browser::without_scripts().await, false).await;
}

#[tokio::test]
async fn chromium_tries_a_connection_and_sees_every_step() {
    let world = World::start(Mode::SqliteEmbedded).await;
    set_up(&world.gateway).await;
    let browser = Browser::start().await;
    sign_in_by(&browser, &world.gateway).await;
    let page = format!("/dashboard/organizations/{}/connections/{}", world.acme, world.acme_sso);
    browser.open(world.gateway.url(&page)).await;
    check_page(&browser, "dashboard-connection-of-company", "Acme sso · Dashboard").await;
    browser.click_text("Try this connection").await;
    let tabs = browser.client().windows().await.unwrap();
    browser.client().switch_to_window(tabs.last().unwrap().clone()).await.unwrap();
    browser.fill("login", "alice").await;
    browser.submit().await;
    browser.wait_for_text("would become a member of Acme").await;
    check_page(&browser, "dashboard-trial", "Trial of Acme sso").await;
    assert_eq!(world.gateway.admin.member_ids(&world.acme).await, [""; 0]);
    browser.click_text("Back to the dashboard").await;
    browser.wait_for_url(&world.gateway.url(&page)).await;
}

#[tokio::test]
async fn chromium_finds_organizations_as_one_types() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    set_up(&gateway).await;
    for name in ["acme", "globex", "initech"] {
        gateway.admin.organization(name).await;
    }
    let browser = Browser::start().await;
    sign_in_by(&browser, &gateway).await;
    browser.open(gateway.url("/dashboard/organizations")).await;
    let rows = "return [...document.querySelectorAll('#organizations .row-title')].map(it => it.textContent);";
    wait_for(&browser, rows, json!(["Acme", "Globex", "Initech"])).await;
    browser.fill("q", "glo").await;
    wait_for(&browser, rows, json!(["Globex"])).await;
    browser.wait_for_url(&gateway.url("/dashboard/organizations?q=glo")).await;
    assert_eq!(browser.focused().await, "q", "one types on");
    browser.fill("q", "").await;
    wait_for(&browser, rows, json!(["Acme", "Globex", "Initech"])).await;
}

#[tokio::test]
async fn chromium_orders_buttons_and_keeps_metadata() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    set_up(&gateway).await;
    let acme = gateway.admin.organization("acme").await;
    for name in ["first-sso", "second-sso"] {
        let connection = gateway.admin.federated(name, "https://id.acme.example/", json!({})).await;
        gateway.admin.enable(&acme, &connection, false).await;
    }
    let browser = Browser::start().await;
    sign_in_by(&browser, &gateway).await;
    browser.open(gateway.url(&format!("/dashboard/organizations/{acme}/connections"))).await;
    browser.click_text("Order").await;
    browser.wait_for_text("in this order").await;
    check_page(&browser, "dashboard-order", "Order of the buttons · Dashboard").await;
    browser.click("button[aria-label='Move Second sso up']").await;
    browser.wait_for_text("Saved").await;
    assert_eq!(browser.texts_of("#connections .row-title").await, ["Second sso", "First sso"]);

    browser.open(gateway.url(&format!("/dashboard/organizations/{acme}/metadata"))).await;
    browser.fill("key", "plan").await;
    browser.fill("value", "gold <b>").await;
    browser.click_text("Save").await;
    browser.wait_for_text("Saved.").await;
    check_page(&browser, "dashboard-metadata", "Acme · Dashboard").await;
    assert_eq!(gateway.admin.get(&format!("/organizations/{acme}")).await["metadata"], json!({ "plan": "gold <b>" }));
}
