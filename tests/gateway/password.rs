//! Passwords: the form of a database connection.

use reqwest::Method;
use serde_json::json;

use crate::matrix;
use crate::support::application::{Application, Begun};
use crate::support::gateway::{Gateway, Mode};
use crate::support::http::{Page, Visitor};

const EMAIL: &str = "ann@acme.example";
const PASSWORD: &str = "correct horse battery";

matrix! {
    a_person_signs_in_by_email_or_user_name_however_it_is_typed,
    a_wrong_password_and_an_unknown_user_are_answered_with_the_same_bytes,
    an_account_that_failed_too_often_must_wait_and_others_need_not,
    the_right_password_of_somebody_who_is_no_member_opens_nothing,
    a_connection_disabled_after_the_page_was_drawn_takes_no_password,
}

/// Acme and Globex have a database connection each; Ann is in Acme's.
struct House {
    gateway: Gateway,
    application: Application,
    acme: String,
    acme_people: String,
    ann: String,
}

async fn house_with(mode: Mode, settings: &str) -> House {
    let gateway = Gateway::start_with(mode, settings).await;
    let admin = &gateway.admin;
    let (acme, globex) = (admin.organization("acme").await, admin.organization("globex").await);
    let (acme_people, globex_people) = (admin.database("acme-people").await, admin.database("globex-people").await);
    admin.update(&format!("/connections/{acme_people}"), json!({ "options": { "requires_username": true } })).await;
    admin.enable(&acme, &acme_people, true).await;
    admin.enable(&globex, &globex_people, false).await;
    let ann = json!({
        "connection": "acme-people", "email": EMAIL, "username": "ann", "email_verified": true, "password": PASSWORD,
    });
    let ann = crate::support::gateway::text(&admin.create("/users", ann).await, "user_id");
    let application = Application::register(&gateway, json!({})).await;
    House { gateway, application, acme, acme_people, ann }
}

async fn house() -> House {
    house_with(Mode::SqliteEmbedded, "").await
}

impl House {
    async fn page(&self, visitor: &Visitor) -> (Begun, Page) {
        let begun = self.application.begin(&[("organization", "acme")]);
        let page = visitor.get(&begun.url).await;
        assert_eq!(page.status, 200, "{}", page.text());
        (begun, page)
    }

    /// A try on a fresh page of a fresh browser.
    async fn attempt(&self, identifier: &str, password: &str) -> Page {
        let visitor = Visitor::new();
        let (_, page) = self.page(&visitor).await;
        visitor.submit(&page, &[("username", identifier), ("password", password)]).await
    }

    /// A try from another network, as a trusted proxy tells it.
    async fn attempt_from(&self, network: &str, identifier: &str, password: &str) -> Page {
        let visitor = Visitor::new();
        let (_, page) = self.page(&visitor).await;
        let request = visitor.request(Method::POST, page.forms()[0].action.as_str());
        let request = request.header("origin", &self.gateway.origin).header("x-forwarded-for", network);
        visitor.send(request.form(&[("username", identifier), ("password", password)])).await
    }
}

fn error(page: &Page) -> String {
    page.text_of("#password-error").unwrap_or_default()
}

/// What stands in the identifier's field.
fn identifier(page: &Page) -> String {
    page.forms()[0].values.iter().find(|(name, _)| name == "username").unwrap().1.clone()
}

/// The page without what was typed and without what is random.
fn masked(page: &Page) -> String {
    let text = page.text();
    let (before, action) = text.split_once("action=\"").unwrap();
    let (attributes, value) = action.split_once('"').unwrap().1.split_once("value=\"").unwrap();
    let (between, reset) = value.split_once('"').unwrap().1.split_once("href=\"/login/reset").unwrap();
    format!("{before}{attributes}{between}{}", reset.split_once('"').unwrap().1)
}

async fn a_person_signs_in_by_email_or_user_name_however_it_is_typed(mode: Mode) {
    let house = house_with(mode, "").await;
    for typed in [EMAIL, "Ann@ACME.example", "  ann@acme.example ", "ann", " ANN"] {
        let visitor = Visitor::new();
        let (begun, page) = house.page(&visitor).await;
        let page = visitor.submit(&page, &[("username", typed), ("password", PASSWORD)]).await;
        assert_eq!(page.status, 303, "{typed:?}: {}", page.text());
        let claims = house.application.id_claims(&begun, &page).await;
        assert_eq!((&claims["sub"], &claims["org_id"]), (&json!(house.ann), &json!(house.acme)), "{typed:?}");
        assert_eq!(claims["email"], EMAIL);
    }
    assert_eq!(house.gateway.admin.member_ids(&house.acme).await, [house.ann]);
}

