//! An organization's people in Chromium: somebody is invited, comes, and is seen among the members.

use std::sync::Arc;

use axum::Router;
use axum::extract::RawQuery;
use axum::response::{Html, Redirect};
use axum::routing::get;
use serde_json::json;

use crate::support::administrators::{PASSWORD, set_up, sign_in_by, signed_in};
use crate::support::appearance::check_page;
use crate::support::application::Application;
use crate::support::browser::{Browser, Options};
use crate::support::dns::Dns;
use crate::support::gateway::{Gateway, Mode, id};
use crate::support::http::Visitor;

const BOB: &str = "bob@acme.example";
/// Nobody is led there.
const AWAY: &str = "https://nowhere.example";

/// An application that hands what an invitation's link brings to the login page, as every one does.
async fn application(gateway: &Gateway) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let callback = format!("{origin}/callback");
    let settings = json!({ "name": "Shop", "callbacks": [callback], "initiate_login_uri": format!("{origin}/login") });
    let shop = Arc::new(Application::register(gateway, settings).await);
    let login = move |RawQuery(query): RawQuery| {
        let query = query.unwrap_or_default();
        let brought: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let mut all = vec![("redirect_uri", callback.as_str())];
        all.extend(brought.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        std::future::ready(Redirect::to(&shop.begin(&all).url))
    };
    let router = Router::new()
        .route("/login", get(login))
        .route("/callback", get(async || Html("<title>Shop</title><h1>Welcome to the shop</h1>")));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    origin
}

/// Acme, with a database of people, a role and an application.
async fn furnish(gateway: &Gateway) -> String {
    let admin = &gateway.admin;
    let (acme, people) = (admin.organization("acme").await, admin.database("people").await);
    admin.enable(&acme, &people, false).await;
    admin.create("/roles", json!({ "name": "Editor", "description": "Writes and publishes articles" })).await;
    acme
}

async fn an_invited_person_comes(options: Options) {
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, "management.request_burst = 1000").await;
    set_up(&gateway).await;
    let acme = furnish(&gateway).await;
    let shop = application(&gateway).await;
    gateway.admin.person("people", BOB, PASSWORD).await;
    let browser = Browser::with(options).await;
    sign_in_by(&browser, &gateway).await;
    browser.click_text("Organizations").await;
    browser.click_text("Acme acme").await;
    browser.click_text("Invitations").await;
    browser.click_text("Invite somebody").await;
    browser.fill("E-mail address", BOB).await;
    browser.click_text("Editor Writes and publishes articles").await;
    browser.click_text("Invite").await;
    let link = browser.find("#invitation-link").await.text().await.unwrap();
    assert!(link.starts_with(&format!("{shop}/login?invitation=")), "{link}");
    browser.reload().await;
    browser.wait_for_text("The link of this invitation cannot be shown.").await;
    browser.click_text("Back to the invitations").await;
    browser.wait_for_text("By ada@company.example, for Shop.").await;

    // Not in a second window: two tests that each hold one would wait for each other.
    let bob = Visitor::new();
    let page = bob.follow(bob.get(&link).await, AWAY).await;
    assert_eq!(page.text_of("h1").as_deref(), Some("Sign in to Acme"), "{}", page.text());
    let entered = bob.submit(&page, &[("password", PASSWORD)]).await;
    let shop = bob.follow(entered, AWAY).await;
    assert_eq!(shop.text_of("h1").as_deref(), Some("Welcome to the shop"), "{}", shop.text());

    browser.click_text("Invitations").await;
    browser.wait_for_text("Nobody is invited.").await;
    browser.click_text("Members").await;
    browser.wait_for_text(BOB).await;
    assert_eq!(browser.texts_of("#members .badge").await, ["Editor"]);
    browser.fill("q", "nobody").await;
    browser.submit().await;
    browser.wait_for_text("No member is called nobody.").await;
    browser.fill("q", "BOB").await;
    browser.press_enter().await;
    browser.click_text(BOB).await;
    browser.wait_for_text("Roles in this organization").await;
    browser.click_text("Editor Writes and publishes articles").await;
    browser.click_text("Save roles").await;
    browser.wait_for_text("The roles are saved.").await;
    browser.click_text("Remove member").await;
    browser.wait_for_text("0 roles in this organization").await;
    browser.click_text("Remove member").await;
    browser.wait_for_text("Removed from the organization.").await;
    assert_eq!(gateway.admin.member_ids(&acme).await, [""; 0]);
}

