//! Every way in, by clicking in Chromium as a person does, and each page on it: how it looks and that it can be used.

use serde_json::{Value, json};

use crate::support::appearance::check_page;
use crate::support::application::{Application, CALLBACK};
use crate::support::browser::Browser;
use crate::support::gateway::{Gateway, Mode, id, text};

const BOB: &str = "bob@acme.example";
const PASSWORD: &str = "violet kettle orbit lamp";
const NEW_PASSWORD: &str = "copper meadow window tide";

/// Acme, whose people have passwords and may sign up, and an application of theirs.
struct House {
    gateway: Gateway,
    application: Application,
    acme: String,
    browser: Browser,
}

impl House {
    async fn start() -> Self {
        let gateway = Gateway::start(Mode::SqliteEmbedded).await;
        let admin = &gateway.admin;
        let acme = admin.organization("acme").await;
        let branding = json!({ "colors": { "primary": "#0f766e", "page_background": "#f0fdfa" } });
        admin.update(&format!("/organizations/{acme}"), json!({ "branding": branding })).await;
        let people = admin.database("people").await;
        let switches = json!({
            "connection_id": people, "assign_membership_on_login": true, "is_signup_enabled": true,
        });
        admin.create(&format!("/organizations/{acme}/enabled_connections"), switches).await;
        let login = json!({ "initiate_login_uri": "https://shop.example/login" });
        let application = Application::register(&gateway, login).await;
        Self { gateway, application, acme, browser: Browser::start().await }
    }

    async fn open(&self, more: &[(&str, &str)]) {
        let usual = [("organization", "acme")];
        self.browser.open(&self.application.begin(&[&usual, more].concat()).url).await;
    }

    /// The browser brings the application a code.
    async fn arrives(&self) {
        self.browser.wait_for_url(&format!("{CALLBACK}?code=")).await;
    }

    async fn invite(&self, more: Value) -> Value {
        let mut body = json!({
            "inviter": { "name": "Ann" }, "invitee": { "email": BOB }, "client_id": self.application.client_id,
        });
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        self.gateway.admin.create(&format!("/organizations/{}/invitations", self.acme), body).await
    }
}

#[tokio::test]
async fn chromium_signs_up_and_signs_in_again() {
    let house = House::start().await;
    let browser = &house.browser;
    house.open(&[]).await;
    check_page(browser, "sign-up-offered", "Sign in to Acme").await;
    browser.click_text("Sign up").await;
    browser.wait_for_text("Create an account for").await;
    check_page(browser, "sign-up-email", "Create an account for Acme").await;
    assert_eq!(browser.focused().await, "email");
    browser.fill("Email", BOB).await;
    browser.submit().await;
    browser.wait_for_text("Enter the code we sent").await;
    check_page(browser, "sign-up-account", "Create an account for Acme").await;
    let code = house.gateway.mail_to(BOB).await.code();
    browser.fill("Code", &code).await;
    browser.fill("Password", "short").await;
    browser.submit().await;
    browser.wait_for_text("It needs at least").await;
    check_page(browser, "sign-up-weak", "Error: Create an account for Acme").await;
    browser.fill("Password", PASSWORD).await;
    browser.submit().await;
    house.arrives().await;
    assert_eq!(house.gateway.admin.member_ids(&house.acme).await.len(), 1);

    house.open(&[("prompt", "login")]).await;
    browser.fill("Email or username", BOB).await;
    browser.fill("Password", PASSWORD).await;
    browser.submit().await;
    house.arrives().await;
}

#[tokio::test]
async fn chromium_chooses_a_new_password_by_mail() {
    let house = House::start().await;
    let browser = &house.browser;
    house.gateway.admin.person("people", BOB, PASSWORD).await;
    house.open(&[]).await;
    browser.click_text("Forgot your password?").await;
    check_page(browser, "reset-ask", "Forgot your password?").await;
    browser.fill("Email", BOB).await;
    browser.submit().await;
    browser.wait_for_text("Check your email").await;
    check_page(browser, "reset-sent", "Check your email").await;
    let link = house.gateway.mail_to(BOB).await.link();
    browser.open(&link).await;
    check_page(browser, "reset-password", "Choose a new password").await;
    assert_eq!(browser.focused().await, "password");
    browser.fill("New password", NEW_PASSWORD).await;
    browser.submit().await;
    browser.wait_for_text("Your password was changed").await;
    check_page(browser, "reset-done", "Your password was changed").await;
    browser.click_text("Back to sign in").await;
    browser.fill("Email or username", BOB).await;
    browser.fill("Password", NEW_PASSWORD).await;
    browser.submit().await;
    house.arrives().await;
    browser.open(&link).await;
    check_page(browser, "reset-ended", "This link is no longer valid").await;
}

