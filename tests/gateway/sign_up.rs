//! Signing up at a database connection: the address is proved before an account exists.

use serde_json::json;

use crate::matrix;
use crate::support::application::{Application, Begun};
use crate::support::gateway::{Gateway, Mode, text};
use crate::support::http::{Page, Visitor};

const EMAIL: &str = "new@acme.example";
const PASSWORD: &str = "correct horse battery";

matrix! {
    who_signs_up_proves_the_address_first_and_is_signed_in_as_a_member,
}

/// Acme's people may sign up, Globex's may not.
struct House {
    gateway: Gateway,
    application: Application,
    acme: String,
    people: String,
}

async fn house_with(mode: Mode, settings: &str) -> House {
    let gateway = Gateway::start_with(mode, settings).await;
    let admin = &gateway.admin;
    let acme = admin.organization("acme").await;
    let globex = admin.organization("globex").await;
    let people = admin.database("people").await;
    for (organization, may_sign_up) in [(&acme, true), (&globex, false)] {
        let body = json!({
            "connection_id": people, "assign_membership_on_login": true, "is_signup_enabled": may_sign_up,
        });
        admin.create(&format!("/organizations/{organization}/enabled_connections"), body).await;
    }
    let application = Application::register(&gateway, json!({})).await;
    House { gateway, application, acme, people }
}

impl House {
    async fn new() -> Self {
        house_with(Mode::SqliteEmbedded, "").await
    }

    fn begin(&self, more: &[(&str, &str)]) -> Begun {
        let usual = [("organization", "acme"), ("connection", "people"), ("screen_hint", "signup")];
        let usual = usual.into_iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name));
        let all: Vec<_> = usual.chain(more.iter().copied()).collect();
        self.application.begin(&all)
    }

    /// The second page, after the address was sent.
    async fn account_page(&self, visitor: &Visitor, email: &str) -> (Begun, Page) {
        let begun = self.begin(&[]);
        let page = visitor.get(&begun.url).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let page = visitor.submit(&page, &[("email", email)]).await;
        assert_eq!(page.status, 303, "{}", page.text());
        let page = visitor.get(page.location()).await;
        assert_eq!(page.status, 200, "{}", page.text());
        (begun, page)
    }
}

fn error(page: &Page) -> String {
    page.text_of("#sign-up-error").unwrap_or_default()
}

async fn who_signs_up_proves_the_address_first_and_is_signed_in_as_a_member(mode: Mode) {
    let house = house_with(mode, "").await;
    let visitor = Visitor::new();
    let (begun, page) = house.account_page(&visitor, " New@Acme.Example ").await;
    assert!(house.gateway.admin.user_ids().await.is_empty(), "no account yet");
    let code = house.gateway.mail_to(EMAIL).await.code();
    let wrong = visitor.submit(&page, &[("code", "000000x"), ("password", PASSWORD)]).await;
    assert_eq!((wrong.status, error(&wrong).contains("wrong or no longer valid")), (400, true), "{}", wrong.text());
    assert!(!wrong.text().contains(PASSWORD));
    let spaced = format!(" {}-{} ", &code[..3], &code[3..]);
    let done = visitor.submit(&wrong, &[("code", &spaced), ("password", PASSWORD)]).await;
    assert_eq!(done.status, 303, "{}", done.text());
    let claims = house.application.id_claims(&begun, &done).await;
    assert_eq!((&claims["email"], &claims["email_verified"]), (&json!(EMAIL), &json!(true)));
    assert_eq!(claims["org_id"], house.acme.as_str());
    let user = claims["sub"].as_str().unwrap().to_owned();
    assert_eq!(house.gateway.admin.member_ids(&house.acme).await, [user]);
    // The code was used up; the session is there.
    let twice = visitor.submit(&page, &[("code", &code), ("password", PASSWORD)]).await;
    assert_eq!(twice.status, 400);
    assert_eq!(visitor.get(&house.application.begin(&[("organization", "acme")]).url).await.status, 303);
}

#[tokio::test]
async fn an_address_with_an_account_is_told_nothing_but_a_mail_to_its_owner() {
    let house = House::new().await;
    house.gateway.admin.person("people", EMAIL, PASSWORD).await;
    let visitor = Visitor::new();
    let (_, known) = house.account_page(&visitor, EMAIL).await;
    let (_, unknown) = house.account_page(&visitor, "other@acme.example").await;
    // Without the addresses, which hold the application's own random values.
    let masked = |page: &Page, email: &str| {
        let text = page.text().replace(email, "").replace("href=\"", "action=\"");
        let parts = text.split("action=\"").map(|part| part.split_once('"').map_or(part, |(_, rest)| rest).to_owned());
        parts.collect::<String>()
    };
    assert_eq!(masked(&known, EMAIL), masked(&unknown, "other@acme.example"));
    let mail = house.gateway.mail_to(EMAIL).await;
    assert!(mail.subject.contains("account"), "{}", mail.subject);
    assert_eq!(house.gateway.mail_to("other@acme.example").await.code().len(), 6);
    let page = visitor.submit(&known, &[("code", "123456"), ("password", PASSWORD)]).await;
    assert_eq!((page.status, error(&page).contains("wrong or no longer valid")), (400, true), "{}", page.text());
}

