//! A forgotten password: a link by mail, a new password, and back to the login it came from.

use serde_json::json;

use crate::matrix;
use crate::support::application::{Application, Begun};
use crate::support::gateway::{Gateway, Mode, text};
use crate::support::http::{Page, Visitor};

const EMAIL: &str = "ann@acme.example";
const PASSWORD: &str = "correct horse battery";
const NEW: &str = "violet kettle orbit";

matrix! {
    who_forgot_the_password_chooses_a_new_one_and_every_session_ends,
}

struct House {
    gateway: Gateway,
    application: Application,
    people: String,
    ann: String,
}

async fn house_with(mode: Mode, settings: &str) -> House {
    let gateway = Gateway::start_with(mode, settings).await;
    let admin = &gateway.admin;
    let acme = admin.organization("acme").await;
    let people = admin.database("people").await;
    admin.enable(&acme, &people, true).await;
    let ann = json!({ "connection": "people", "email": EMAIL, "email_verified": false, "password": PASSWORD });
    let ann = text(&admin.create("/users", ann).await, "user_id");
    let application = Application::register(&gateway, json!({})).await;
    House { gateway, application, people, ann }
}

async fn house() -> House {
    house_with(Mode::SqliteEmbedded, "").await
}

impl House {
    fn begin(&self) -> Begun {
        self.application.begin(&[("organization", "acme"), ("connection", "people")])
    }

    async fn sign_in(&self, visitor: &Visitor, password: &str) -> (Begun, Page) {
        let begun = self.begin();
        let page = visitor.get(&begun.url).await;
        let page = visitor.submit(&page, &[("username", EMAIL), ("password", password)]).await;
        (begun, page)
    }

    /// Asks for a link and answers the page that says so.
    async fn ask(&self, email: &str) -> Page {
        let visitor = Visitor::new();
        let page = visitor.get(self.begin().url.replace("/authorize?", "/login/reset?")).await;
        assert_eq!(page.status, 200, "{}", page.text());
        visitor.submit(&page, &[("email", email)]).await
    }

    async fn link(&self) -> String {
        assert_eq!(self.ask(EMAIL).await.status, 200);
        self.gateway.mail_to(EMAIL).await.link()
    }

    async fn ann(&self) -> serde_json::Value {
        self.gateway.admin.get(&format!("/users/{}", self.ann.replace('|', "%7C"))).await
    }
}

async fn who_forgot_the_password_chooses_a_new_one_and_every_session_ends(mode: Mode) {
    let house = house_with(mode, "").await;
    let before = Visitor::new();
    assert_eq!(house.sign_in(&before, PASSWORD).await.1.status, 303);
    let link = house.link().await;
    assert!(link.starts_with(&format!("{}/login/reset/password?ticket=", house.gateway.origin)), "{link}");
    let visitor = Visitor::new();
    for _ in 0..2 {
        // Whoever only looks, such as a scanner of mail, uses nothing up.
        assert_eq!(visitor.get(&link).await.status, 200);
    }
    let page = visitor.get(&link).await;
    let weak = visitor.submit(&page, &[("password", "Password1!")]).await;
    assert_eq!(weak.status, 400);
    assert!(weak.text_of("#password-error").unwrap().contains("easy to guess"), "{}", weak.text());
    let saved = visitor.submit(&page, &[("password", NEW)]).await;
    assert_eq!(saved.status, 200, "{}", saved.text());
    assert!(house.gateway.mail_to(EMAIL).await.subject.contains("was changed"));
    // Back to the login it came from, and in with the new password only.
    let login = visitor.click(&saved, "Back to sign in").await;
    assert_eq!(login.status, 200, "{}", login.text());
    let done = visitor.submit(&login, &[("username", EMAIL), ("password", NEW)]).await;
    assert_eq!(done.status, 303, "{}", done.text());
    assert_eq!(house.sign_in(&Visitor::new(), PASSWORD).await.1.status, 400);
    assert_eq!(before.get(&house.begin().url).await.status, 200, "the session from before has ended");
    assert_eq!(house.ann().await["email_verified"], true, "who follows the link has the address");
    assert_eq!(visitor.get(&link).await.status, 403, "a link is used once");
    assert_eq!(visitor.submit(&page, &[("password", "another violet kettle")]).await.status, 403);
}