async fn a_wrong_password_and_an_unknown_user_are_answered_with_the_same_bytes(mode: Mode) {
    let house = house_with(mode, "").await;
    let wrong = house.attempt(" Ann@acme.example", "canary-password-1").await;
    let unknown = house.attempt("nobody@acme.example", "canary-password-1").await;
    let long = house.attempt("ann", &"canary-password-1".repeat(100)).await;
    let odd = house.attempt("a\u{0}b\"><script>", "canary-password-1").await;
    assert_eq!((wrong.status, error(&wrong).as_str()), (400, "Wrong email, username or password."));
    for page in [&unknown, &long, &odd] {
        assert_eq!(page.status, wrong.status, "{}", page.text());
        assert_eq!((page.status, masked(page)), (wrong.status, masked(&wrong)));
    }
    assert_eq!(identifier(&wrong).trim(), "Ann@acme.example", "what was typed stays");
    assert_eq!(identifier(&unknown), "nobody@acme.example");
    for page in [wrong, unknown, long, odd] {
        assert!(!page.text().contains("canary-password-1") && !page.text().contains("<script>"));
        assert!(page.header("set-cookie").is_none());
    }
}

async fn an_account_that_failed_too_often_must_wait_and_others_need_not(mode: Mode) {
    let proxy = "server.trusted_proxies = [\"127.0.0.0/8\"]";
    let house =
        house_with(mode, &format!("login.password_failures = 3\nlogin.password_wait_seconds = 600\n{proxy}")).await;
    // The e-mail and the user name are one account; the network differs each time.
    for (number, typed) in [EMAIL, "ANN", "ann"].into_iter().enumerate() {
        let page = house.attempt_from(&format!("203.0.113.{number}"), typed, "wrong").await;
        assert_eq!(page.status, 400, "{}", page.text());
    }
    let page = house.attempt_from("203.0.113.9", EMAIL, PASSWORD).await;
    assert_eq!(page.status, 429, "even the right one: {:?}", page.find_location());
    let seconds: u64 = page.header("retry-after").unwrap().parse().unwrap();
    assert!((500..=600).contains(&seconds), "{seconds}");
    assert!(error(&page).contains("Wait 10 minutes"), "{}", error(&page));
    assert_eq!(identifier(&page), EMAIL);
    let other = house.attempt_from("203.0.113.9", "nobody@acme.example", "wrong").await;
    assert_eq!(other.status, 400, "another account need not wait");
    // One network that tries many accounts must wait as well.
    for number in 0..3 {
        house.attempt_from("198.51.100.1", &format!("guess{number}"), "wrong").await;
    }
    assert_eq!(house.attempt_from("198.51.100.1", "guess9", "wrong").await.status, 429);
    assert_eq!(house.attempt_from("198.51.100.2", "guess9", "wrong").await.status, 400);
}

async fn the_right_password_of_somebody_who_is_no_member_opens_nothing(mode: Mode) {
    let house = house_with(mode, "").await;
    let glen = house.gateway.admin.person("globex-people", "glen@globex.example", PASSWORD).await;
    let visitor = Visitor::new();
    let begun = house.application.begin(&[("organization", "globex")]);
    let page = visitor.get(&begun.url).await;
    let wrong = visitor.submit(&page, &[("username", "glen@globex.example"), ("password", "wrong")]).await;
    assert_eq!(wrong.status, 400, "who does not know the password is told nothing");
    let page = visitor.submit(&page, &[("username", "glen@globex.example"), ("password", PASSWORD)]).await;
    let (code, description) = house.application.error(&begun, &page);
    assert_eq!(code, "access_denied");
    assert!(description.starts_with(&format!("user {glen} is not part of the org_")), "{description}");
    assert_eq!(page.status, 303);
    assert!(page.header("set-cookie").is_none());
}

async fn a_connection_disabled_after_the_page_was_drawn_takes_no_password(mode: Mode) {
    let house = house_with(mode, "").await;
    let visitor = Visitor::new();
    let (begun, page) = house.page(&visitor).await;
    house.gateway.admin.disable(&house.acme, &house.acme_people).await;
    let page = visitor.submit(&page, &[("username", EMAIL), ("password", PASSWORD)]).await;
    assert_eq!(house.application.error(&begun, &page).0, "access_denied");
    assert!(page.header("set-cookie").is_none());
}

#[tokio::test]
async fn empty_fields_are_asked_for_again() {
    let house = house().await;
    for (typed, password) in [("", ""), ("  ", PASSWORD), (EMAIL, "")] {
        let page = house.attempt(typed, password).await;
        assert_eq!((page.status, error(&page).as_str()), (400, "Enter your email or username and your password."));
        assert_eq!(identifier(&page).trim(), typed.trim());
    }
}

