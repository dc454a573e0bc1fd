//! Applications, users and roles of the dashboard in Chromium: an administrator clicks, and people feel it.

use serde_json::json;

use crate::support::administrators::{PASSWORD, colleague, set_up, sign_in_by};
use crate::support::appearance::check_page;
use crate::support::application::{Application, CALLBACK};
use crate::support::browser::Browser;
use crate::support::gateway::{Gateway, Mode, text};
use crate::support::http::Visitor;

/// Somebody who signs in to Acme with a password; the user's id.
async fn person(gateway: &Gateway) -> String {
    let admin = &gateway.admin;
    let (acme, people) = (admin.organization("acme").await, admin.database("people").await);
    admin.enable(&acme, &people, true).await;
    admin.person("people", "ann@acme.example", PASSWORD).await
}

async fn an_application_from_its_form_to_a_login(browser: Browser) {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    set_up(&gateway).await;
    person(&gateway).await;
    sign_in_by(&browser, &gateway).await;
    browser.click_text("Applications").await;
    browser.click_text("New application").await;
    browser.fill("name", "Shop").await;
    browser.click("input[name=app_type][value=regular_web]").await;
    browser.click_text("Create application").await;
    browser.wait_for_text("It is not shown again").await;
    let shown = browser.texts_of("#shown-once code").await;
    browser.click_text("Go on to the settings").await;
    browser.fill("callbacks", CALLBACK).await;
    browser.click_text("Save").await;
    browser.wait_for_text("Saved.").await;
    browser.click(".tabs a[href$='/organizations']").await;
    browser.click("input[name=usage][value='require/pre_login_prompt']").await;
    browser.click_text("Save").await;
    browser.wait_for_text("Saved.").await;
    assert_eq!(
        browser.texts_of("#seen").await,
        ["People are asked for their organization before they sign in, and then see its page."]
    );
    let application = Application::with_credentials(&gateway, &shown[0], &shown[1]);
    let ann = Visitor::new();
    let begun = application.begin(&[]);
    let page = ann.get(&begun.url).await;
    assert_eq!(page.text_of("h1").as_deref(), Some("Choose your organization"), "{}", page.text());
    let page = ann.submit(&page, &[("organization", "acme")]).await;
    let page = ann.follow(page, CALLBACK).await;
    let page = ann.submit(&page, &[("username", "ann@acme.example"), ("password", PASSWORD)]).await;
    let claims = application.id_claims(&begun, &page).await;
    assert_eq!(claims["email"], "ann@acme.example");
}

#[tokio::test]
async fn chromium_makes_an_application_and_its_secret_is_good_for_a_login() {
    an_application_from_its_form_to_a_login(Browser::start().await).await;
}

#[tokio::test]
async fn chromium_makes_an_application_without_scripts() {
    an_application_from_its_form_to_a_login(Browser::without_scripts().await).await;
}

#[tokio::test]
async fn chromium_ends_a_session_and_blocks_a_person() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    set_up(&gateway).await;
    person(&gateway).await;
    let application = Application::register(&gateway, json!({})).await;
    let ann = Visitor::new();
    let sign_in_as_ann = async |visitor: &Visitor| {
        let page = visitor.get(application.begin(&[("organization", "acme")]).url).await;
        visitor.submit(&page, &[("username", "ann@acme.example"), ("password", PASSWORD)]).await
    };
    let is_in = async |visitor: &Visitor| {
        let begun = application.begin(&[("organization", "acme"), ("prompt", "none")]);
        visitor.get(begun.url).await.redirect_parameter("code").is_some()
    };
    sign_in_as_ann(&ann).await;
    assert!(is_in(&ann).await);
    let browser = Browser::start().await;
    sign_in_by(&browser, &gateway).await;
    browser.click_text("Users").await;
    browser.fill("q", "ann@").await;
    browser.click_text("Search").await;
    browser.click("#users a").await;
    browser.click_text("Sessions").await;
    browser.click_text("End").await;
    browser.wait_for_text("is signed in nowhere").await;
    assert!(!is_in(&ann).await);
    sign_in_as_ann(&ann).await;
    assert!(is_in(&ann).await);
    // The person's own first page, and not the dashboard's.
    browser.click(".tabs a").await;
    browser.click_text("Block").await;
    browser.wait_for_text("is signed out everywhere").await;
    browser.click_text("Block").await;
    browser.wait_for_text("This user may not sign in.").await;
    assert!(!is_in(&ann).await);
    let refused = sign_in_as_ann(&Visitor::new()).await;
    assert_eq!(refused.redirect_parameter("code"), None, "{:?}", refused.find_location());
}