#[tokio::test]
async fn a_code_proves_its_own_address_only_and_few_guesses_are_allowed() {
    let house = House::new().await;
    let visitor = Visitor::new();
    let (_, page) = house.account_page(&visitor, EMAIL).await;
    let code = house.gateway.mail_to(EMAIL).await.code();
    let other = page.url.as_str().replace("new%40acme", "eve%40acme");
    assert_ne!(other, page.url.as_str());
    let form = [("code", code.as_str()), ("password", PASSWORD)];
    assert_eq!(visitor.post_form(&other, &form).await.status, 400, "somebody else's address");
    let wrong = if code == "999999" { "999998" } else { "999999" };
    for _ in 0..4 {
        visitor.submit(&page, &[("code", wrong), ("password", PASSWORD)]).await;
    }
    let page = visitor.submit(&page, &form).await;
    assert_eq!((page.status, error(&page).contains("wrong or no longer valid")), (400, true), "{}", page.text());
    assert!(house.gateway.admin.user_ids().await.is_empty());
}

#[tokio::test]
async fn a_weak_password_is_told_in_words_and_the_code_stays_good() {
    let house = House::new().await;
    let visitor = Visitor::new();
    let (begun, page) = house.account_page(&visitor, EMAIL).await;
    assert!(page.text_of("#password-hint").unwrap().contains("At least 8 characters."), "{}", page.text());
    let code = house.gateway.mail_to(EMAIL).await.code();
    let cases = [("short", "It needs at least 8 characters."), ("Password1!", "easy to guess")];
    for (password, told) in cases {
        let page = visitor.submit(&page, &[("code", &code), ("password", password)]).await;
        assert_eq!(page.status, 400);
        assert!(error(&page).contains(told), "{}", error(&page));
    }
    let done = visitor.submit(&page, &[("code", &code), ("password", PASSWORD)]).await;
    assert_eq!(house.application.id_claims(&begun, &done).await["email"], EMAIL);
}

#[tokio::test]
async fn a_user_name_is_asked_for_where_the_connection_wants_one_and_is_nobody_elses() {
    let house = House::new().await;
    let admin = &house.gateway.admin;
    admin.update(&format!("/connections/{}", house.people), json!({ "options": { "requires_username": true } })).await;
    let bob = json!({ "connection": "people", "email": "bob@acme.example", "username": "bob", "password": PASSWORD });
    admin.create("/users", bob).await;
    let visitor = Visitor::new();
    let (begun, page) = house.account_page(&visitor, EMAIL).await;
    let code = house.gateway.mail_to(EMAIL).await.code();
    for (username, told) in [("a@b", "1 to 15 characters"), ("BOB", "is taken")] {
        let fields = [("code", code.as_str()), ("username", username), ("password", PASSWORD)];
        let page = visitor.submit(&page, &fields).await;
        assert_eq!(page.status, 400, "{}", page.text());
        assert!(error(&page).contains(told), "{}", error(&page));
    }
    let done = visitor.submit(&page, &[("code", &code), ("username", "Ann"), ("password", PASSWORD)]).await;
    let user = text(&house.application.id_claims(&begun, &done).await, "sub");
    assert_eq!(admin.get(&format!("/users/{}", user.replace('|', "%7C"))).await["username"], "ann");
}

#[tokio::test]
async fn where_sign_up_is_off_no_page_makes_an_account() {
    let house = House::new().await;
    let visitor = Visitor::new();
    let begun = house.begin(&[("organization", "globex")]);
    for path in ["/login/sign-up?", "/login/sign-up/account?"] {
        let url = begun.url.replace("/authorize?", path);
        let page = visitor.post_form(&url, &[("email", EMAIL), ("code", "1"), ("password", PASSWORD)]).await;
        assert_eq!(page.status, 403, "{path}: {}", page.text());
    }
    assert!(house.gateway.find_mail_to(EMAIL).is_none());
}

#[tokio::test]
async fn a_form_from_another_page_makes_no_account() {
    let house = House::new().await;
    let visitor = Visitor::new();
    let (_, page) = house.account_page(&visitor, EMAIL).await;
    let code = house.gateway.mail_to(EMAIL).await.code();
    let fields = [("code", code.as_str()), ("password", PASSWORD)];
    let forged = visitor.post_form_from("https://evil.example", "cross-site", page.url.as_str(), &fields).await;
    assert_eq!(forged.status, 403);
    assert!(house.gateway.admin.user_ids().await.is_empty());
}

#[tokio::test]
async fn a_network_that_asks_for_many_mails_must_wait() {
    let house = house_with(Mode::SqliteEmbedded, "login.mails_per_hour = 2").await;
    let visitor = Visitor::new();
    for _ in 0..2 {
        house.account_page(&visitor, EMAIL).await;
    }
    let page = visitor.get(&house.begin(&[]).url).await;
    let page = visitor.submit(&page, &[("email", EMAIL)]).await;
    assert_eq!(page.status, 429, "{}", page.text());
    assert!(page.header("retry-after").is_some());
    let page = visitor.submit(&page, &[("email", "no address")]).await;
    assert_eq!(page.status, 400);
}
