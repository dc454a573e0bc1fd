//! The dashboard in Chromium: an administrator clicks, and the login page changes.

use serde_json::json;

use crate::support::administrators::{set_up, sign_in_by, signed_in};
use crate::support::appearance::check_page;
use crate::support::application::Application;
use crate::support::browser::Browser;
use crate::support::gateway::{Gateway, Mode};
use crate::support::http::Visitor;

/// What the login page of an organization offers.
async fn options(application: &Application, organization: &str) -> Vec<String> {
    Visitor::new().get(application.begin(&[("organization", organization)]).url).await.option_titles()
}

/// The steps of the documentation this product starts from, word for word.
async fn the_steps(browser: Browser) {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    set_up(&gateway).await;
    let admin = &gateway.admin;
    let acme = admin.organization("acme").await;
    let connection = json!({
        "name": "github", "strategy": "github", "options": { "client_id": "gateway", "client_secret": "secret" },
    });
    admin.create("/connections", connection).await;
    let application = Application::register(&gateway, json!({})).await;
    assert_eq!(options(&application, "acme").await, [""; 0]);

    sign_in_by(&browser, &gateway).await;
    browser.click_text("Organizations").await;
    browser.click_text("Acme acme").await;
    browser.wait_for_text("Organization id").await;
    // The organization's own view, and not all connections.
    browser.click(".tabs a[href$='/connections']").await;
    browser.click_text("Enable Connections").await;
    browser.click_text("github github · GitHub").await;
    browser.click_text("Enable Connection").await;
    browser.wait_for_text("Membership On Authentication").await;
    browser.click("input[name=assign_membership_on_login][value=on]").await;
    browser.fill("allowed_domains", "acme.example").await;
    browser.click_text("Save").await;
    browser.wait_for_text("Members by signing in").await;
    assert_eq!(options(&application, "acme").await, ["Continue with GitHub"]);
    let enabled = admin.get(&format!("/organizations/{acme}/enabled_connections")).await;
    assert_eq!(enabled[0]["assign_membership_on_login"], true);

    browser.click_text("More options").await;
    browser.click_text("Remove Connection").await;
    browser.wait_for_text("Nobody signs in to").await;
    browser.click_text("Remove Connection").await;
    browser.wait_for_text("No connection is enabled").await;
    assert_eq!(options(&application, "acme").await, [""; 0]);
}

#[tokio::test]
async fn chromium_enables_and_removes_a_connection_by_the_documented_steps() {
    the_steps(Browser::start().await).await;
}

#[tokio::test]
async fn chromium_does_the_same_without_scripts() {
    the_steps(Browser::without_scripts().await).await;
}

#[tokio::test]
async fn chromium_asks_before_everybody_on_earth_becomes_a_member() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    set_up(&gateway).await;
    let admin = &gateway.admin;
    let acme = admin.organization("acme").await;
    let options = json!({ "client_id": "gateway", "client_secret": "secret" });
    let google = json!({ "name": "google", "strategy": "google-oauth2", "options": options });
    let google = admin.create("/connections", google).await["id"].as_str().unwrap().to_owned();
    admin.enable(&acme, &google, false).await;
    let path = format!("/organizations/{acme}/enabled_connections/{google}");
    let browser = Browser::start().await;
    sign_in_by(&browser, &gateway).await;
    browser.open(gateway.url(&format!("/dashboard/organizations/{acme}/connections/{google}"))).await;
    browser.click("input[name=assign_membership_on_login][value=on]").await;
    browser.click_text("Save").await;
    browser.wait_for_text("anyone at all would become a member").await;
    assert_eq!(admin.get(&path).await["assign_membership_on_login"], false);
    check_page(&browser, "dashboard-everybody", "Error: google · Dashboard").await;
    browser.click_text("Yes, anyone at all may become a member").await;
    browser.click_text("Save").await;
    browser.wait_for_text("Anyone at all may join").await;
    assert_eq!(admin.get(&path).await["membership_open"], true);
}

