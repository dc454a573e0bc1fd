//! The demo as a person meets it: every sign-in of its tour, by clicking.

use crate::support::appearance::check_page;
use crate::support::browser::Browser;
use crate::support::demo::Demo;

impl Demo {
    fn password(&self) -> &str {
        self.tour["sign_ins"][0]["password"].as_str().unwrap()
    }

    /// Signs in on the identity provider's page, which is open or about to be.
    async fn sign_in_at_identity_provider(&self, browser: &Browser, username: &str) {
        browser.wait_for_url(&self.identity_provider).await;
        browser.fill("Email or username", username).await;
        browser.fill("Password", self.password()).await;
        browser.submit().await;
    }

    /// The application knows an organization as its tokens do: by `org_name`.
    async fn is_signed_in(&self, browser: &Browser, name: &str, organization: &str) {
        browser.wait_for_url_where("the application", |url| url.as_str() == format!("{}/", self.application)).await;
        let said = browser.texts_of("#name, #organization").await;
        assert_eq!(said, [name, organization]);
        let claims = browser.texts_of("#claims dd").await;
        assert_eq!(claims[1], organization, "{claims:?}");
        assert!(claims[0].starts_with("org_"), "{claims:?}");
    }

    async fn sign_out(&self, browser: &Browser) {
        browser.click_text("Sign out").await;
        browser.wait_for_text("You are not signed in.").await;
    }
}

#[tokio::test]
async fn chromium_shows_the_whole_tour_of_the_demo() {
    let demo = Demo::start();
    let browser = Browser::start().await;

    browser.open(demo.login_url("acme")).await;
    browser.wait_for_url(&format!("{}/authorize?", demo.gateway)).await;
    check_page(&browser, "demo-acme", "Sign in to Acme Corporation").await;
    assert_eq!(browser.texts_of("#options li").await, ["Continue with Acme Single Sign-On"]);
    assert!(!browser.client().source().await.unwrap().to_lowercase().contains("globex"));
    browser.click_text("Continue with Acme Single Sign-On").await;
    browser.wait_for_url(&demo.identity_provider).await;
    check_page(&browser, "demo-identity-provider", "Sign in to Acme Single Sign-On").await;
    demo.sign_in_at_identity_provider(&browser, "alice@acme.example").await;
    demo.is_signed_in(&browser, "Alice Ackerman", "acme").await;
    check_page(&browser, "demo-application-signed-in", "Sample application").await;
    browser.reload().await;
    demo.is_signed_in(&browser, "Alice Ackerman", "acme").await;
    demo.sign_out(&browser).await;
    check_page(&browser, "demo-application", "Sample application").await;

    browser.click_text("Sign in to Globex").await;
    browser.wait_for_url(&demo.gateway).await;
    check_page(&browser, "demo-globex", "Sign in to Globex").await;
    assert_eq!(browser.texts_of("#options li").await, ["Continue with Globex Directory"]);
    assert_eq!(browser.texts_of("#password-form label").await, ["Email or username", "Password"]);
    assert!(!browser.client().source().await.unwrap().to_lowercase().contains("acme"));
    browser.click_text("Continue with Globex Directory").await;
    demo.sign_in_at_identity_provider(&browser, "alice@acme.example").await;
    browser.wait_for_url(&demo.application).await;
    browser.wait_for_text("is not part of the org_").await;
    check_page(&browser, "demo-application-refused", "Error: Sample application").await;

    browser.click_text("Sign in to Globex").await;
    browser.click_text("Continue with Globex Directory").await;
    demo.sign_in_at_identity_provider(&browser, "gina@globex.example").await;
    demo.is_signed_in(&browser, "Gina Globe", "globex").await;
    demo.sign_out(&browser).await;

    browser.click_text("Sign in to Globex").await;
    browser.fill("Email or username", "george@globex.example").await;
    browser.fill("Password", demo.password()).await;
    browser.submit().await;
    demo.is_signed_in(&browser, "George Globe", "globex").await;
}

#[tokio::test]
async fn chromium_signs_in_without_scripts() {
    let demo = Demo::start();
    let browser = Browser::without_scripts().await;
    browser.open(&demo.application).await;
    browser.click_text("Sign in").await;
    browser.fill("Work email or organization name", "Acme").await;
    browser.submit().await;
    browser.click_text("Continue with Acme Single Sign-On").await;
    demo.sign_in_at_identity_provider(&browser, "alice@acme.example").await;
    demo.is_signed_in(&browser, "Alice Ackerman", "acme").await;
}

#[tokio::test]
async fn chromium_signs_in_by_keyboard_alone() {
    let demo = Demo::start();
    let browser = Browser::start().await;
    browser.open(demo.login_url("acme")).await;
    browser.wait_for_url(&demo.gateway).await;
    browser.press_tab().await;
    assert_eq!(browser.focused().await, "Continue with Acme Single Sign-On");
    browser.press_enter().await;
    browser.wait_for_url(&demo.identity_provider).await;
    assert_eq!(browser.focused().await, "username");
    browser.type_text("alice@acme.example").await;
    browser.press_tab().await;
    assert_eq!(browser.focused().await, "password");
    browser.type_text(demo.password()).await;
    browser.press_enter().await;
    demo.is_signed_in(&browser, "Alice Ackerman", "acme").await;
    browser.press_tab().await;
    assert_eq!(browser.focused().await, "Sign out");
    browser.press_enter().await;
    browser.wait_for_text("You are not signed in.").await;

    for expected in ["Sign in", "Sign in to Acme", "Sign in to Globex"] {
        browser.press_tab().await;
        assert_eq!(browser.focused().await, expected);
    }
    browser.press_enter().await;
    browser.wait_for_url(&demo.gateway).await;
    for expected in ["Continue with Globex Directory", "username"] {
        browser.press_tab().await;
        assert_eq!(browser.focused().await, expected);
    }
    browser.type_text("george@globex.example").await;
    browser.press_tab().await;
    browser.type_text(demo.password()).await;
    browser.press_enter().await;
    demo.is_signed_in(&browser, "George Globe", "globex").await;
}