#[tokio::test]
async fn an_unknown_address_gets_the_same_page_and_no_mail() {
    let house = house().await;
    let (known, unknown) = (house.ask(EMAIL).await, house.ask("nobody@acme.example").await);
    let masked = |page: &Page, email: &str| {
        let text = page.text().replace(email, "").replace(&email.replace('@', "&#64;"), "");
        text.split("href=\"")
            .map(|part| part.split_once('"').map_or(part, |(_, rest)| rest).to_owned())
            .collect::<String>()
    };
    assert_eq!((known.status, masked(&known, EMAIL)), (unknown.status, masked(&unknown, "nobody@acme.example")));
    assert!(known.text_of("#request-id").is_none());
    house.gateway.mail_to(EMAIL).await;
    assert!(house.gateway.find_mail_to("nobody@acme.example").is_none());
    assert_eq!(house.ask("no address").await.status, 400);
}

#[tokio::test]
async fn whoever_asks_for_a_link_ends_no_other_and_the_first_that_is_used_ends_all() {
    let house = house().await;
    let body = json!({ "user_id": house.ann });
    let given = text(&house.gateway.admin.create("/tickets/password-change", body).await, "ticket");
    let (older, newer) = (house.link().await, house.link().await);
    let visitor = Visitor::new();
    for link in [&given, &older, &newer] {
        assert_eq!(visitor.get(link).await.status, 200, "{link}");
    }
    let page = visitor.get(&older).await;
    assert_eq!(visitor.submit(&page, &[("password", NEW)]).await.status, 200);
    for link in [&given, &older, &newer] {
        assert_eq!(visitor.get(link).await.status, 403, "{link}");
    }
}

#[tokio::test]
async fn made_up_links_are_counted_and_keep_nobody_from_their_own() {
    let house = house_with(Mode::SqliteEmbedded, "management.unknown_names_per_minute = 2").await;
    let link = house.link().await;
    assert_eq!(Visitor::new().get(&link).await.status, 200);
    let made_up =
        async |page: &str| Visitor::new().get(house.gateway.url(&format!("/login/{page}?ticket=made-up"))).await.status;
    assert_eq!((made_up("reset/password").await, made_up("verify-email").await), (403, 403));
    assert_eq!((made_up("reset/password").await, made_up("verify-email").await), (429, 429));
    assert_eq!(Visitor::new().get(&link).await.status, 200);
}

#[tokio::test]
async fn a_made_up_link_opens_nothing() {
    let house = house().await;
    let (newer, visitor) = (house.link().await, Visitor::new());
    for ticket in ["", "x", "%00", &"x".repeat(500)] {
        let page = visitor.get(house.gateway.url(&format!("/login/reset/password?ticket={ticket}"))).await;
        assert_eq!(page.status, 403, "{ticket}");
        assert!(page.text().contains("This link is no longer valid"), "{}", page.text());
    }
    // A link to change the password verifies nothing by another door.
    let other = newer.replace("/login/reset/password?", "/login/verify-email?");
    assert_eq!(visitor.get(other).await.status, 403);
}

#[tokio::test]
async fn a_password_that_an_administrator_changed_meanwhile_ends_the_link() {
    let house = house().await;
    let link = house.link().await;
    let path = format!("/users/{}", house.ann.replace('|', "%7C"));
    house.gateway.admin.update(&path, json!({ "password": NEW })).await;
    assert_eq!(Visitor::new().get(&link).await.status, 403);
    let link = house.link().await;
    house.gateway.admin.update(&path, json!({ "email": "ann@other.example" })).await;
    assert_eq!(Visitor::new().get(&link).await.status, 403, "the address is not hers any more");
}

#[tokio::test]
async fn where_people_may_not_change_passwords_themselves_no_mail_is_sent() {
    let house = house().await;
    let options = json!({ "options": { "disable_self_service_change_password": true } });
    house.gateway.admin.update(&format!("/connections/{}", house.people), options).await;
    assert_eq!(house.ask(EMAIL).await.status, 200);
    assert!(house.gateway.find_mail_to(EMAIL).is_none());
}

#[tokio::test]
async fn a_form_from_another_page_changes_no_password() {
    let house = house().await;
    let link = house.link().await;
    let visitor = Visitor::new();
    let page = visitor.get(&link).await;
    let form = page.forms().into_iter().next().unwrap();
    let ticket = form.values.iter().find(|(name, _)| name == "ticket").unwrap().1.clone();
    let fields = [("ticket", ticket.as_str()), ("password", NEW)];
    let forged = visitor.post_form_from("https://evil.example", "cross-site", form.action.as_str(), &fields).await;
    assert_eq!(forged.status, 403);
    assert_eq!(house.sign_in(&Visitor::new(), PASSWORD).await.1.status, 303);
}