#[tokio::test]
async fn chromium_shows_every_page_of_applications() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    set_up(&gateway).await;
    let admin = &gateway.admin;
    let name = "The shop of Acme & Söhne, with everything there is on earth and beyond";
    for name in ["Shop", "Mobile app", name] {
        Application::register(&gateway, json!({ "name": name })).await;
    }
    admin.organization("acme").await;
    for number in 0..5 {
        admin.database(&format!("database-{number}")).await;
    }
    let application = Application::register(&gateway, json!({ "name": name })).await;
    let people = text(&admin.get("/connections?name=database-1").await[0], "id");
    let clients = json!([{ "client_id": application.client_id, "status": true }]);
    admin.update(&format!("/connections/{people}/clients"), clients).await;
    let browser = Browser::start().await;
    sign_in_by(&browser, &gateway).await;
    let at = |path: &str| gateway.url(&format!("/dashboard/applications{path}"));
    let here = |path: &str| at(&format!("/{}{path}", application.client_id));
    let title = format!("{name} · Dashboard");
    browser.open(at("")).await;
    check_page(&browser, "people-applications", "Applications · Dashboard").await;
    browser.open(at("?q=nothing")).await;
    check_page(&browser, "people-applications-none", "Applications · Dashboard").await;
    browser.open(at("/new")).await;
    browser.click_text("Create application").await;
    browser.wait_for_text("Choose what it is.").await;
    check_page(&browser, "people-application-new", "Error: New application · Dashboard").await;
    browser.open(here("")).await;
    check_page(&browser, "people-application", &title).await;
    browser.fill("callbacks", "javascript:alert(1)").await;
    browser.click_text("Save").await;
    browser.wait_for_text("Use whole addresses").await;
    check_page(&browser, "people-application-wrong", &format!("Error: {title}")).await;
    browser.open(here("/organizations")).await;
    check_page(&browser, "people-application-organizations", &title).await;
    browser.open(here("/connections")).await;
    check_page(&browser, "people-application-connections", &title).await;
    browser.open(here("/secret")).await;
    check_page(&browser, "people-application-secret", "New secret · Dashboard").await;
    browser.click_text("Make a new secret").await;
    browser.wait_for_text("It is not shown again").await;
    check_page(&browser, "people-application-shown", &format!("The secret of {title}")).await;
    browser.reload().await;
    check_page(&browser, "people-application-shown-again", "This is not shown again").await;
    browser.open(here("/delete")).await;
    check_page(&browser, "people-application-delete", &format!("Delete {title}")).await;
    browser.open(at("/vestibule-dashboard")).await;
    check_page(&browser, "people-application-own", "Dashboard · Dashboard").await;
}

#[tokio::test]
async fn chromium_shows_every_page_about_people() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    set_up(&gateway).await;
    let ann = person(&gateway).await;
    let admin = &gateway.admin;
    colleague(&gateway, "bob.with.a.rather.long.address@company.example", Some("Read-only administrator")).await;
    let billing = admin.create("/roles", json!({ "name": "Billing", "description": "Reads and pays invoices" })).await;
    let billing = text(&billing, "id");
    admin.create("/roles", json!({ "name": "Support" })).await;
    let in_path = ann.replace('|', "%7C");
    let path = format!("/users/{in_path}");
    let application = Application::register(&gateway, json!({})).await;
    let visitor = Visitor::new();
    let page = visitor.get(application.begin(&[("organization", "acme")]).url).await;
    visitor.submit(&page, &[("username", "ann@acme.example"), ("password", PASSWORD)]).await;
    let browser = Browser::start().await;
    sign_in_by(&browser, &gateway).await;
    let at = |path: &str| gateway.url(&format!("/dashboard/{path}"));
    let here = |path: &str| at(&format!("users/{in_path}{path}"));
    let title = "ann@acme.example · Dashboard";
    browser.open(here("/roles")).await;
    check_page(&browser, "people-user-no-role", title).await;
    admin.done("POST", &format!("{path}/roles"), Some(json!({ "roles": [billing] }))).await;
    browser.open(at("users")).await;
    check_page(&browser, "people-users", "Users · Dashboard").await;
    browser.open(at("users?q=nobody")).await;
    check_page(&browser, "people-users-none", "Users · Dashboard").await;
    browser.open(at("users/new")).await;
    browser.fill("email", "nobody").await;
    browser.click_text("Create user").await;
    browser.wait_for_text("Enter an e-mail address").await;
    check_page(&browser, "people-user-new", "Error: New user · Dashboard").await;
    for (part, name) in [("", "user"), ("/organizations", "user-organizations"), ("/roles", "user-roles")] {
        browser.open(here(part)).await;
        check_page(&browser, &format!("people-{name}"), title).await;
    }
    browser.open(here("/sessions")).await;
    check_page(&browser, "people-user-sessions", title).await;
    browser.open(here("/password")).await;
    check_page(&browser, "people-user-password", "New password · Dashboard").await;
    browser.open(here("/block")).await;
    check_page(&browser, "people-user-block", "Block ann@acme.example · Dashboard").await;
    browser.click_text("Block").await;
    browser.wait_for_text("This user may not sign in.").await;
    check_page(&browser, "people-user-blocked", title).await;
    browser.open(here("/sessions")).await;
    check_page(&browser, "people-user-no-session", title).await;
    browser.open(here("/delete")).await;
    check_page(&browser, "people-user-delete", "Delete ann@acme.example · Dashboard").await;
    browser.open(at("administrators")).await;
    check_page(&browser, "people-administrators", "Administrators · Dashboard").await;
    browser.click_text("Remove").await;
    browser.wait_for_text("loses the role").await;
    browser.click_text("Take the role away").await;
    browser.wait_for_text("Nobody would be left").await;
    check_page(&browser, "people-administrator-last", "Error: Remove ada@company.example · Dashboard").await;
    browser.open(at("administrators/new")).await;
    browser.fill("who", "ann@acme.example").await;
    browser.click_text("Make administrator").await;
    browser.wait_for_text("Choose what they may do.").await;
    check_page(&browser, "people-administrator-new", "Error: New administrator · Dashboard").await;
    browser.open(at("roles")).await;
    check_page(&browser, "people-roles", "Roles · Dashboard").await;
    browser.open(at("roles/new")).await;
    check_page(&browser, "people-role-new", "New role · Dashboard").await;
    browser.open(at(&format!("roles/{billing}"))).await;
    check_page(&browser, "people-role", "Billing · Dashboard").await;
    browser.open(at(&format!("roles/{billing}/delete"))).await;
    check_page(&browser, "people-role-delete", "Delete Billing · Dashboard").await;
}
