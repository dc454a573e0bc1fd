//! The languages of the pages and of the mails: the reader's own, each complete.

use serde_json::json;

use crate::support::appearance::check_page_in;
use crate::support::application::Application;
use crate::support::browser::Browser;
use crate::support::gateway::{Gateway, Mode, id};
use crate::support::http::{Page, Visitor};

/// Acme with a code by e-mail and with passwords.
async fn acme() -> (Gateway, Application) {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    let admin = &gateway.admin;
    let acme = admin.organization("acme").await;
    let email = json!({ "name": "email", "strategy": "email", "display_name": "Email" });
    for connection in [id(&admin.create("/connections", email).await), admin.database("people").await] {
        admin.enable(&acme, &connection, true).await;
    }
    let application = Application::register(&gateway, json!({})).await;
    (gateway, application)
}

/// The page as a browser with this `Accept-Language` gets it.
async fn read(visitor: &Visitor, url: &str, accepted: &str) -> Page {
    let mut request = visitor.request(reqwest::Method::GET, url).build().unwrap();
    request.headers_mut().insert("accept-language", accepted.parse().unwrap());
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let visitor_url = request.url().clone();
    let response = client.execute(request).await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Page { url: visitor_url, status, headers, body: response.bytes().await.unwrap().into() }
}

#[tokio::test]
async fn a_page_is_in_the_language_that_the_application_or_the_browser_asks_for() {
    let (_gateway, application) = acme().await;
    let visitor = Visitor::new();
    let plain = application.begin(&[("organization", "acme")]).url;
    let asked = application.begin(&[("organization", "acme"), ("ui_locales", "xx fr-CA de")]).url;
    for (url, accepted, language, heading) in [
        (&plain, "en-US,en;q=0.9", "en", "Sign in to Acme"),
        (&plain, "de-CH,de;q=0.9,en;q=0.5", "de", "Anmelden bei Acme"),
        (&plain, "xx, es;q=0.8, en;q=0.1", "es", "Iniciar sesión en Acme"),
        (&plain, "pt-BR", "pt", "Entrar em Acme"),
        (&plain, "ja", "ja", "Acme にサインイン"),
        (&plain, "ar-EG", "ar", "تسجيل الدخول إلى Acme"),
        (&plain, "xx", "en", "Sign in to Acme"),
        (&asked, "ja", "fr", "Se connecter à Acme"),
    ] {
        let page = read(&visitor, url, accepted).await;
        assert_eq!(page.text_of("h1").unwrap(), heading);
        assert_eq!(page.header("content-language"), Some(language), "{accepted}");
        assert!(page.header("vary").unwrap().contains("accept-language"));
        let direction = if language == "ar" { "rtl" } else { "ltr" };
        assert!(page.text().contains(&format!("<html lang=\"{language}\" dir=\"{direction}\">")), "{}", page.text());
    }
}

#[tokio::test]
async fn a_mail_is_in_the_language_of_the_page_that_sent_it() {
    let (gateway, application) = acme().await;
    let visitor = Visitor::new();
    let begun = application.begin(&[("organization", "acme"), ("connection", "email"), ("ui_locales", "de")]);
    let page = visitor.get(&begun.url).await;
    let page = visitor.submit(&page, &[("email", "ann@acme.example")]).await;
    let mail = gateway.mail_to("ann@acme.example").await;
    assert_eq!(mail.subject, "Ihr Code für Acme");
    assert!(mail.text.contains("10 Minuten lang gültig"), "{}", mail.text);
    assert!(mail.html.contains("<html lang=\"de\" dir=\"ltr\">"), "{}", mail.html);
    let page = visitor.get(page.location()).await;
    let wrong = visitor.submit(&page, &[("code", "٠٠٠٠٠٠")]).await;
    assert!(wrong.text_of("#code-error").unwrap().starts_with("Dieser Code ist falsch"), "{}", wrong.text());
}

#[tokio::test]
async fn chromium_shows_a_page_from_right_to_left() {
    let (_gateway, application) = acme().await;
    let browser = Browser::start().await;
    let begun =
        application.begin(&[("organization", "acme"), ("ui_locales", "ar"), ("login_hint", "ann@acme.example")]);
    browser.open(&begun.url).await;
    check_page_in(&browser, "page-arabic", "تسجيل الدخول إلى Acme", "ar").await;
    // The mark of an option stands at its beginning: at the right.
    let script = "const option = document.querySelector('a.option');
        const [mark, text] = option.children;
        return mark.getBoundingClientRect().left >= text.getBoundingClientRect().right;";
    assert_eq!(browser.client().execute(script, Vec::new()).await.unwrap(), json!(true));
    browser.click_text("المتابعة باستخدام Email").await;
    check_page_in(&browser, "email-arabic", "تسجيل الدخول إلى Acme", "ar").await;
    browser.submit().await;
    browser.wait_for_text("أدخل الرمز الذي أرسلناه إلى").await;
    check_page_in(&browser, "email-code-arabic", "تسجيل الدخول إلى Acme", "ar").await;
    assert_eq!(browser.focused().await, "code");
}

#[tokio::test]
async fn chromium_has_room_for_long_words_on_a_narrow_page() {
    let gateway = Gateway::start(Mode::SqliteEmbedded).await;
    let admin = &gateway.admin;
    let (acme, people) = (admin.organization("acme").await, admin.database("people").await);
    let enabled = json!({ "connection_id": people, "assign_membership_on_login": true, "is_signup_enabled": true });
    admin.create(&format!("/organizations/{acme}/enabled_connections"), enabled).await;
    let application = Application::register(&gateway, json!({})).await;
    let browser = Browser::start().await;
    let begun = application.begin(&[("organization", "acme"), ("screen_hint", "signup"), ("ui_locales", "de")]);
    browser.open(&begun.url).await;
    check_page_in(&browser, "sign-up-german", "Konto bei Acme erstellen", "de").await;
    browser.open(&begun.url.replace("/authorize?", "/login/reset?")).await;
    check_page_in(&browser, "reset-german", "Passwort vergessen?", "de").await;
}