#[tokio::test]
async fn a_form_from_another_page_signs_nobody_in() {
    let house = house().await;
    let visitor = Visitor::new();
    let (_, page) = house.page(&visitor).await;
    let action = page.forms()[0].action.clone();
    let ours = house.gateway.origin.as_str();
    let forged: [&[(&str, &str)]; 8] = [
        &[("origin", "https://evil.example")],
        &[("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")],
        &[("origin", "null")],
        &[("origin", "null"), ("sec-fetch-site", "same-origin")],
        &[("origin", ours), ("sec-fetch-site", "cross-site")],
        &[("origin", ours), ("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[],
    ];
    for headers in forged {
        let mut request = visitor.request(Method::POST, action.as_str());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let page = visitor.send(request.form(&[("username", EMAIL), ("password", PASSWORD)])).await;
        assert_eq!(page.status, 403, "{headers:?}");
        assert!(page.header("set-cookie").is_none() && page.header("location").is_none(), "{headers:?}");
        assert!(page.text_of("#request-id").is_some(), "{}", page.text());
    }
}

#[tokio::test]
async fn a_form_of_another_kind_is_answered_with_a_page() {
    let house = house().await;
    let visitor = Visitor::new();
    let (_, page) = house.page(&visitor).await;
    let action = page.forms()[0].action.clone();
    for body in ["{\"username\":\"ann\"}", "username=a&username=b&password=c", "", "\u{0}", "username=%ff&password=%ff"]
    {
        let request = visitor.request(Method::POST, action.as_str()).header("origin", &house.gateway.origin);
        let page = visitor.send(request.body(body)).await;
        assert_eq!(page.status, 400, "{body}: {}", page.text());
        assert!(page.content_type().starts_with("text/html"), "{body}");
    }
    // A form for no organization at all.
    let begun = house.application.begin(&[]);
    let page = visitor.post_form(begun.url.replace("/authorize?", "/login/password?"), &[("username", EMAIL)]).await;
    assert_eq!(house.application.error(&begun, &page).0, "invalid_request");
    assert_eq!(visitor.get(action).await.status, 405);
}

#[tokio::test]
async fn a_blocked_user_is_told_so_only_with_the_right_password() {
    let house = house().await;
    house.gateway.admin.update(&format!("/users/{}", house.ann.replace('|', "%7C")), json!({ "blocked": true })).await;
    let wrong = house.attempt(EMAIL, "wrong").await;
    assert_eq!((wrong.status, error(&wrong).as_str()), (400, "Wrong email, username or password."));
    let visitor = Visitor::new();
    let (begun, page) = house.page(&visitor).await;
    let page = visitor.submit(&page, &[("username", EMAIL), ("password", PASSWORD)]).await;
    let refused = house.application.error(&begun, &page);
    assert_eq!(refused, ("access_denied".to_owned(), "user is blocked".to_owned()));
    assert!(page.header("set-cookie").is_none());
}

#[tokio::test]
async fn another_organizations_passwords_open_nothing() {
    let house = house().await;
    let glen = "glen@globex.example";
    house.gateway.admin.person("globex-people", glen, PASSWORD).await;
    let page = house.attempt(glen, PASSWORD).await;
    assert_eq!((page.status, error(&page).as_str()), (400, "Wrong email, username or password."));
    let visitor = Visitor::new();
    for name in ["globex-people", "no-such-connection"] {
        let begun = house.application.begin(&[("organization", "acme"), ("connection", name)]);
        let action = begun.url.replace("/authorize?", "/login/password?");
        let page = visitor.post_form(action, &[("username", glen), ("password", PASSWORD)]).await;
        let refused = house.application.error(&begun, &page);
        assert_eq!(refused, ("access_denied".to_owned(), "the connection is not enabled for this login".to_owned()));
    }
}

#[tokio::test]
async fn every_one_of_several_databases_can_be_reached() {
    let house = house().await;
    let admin = &house.gateway.admin;
    let guests = admin.database("guests").await;
    admin.enable(&house.acme, &guests, true).await;
    let gus = admin.person("guests", "gus@guests.example", PASSWORD).await;
    let visitor = Visitor::new();
    let (begun, page) = house.page(&visitor).await;
    assert_eq!(page.option_titles(), ["Continue with guests"]);
    let page = visitor.click(&page, "Continue with guests").await;
    assert_eq!(page.option_titles(), ["Continue with acme-people"], "and back again");
    let page = visitor.submit(&page, &[("username", "gus@guests.example"), ("password", PASSWORD)]).await;
    assert_eq!(house.application.id_claims(&begun, &page).await["sub"], gus.as_str());
}

#[tokio::test]
async fn the_login_hint_stands_in_the_field_and_the_password_field_is_empty() {
    let house = house().await;
    let begun = house.application.begin(&[("organization", "acme"), ("login_hint", "x@\"y.example")]);
    let page = Visitor::new().get(&begun.url).await;
    assert_eq!(identifier(&page), "x@\"y.example");
    assert!(page.forms()[0].values.contains(&("password".to_owned(), String::new())));
}