#[tokio::test]
async fn chromium_invites_somebody_who_follows_the_link_and_is_a_member_with_their_role() {
    an_invited_person_comes(Options::default()).await;
}

#[tokio::test]
async fn chromium_does_the_same_on_a_phone_without_scripts() {
    an_invited_person_comes(Options { scripts: false, width: 360, height: 780, ..Options::default() }).await;
}

#[tokio::test]
async fn chromium_shows_every_page_of_an_organizations_people() {
    let dns = Dns::start().await;
    let settings = format!("management.request_burst = 1000\n{}", dns.setting());
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, &settings).await;
    set_up(&gateway).await;
    let acme = furnish(&gateway).await;
    let admin = &gateway.admin;
    let browser = Browser::start().await;
    sign_in_by(&browser, &gateway).await;
    let page = |path: &str| gateway.url(&format!("/dashboard/organizations/{acme}{path}"));
    let look = async |path: &str, name: &str, title: &str| {
        browser.open(page(path)).await;
        check_page(&browser, &format!("dashboard-{name}"), &format!("{title} · Dashboard")).await;
    };
    look("/members", "no-member", "Acme").await;
    look("/invitations", "no-invitation", "Acme").await;
    look("/domains", "no-domain", "Acme").await;
    Application::register(&gateway, json!({ "name": "Desk", "organization_usage": "deny" })).await;
    look("/invitations/new", "invite-nowhere", "Invite somebody").await;

    application(&gateway).await;
    let bob = admin.person("people", BOB, PASSWORD).await;
    admin.federated("sso", "https://id.acme.example", json!({})).await;
    let long = "Bartholomew Featherstonehaugh-Cholmondeley the Younger of Acme Manufacturing";
    let user = json!({ "connection": "sso", "user_id": "bartholomew.featherstonehaugh@acme.example",
        "email": "bob@acme.example", "name": long });
    let bart = admin.create("/users", user).await["user_id"].as_str().unwrap().to_owned();
    let arab = json!({ "connection": "sso", "user_id": "3", "name": "\u{202e}<script>alert(1)</script>" });
    let arab = admin.create("/users", arab).await["user_id"].as_str().unwrap().to_owned();
    for user in [&bart, &arab] {
        admin.add_member(&acme, user).await;
    }
    let mut roles = Vec::new();
    for name in ["Editor in chief", "Accountant", "Owner", "Auditor of the accounts and all the books there are"] {
        roles.push(id(&admin.create("/roles", json!({ "name": name })).await));
    }
    let bart = format!("/members/{}", bart.replace('|', "%7C").replace('@', "%40"));
    admin.create(&format!("/organizations/{acme}{bart}/roles"), json!({ "roles": roles })).await;
    browser.open(page("/members")).await;
    browser.click_text("More options").await;
    check_page(&browser, "dashboard-members", "Acme · Dashboard").await;
    look("/members/add", "member-add", "Add members").await;
    browser.open(page("/members/add?q=bob%40acme.example")).await;
    browser.click_text("Add to the organization").await;
    browser.wait_for_text("Select who shall become a member.").await;
    check_page(&browser, "dashboard-member-choice", "Error: Add members · Dashboard").await;
    look(&bart, "member", long).await;
    look(&format!("{bart}/remove"), "member-remove", &format!("Remove {long}")).await;
    admin.add_member(&acme, &bob).await;

    browser.open(page("/invitations/new")).await;
    browser.fill("E-mail address", "nobody").await;
    browser.click_text("Invite").await;
    browser.wait_for_text("Enter an e-mail address such as").await;
    browser.click_text("Why are some not ready?").await;
    check_page(&browser, "dashboard-invite", "Error: Invite somebody · Dashboard").await;
    browser.fill("E-mail address", "cay.with-quite-a-long-name@subsidiary.acme.example").await;
    browser.click_text("Owner").await;
    browser.click_text("Invite").await;
    browser.find("#invitation-link").await;
    check_page(&browser, "dashboard-invitation-link", "Invitation link · Dashboard").await;
    browser.reload().await;
    check_page(&browser, "dashboard-invitation-link-gone", "Invitation link · Dashboard").await;
    browser.click_text("Back to the invitations").await;
    browser.click_text("More options").await;
    check_page(&browser, "dashboard-invitations", "Acme · Dashboard").await;
    browser.click_text("Send again").await;
    check_page(&browser, "dashboard-invitation-resend", "Send again · Dashboard").await;
    browser.open(page("/invitations")).await;
    browser.click_text("More options").await;
    browser.click_text("Revoke").await;
    browser.wait_for_text("stops working at once").await;
    let title = "Revoke the invitation of cay.with-quite-a-long-name@subsidiary.acme.example · Dashboard";
    check_page(&browser, "dashboard-invitation-revoke", title).await;

    browser.open(page("/domains/new")).await;
    browser.fill("Domain", "acme").await;
    browser.click_text("Add domain").await;
    browser.wait_for_text("Enter a domain such as").await;
    check_page(&browser, "dashboard-domain-new", "Error: New domain · Dashboard").await;
    browser.fill("Domain", "a-rather-long-name-of-a-subsidiary.acme.example").await;
    browser.click_text("Add domain").await;
    browser.wait_for_text("Proof by the DNS").await;
    let title = "a-rather-long-name-of-a-subsidiary.acme.example";
    check_page(&browser, "dashboard-domain", &format!("{title} · Dashboard")).await;
    browser.click_text("Check the record").await;
    browser.wait_for_text("There is no TXT record of this name yet.").await;
    check_page(&browser, "dashboard-domain-checked", &format!("{title} · Dashboard")).await;
    browser.click_text("Delete domain").await;
    browser.wait_for_text("Members stay members").await;
    check_page(&browser, "dashboard-domain-delete", &format!("Delete {title} · Dashboard")).await;
    let verified = json!({ "domain": "acme.example", "status": "verified", "use_for_organization_discovery": false });
    admin.create(&format!("/organizations/{acme}/discovery-domains"), verified).await;
    look("/domains", "domains", "Acme").await;
}