#[tokio::test]
async fn chromium_confirms_an_address() {
    let house = House::start().await;
    let admin = &house.gateway.admin;
    let bob = admin.person("people", BOB, PASSWORD).await;
    let ticket = text(&admin.create("/tickets/email-verification", json!({ "user_id": bob })).await, "ticket");
    let browser = &house.browser;
    browser.open(&ticket).await;
    check_page(browser, "verify-email", "Confirm your email address").await;
    browser.submit().await;
    browser.wait_for_text("Your email address is confirmed").await;
    check_page(browser, "verify-email-done", "Your email address is confirmed").await;
}

#[tokio::test]
async fn chromium_signs_in_by_a_code() {
    let house = House::start().await;
    let admin = &house.gateway.admin;
    let codes = json!({ "name": "codes", "strategy": "email", "display_name": "a code by email" });
    let codes = id(&admin.create("/connections", codes).await);
    admin.enable(&house.acme, &codes, true).await;
    let browser = &house.browser;
    house.open(&[]).await;
    check_page(browser, "email-offered", "Sign in to Acme").await;
    browser.click_text("Continue with a code by email").await;
    check_page(browser, "email", "Sign in to Acme").await;
    browser.fill("Email address", BOB).await;
    browser.submit().await;
    browser.wait_for_text("Enter the code we sent to").await;
    check_page(browser, "email-code", "Sign in to Acme").await;
    browser.fill("Code", "000000").await;
    browser.submit().await;
    browser.wait_for_text("This code is wrong").await;
    check_page(browser, "email-code-wrong", "Error: Sign in to Acme").await;
    let code = house.gateway.mail_to(BOB).await.code();
    browser.fill("Code", &code).await;
    browser.submit().await;
    house.arrives().await;
}

#[tokio::test]
async fn chromium_accepts_an_invitation_by_signing_up() {
    let house = House::start().await;
    let browser = &house.browser;
    house.invite(json!({})).await;
    let mail = house.gateway.mail_to(BOB).await;
    let link = url::Url::parse(&mail.link()).unwrap();
    let handed: Vec<(String, String)> = link.query_pairs().into_owned().collect();
    let of = |name: &str| handed.iter().find(|(known, _)| known == name).unwrap().1.clone();
    // The application hands both on, as the contract asks it to.
    let (ticket, organization) = (of("invitation"), of("organization"));
    let both = [("invitation", ticket.as_str()), ("organization", organization.as_str())];
    browser.open(&house.application.begin(&both).url).await;
    check_page(browser, "invitation", "Sign in to Acme").await;
    browser.click_text("Sign up").await;
    browser.wait_for_text("Choose a password for").await;
    check_page(browser, "invitation-sign-up", "Create an account for Acme").await;
    browser.fill("Password", PASSWORD).await;
    browser.submit().await;
    house.arrives().await;
    assert_eq!(house.gateway.admin.member_ids(&house.acme).await.len(), 1);
    browser.open(&house.application.begin(&both).url).await;
    check_page(browser, "invitation-accepted", "This invitation was already accepted").await;

    // A second one, opened by who is signed in.
    let again = text(&house.invite(json!({})).await, "ticket_id");
    browser.open(&house.application.begin(&[("invitation", &again), ("organization", &organization)]).url).await;
    check_page(browser, "invitation-signed-in", "Join Acme").await;
    browser.click_text("Accept the invitation").await;
    house.arrives().await;
    let other = json!({ "invitee": { "email": "eve@acme.example" } });
    let other = text(&house.invite(other).await, "ticket_id");
    browser.open(&house.application.begin(&[("invitation", &other), ("organization", &organization)]).url).await;
    check_page(browser, "invitation-other-account", "This invitation is for another account").await;
}

#[tokio::test]
async fn chromium_shows_every_brand_by_its_mark() {
    let house = House::start().await;
    let admin = &house.gateway.admin;
    let secret = json!({ "client_id": "us", "client_secret": "secret" });
    let with = |more: Value| {
        let mut options = secret.clone();
        options.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        options
    };
    let brands = [
        ("google-oauth2", secret.clone()),
        ("windowslive", secret.clone()),
        ("apple", json!({ "client_id": "us", "team_id": "T", "kid": "K", "app_secret": "secret" })),
        ("github", secret.clone()),
        ("linkedin", secret.clone()),
        ("waad", with(json!({ "tenant_domain": "acme.example" }))),
        ("google-apps", with(json!({ "domain": "acme.example" }))),
        ("okta", with(json!({ "domain": "acme.okta.example" }))),
    ];
    for (strategy, options) in brands {
        let connection = json!({ "name": format!("acme-{strategy}"), "strategy": strategy, "options": options });
        let connection = id(&admin.create("/connections", connection).await);
        admin.enable(&house.acme, &connection, false).await;
    }
    house.open(&[]).await;
    for brand in ["Google", "Microsoft", "Apple", "GitHub", "LinkedIn"] {
        house.browser.wait_for_text(&format!("Continue with {brand}")).await;
    }
    check_page(&house.browser, "page-brands", "Sign in to Acme").await;
}