#[tokio::test]
async fn chromium_shows_every_page_of_the_dashboard() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    let browser = Browser::start().await;
    browser.open(gateway.setup_link().await).await;
    check_page(&browser, "dashboard-setup", "Set up the dashboard").await;
    // It uses up every link.
    set_up(&gateway).await;
    browser.reload().await;
    check_page(&browser, "dashboard-setup-ended", "This setup link has ended").await;
    sign_in_by(&browser, &gateway).await;
    browser.open(gateway.url("/dashboard/organizations")).await;
    check_page(&browser, "dashboard-no-organization", "Organizations · Dashboard").await;

    let admin = &gateway.admin;
    for name in ["globex", "initech", "umbrella"] {
        admin.organization(name).await;
    }
    let acme = admin.organization("acme").await;
    let display_name =
        json!({ "display_name": "Acme & Söhne Manufacturing of everything there is on earth and beyond" });
    admin.update(&format!("/organizations/{acme}"), display_name).await;
    let (passwords, sso) =
        (admin.database("passwords").await, admin.federated("acme-sso", "https://id.acme.example", json!({})).await);
    let page = |path: &str| gateway.url(&format!("/dashboard/organizations{path}"));
    let title = "Acme & Söhne Manufacturing of everything there is on earth and beyond · Dashboard";
    browser.open(page("")).await;
    check_page(&browser, "dashboard-organizations", "Organizations · Dashboard").await;
    browser.open(page("?q=nobody")).await;
    check_page(&browser, "dashboard-nothing-found", "Organizations · Dashboard").await;
    browser.open(page("/new")).await;
    browser.fill("name", "Not a Name").await;
    browser.click_text("Create organization").await;
    browser.wait_for_text("Use 1 to 50 small letters").await;
    check_page(&browser, "dashboard-organization-new", "Error: New organization · Dashboard").await;
    browser.open(page(&format!("/{acme}"))).await;
    check_page(&browser, "dashboard-organization", title).await;
    browser.open(page(&format!("/{acme}/connections"))).await;
    check_page(&browser, "dashboard-no-connection", title).await;
    browser.open(page(&format!("/{acme}/connections/enable"))).await;
    check_page(&browser, "dashboard-enable", "Enable a connection · Dashboard").await;
    admin.enable(&acme, &passwords, false).await;
    admin.enable(&acme, &sso, true).await;
    browser.open(page(&format!("/{acme}/connections"))).await;
    browser.click_text("More options").await;
    check_page(&browser, "dashboard-connections", title).await;
    browser.open(page(&format!("/{acme}/connections/{passwords}"))).await;
    check_page(&browser, "dashboard-connection", "passwords · Dashboard").await;
    browser.open(page(&format!("/{acme}/connections/{sso}/remove"))).await;
    check_page(&browser, "dashboard-remove", "Remove Acme sso · Dashboard").await;
    let connections = |path: &str| gateway.url(&format!("/dashboard/connections{path}"));
    browser.open(connections("")).await;
    check_page(&browser, "dashboard-all-connections", "Connections · Dashboard").await;
    browser.open(connections("/new")).await;
    check_page(&browser, "dashboard-kinds", "New connection · Dashboard").await;
    browser.click_text("OpenID Connect People of a company whose directory speaks OpenID Connect.").await;
    browser.fill("name", "not a name").await;
    browser.click_text("Create connection").await;
    browser.wait_for_text("Use letters and digits").await;
    check_page(&browser, "dashboard-connection-new", "Error: New connection: OpenID Connect · Dashboard").await;
    browser.open(connections(&format!("/{sso}"))).await;
    browser.click_text("Check").await;
    browser.find("#checked").await;
    check_page(&browser, "dashboard-connection-checked", "Acme sso · Dashboard").await;
    browser.open(connections(&format!("/{sso}/delete"))).await;
    check_page(&browser, "dashboard-connection-delete", "Delete Acme sso · Dashboard").await;
    browser.open(page(&format!("/{acme}/delete"))).await;
    check_page(
        &browser,
        "dashboard-delete",
        "Delete Acme & Söhne Manufacturing of everything there is on earth and beyond · Dashboard",
    )
    .await;
}

#[tokio::test]
async fn every_page_of_the_dashboard_is_light_and_asks_nobody_else() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    let visitor = signed_in(&gateway).await;
    let acme = gateway.admin.organization("acme").await;
    for number in 0..40 {
        gateway.admin.organization(&format!("organization-{number}-with-quite-a-long-name")).await;
        let connection = gateway.admin.database(&format!("database-{number}")).await;
        if number % 2 == 0 {
            gateway.admin.enable(&acme, &connection, false).await;
        }
    }
    for path in
        ["", "/new", &format!("/{acme}"), &format!("/{acme}/connections"), &format!("/{acme}/connections/enable")]
    {
        let page = visitor.get(gateway.url(&format!("/dashboard/organizations{path}"))).await;
        assert_eq!(page.status, 200, "{path}");
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("form-action 'self';"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("http"), "{policy}");
        let mut bytes = page.text().len();
        for asset in page.assets() {
            assert_eq!(asset.origin(), page.url.origin(), "{path}: {asset}");
            bytes += visitor.get(&asset).await.text().len();
        }
        assert!(bytes < 60_000, "{path}: {bytes}");
    }
}