#[tokio::test]
async fn every_page_of_an_organizations_people_is_light() {
    let gateway = Gateway::start_with(Mode::SqliteEmbedded, "management.request_burst = 5000").await;
    let visitor = signed_in(&gateway).await;
    let acme = furnish(&gateway).await;
    let shop = Application::register(&gateway, json!({ "initiate_login_uri": "https://shop.example/login" })).await;
    let admin = &gateway.admin;
    let mut roles = Vec::new();
    for number in 0..60 {
        let description = format!("May do everything of kind {number} that there is to be done on any day of the week");
        let role = json!({ "name": format!("role-{number}-with-quite-a-long-name"), "description": description });
        roles.push(id(&admin.create("/roles", role).await));
    }
    admin.federated("sso", "https://id.acme.example", json!({})).await;
    let mut last = String::new();
    for number in 0..26 {
        let email = format!("person.{number}.with-quite-a-long-address@subsidiary.acme.example");
        let user = json!({ "connection": "sso", "user_id": format!("{number:064}"), "email": email,
            "name": format!("Bartholomew Featherstonehaugh the {number}th of Acme Manufacturing") });
        let user = admin.create("/users", user).await["user_id"].as_str().unwrap().to_owned();
        admin.add_member(&acme, &user).await;
        last = user.replace('|', "%7C");
        let member = format!("/organizations/{acme}/members/{last}/roles");
        admin.create(&member, json!({ "roles": roles[..50] })).await;
        let invitation = json!({ "inviter": { "name": "Ada" }, "invitee": { "email": email },
            "client_id": shop.client_id, "roles": roles[..50], "send_invitation_email": false });
        admin.create(&format!("/organizations/{acme}/invitations"), invitation).await;
        let domain = json!({ "domain": format!("d{number}-with-quite-a-long-name.subsidiary.acme.example") });
        admin.create(&format!("/organizations/{acme}/discovery-domains"), domain).await;
        let more = json!({ "name": format!("Application {number}"), "organization_usage": "deny" });
        Application::register(&gateway, more).await;
    }
    for path in
        ["members", "members/add?q=person", &format!("members/{last}"), "invitations", "invitations/new", "domains"]
    {
        let page = visitor.get(gateway.url(&format!("/dashboard/organizations/{acme}/{path}"))).await;
        assert_eq!(page.status, 200, "{path}");
        let mut bytes = page.text().len();
        for asset in page.assets() {
            bytes += visitor.get(&asset).await.text().len();
        }
        assert!(bytes < 60_000, "{path}: {bytes}");
    }
}
