//! Signing in by a code sent by e-mail.

use reqwest::Method;
use serde_json::{Value, json};

use crate::matrix;
use crate::support::application::{Application, Begun};
use crate::support::gateway::{Gateway, Mode, id, text};
use crate::support::http::{Page, Visitor};

const ANN: &str = "ann@acme.example";

matrix! {
    a_person_signs_in_by_the_code_that_was_sent_to_them,
    an_unknown_address_is_answered_like_a_known_one_and_gets_no_code,
    codes_that_are_wrong_or_used_get_one_answer,
}

/// Acme and Globex sign in by codes; Acme makes members of whoever comes, Globex of nobody.
struct House {
    gateway: Gateway,
    application: Application,
    acme: String,
    globex: String,
    codes: String,
}

async fn house_with(mode: Mode, settings: &str, options: Value) -> House {
    let gateway = Gateway::start_with(mode, settings).await;
    let admin = &gateway.admin;
    let (acme, globex) = (admin.organization("acme").await, admin.organization("globex").await);
    let connection = json!({ "name": "email", "strategy": "email", "display_name": "Email", "options": options });
    let codes = id(&admin.create("/connections", connection).await);
    admin.enable(&acme, &codes, true).await;
    admin.enable(&globex, &codes, false).await;
    let application = Application::register(&gateway, json!({ "organization_usage": "allow" })).await;
    House { gateway, application, acme, globex, codes }
}

async fn house() -> House {
    house_with(Mode::SqliteEmbedded, "", json!({})).await
}

impl House {
    fn begin(&self, organization: &str) -> Begun {
        self.application.begin(&[("organization", organization)])
    }

    /// Asks for a code on the page of a begun login: the page that asks for it.
    async fn ask(&self, visitor: &Visitor, begun: &Begun, address: &str) -> Page {
        let page = visitor.get(&begun.url).await;
        let sent = visitor.submit(&page, &[("email", address)]).await;
        assert_eq!(sent.status, 303, "{}", sent.text());
        visitor.get(sent.location()).await
    }

    /// A whole login.
    async fn sign_in(&self, begun: &Begun, address: &str) -> (Visitor, Page) {
        let visitor = Visitor::new();
        let page = self.ask(&visitor, begun, address).await;
        let code = self.gateway.mail_to(&address.to_lowercase()).await.code();
        let page = visitor.submit(&page, &[("code", &code)]).await;
        (visitor, page)
    }
}

fn error(page: &Page) -> String {
    page.text_of("#code-error").unwrap_or_default()
}

/// A code that is not this one.
fn other(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

const WRONG: &str = "This code is wrong or no longer valid. Check it, or send a new one.";

async fn a_person_signs_in_by_the_code_that_was_sent_to_them(mode: Mode) {
    let house = house_with(mode, "", json!({})).await;
    let (begun, visitor) = (house.begin("acme"), Visitor::new());
    let page = house.ask(&visitor, &begun, " Ann@ACME.example ").await;
    assert_eq!(page.text_of("#code-sent").unwrap(), "Enter the code we sent to Ann@ACME.example");
    let mail = house.gateway.mail_to(ANN).await;
    assert_eq!(mail.subject, "Your code for Acme");
    assert!(mail.text.contains("valid for 10 minutes"), "{}", mail.text);
    let code = mail.code();
    let page = visitor.submit(&page, &[("code", &format!(" {} {}", &code[..3], &code[3..]))]).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let claims = house.application.id_claims(&begun, &page).await;
    assert_eq!((&claims["email"], &claims["email_verified"]), (&json!(ANN), &json!(true)));
    assert_eq!(claims["org_id"], house.acme.as_str());
    let user = claims["sub"].as_str().unwrap().to_owned();
    assert!(user.strip_prefix("email|").is_some_and(|digits| digits.len() == 24), "{user}");
    assert_eq!(house.gateway.admin.member_ids(&house.acme).await, [user.as_str()]);
    // The session answers the next login, and the next code brings the same user.
    let again = house.begin("acme");
    assert_eq!(house.application.id_claims(&again, &visitor.get(&again.url).await).await["sub"], user.as_str());
    let begun = house.begin("acme");
    let (_, page) = house.sign_in(&begun, ANN).await;
    assert_eq!(house.application.id_claims(&begun, &page).await["sub"], user.as_str());
}

async fn an_unknown_address_is_answered_like_a_known_one_and_gets_no_code(mode: Mode) {
    let house = house_with(mode, "", json!({ "disable_signup": true })).await;
    house.gateway.admin.create("/users", json!({ "connection": "email", "email": ANN })).await;
    let begun = house.begin("acme");
    let (known, unknown) = (Visitor::new(), Visitor::new());
    let known_page = house.ask(&known, &begun, ANN).await;
    let unknown_page = house.ask(&unknown, &begun, "bob@acme.example").await;
    let masked = |page: &Page, address: &str| {
        let challenge = page.url.query_pairs().find(|(name, _)| name == "challenge").unwrap().1.into_owned();
        let encoded = address.replace('@', "%40");
        page.text().replace(&challenge, "CHALLENGE").replace(address, "ADDRESS").replace(&encoded, "ADDRESS")
    };
    assert_eq!(masked(&known_page, ANN), masked(&unknown_page, "bob@acme.example"));
    let code = house.gateway.mail_to(ANN).await.code();
    let wrong = known.submit(&known_page, &[("code", other(&code))]).await;
    let unknown_wrong = unknown.submit(&unknown_page, &[("code", &code)]).await;
    assert_eq!((wrong.status, error(&wrong).as_str()), (400, WRONG));
    assert_eq!((unknown_wrong.status, error(&unknown_wrong).as_str()), (400, WRONG));
    assert_eq!(known.submit(&known_page, &[("code", &code)]).await.status, 303);
    assert!(house.gateway.find_mail_to("bob@acme.example").is_none());
    assert_eq!(house.gateway.admin.user_ids().await.len(), 1);
}

async fn codes_that_are_wrong_or_used_get_one_answer(mode: Mode) {
    let house = house_with(mode, "login.password_failures = 100", json!({})).await;
    let (begun, visitor) = (house.begin("acme"), Visitor::new());
    let first = house.ask(&visitor, &begun, ANN).await;
    let older = house.gateway.mail_to(ANN).await.code();
    let sent = visitor.submit(&first, &[("email", ANN)]).await;
    let second = visitor.get(sent.location()).await;
    let code = house.gateway.mail_to(ANN).await.code();
    // The code of this address for another organization, and for another application.
    for begun in [
        house.begin("globex"),
        Application::register(&house.gateway, json!({})).await.begin(&[("organization", "acme")]),
    ] {
        let url = begun.url.replace("/authorize?", "/login/email/code?");
        let query: Vec<_> =
            second.url.query_pairs().filter(|(name, _)| ["email", "challenge"].contains(&&**name)).collect();
        let mut url = url::Url::parse(&url).unwrap();
        url.query_pairs_mut().append_pair("connection", "email").extend_pairs(query);
        let page = visitor.post_form(url, &[("code", &code)]).await;
        assert_eq!((page.status, error(&page).as_str()), (400, WRONG), "{}", page.url);
        assert!(page.header("set-cookie").is_none());
    }
    let page = visitor.submit(&second, &[("code", other(&code))]).await;
    assert_eq!((page.status, error(&page).as_str()), (400, WRONG));
    assert_eq!(visitor.submit(&second, &[("code", &code)]).await.status, 303);
    let page = Visitor::new().submit(&second, &[("code", &code)]).await;
    assert_eq!((page.status, error(&page).as_str()), (400, WRONG), "used");
    let page = Visitor::new().submit(&first, &[("code", &older)]).await;
    assert_eq!((page.status, error(&page).as_str()), (400, WRONG), "the newer one did the work of both");
    assert!(page.header("set-cookie").is_none());
    assert_eq!(house.gateway.admin.user_ids().await.len(), 1);
}

#[tokio::test]
async fn a_code_works_although_somebody_asked_for_another_meanwhile() {
    let house = house().await;
    let (begun, visitor) = (house.begin("acme"), Visitor::new());
    let page = house.ask(&visitor, &begun, ANN).await;
    let code = house.gateway.mail_to(ANN).await.code();
    for _ in 0..4 {
        house.ask(&Visitor::new(), &begun, ANN).await;
    }
    assert_eq!(visitor.submit(&page, &[("code", &code)]).await.status, 303);
}

#[tokio::test]
async fn a_code_that_was_guessed_at_five_times_is_worth_nothing() {
    let house = house().await;
    let (begun, visitor) = (house.begin("acme"), Visitor::new());
    let page = house.ask(&visitor, &begun, ANN).await;
    let code = house.gateway.mail_to(ANN).await.code();
    for _ in 0..5 {
        assert_eq!(error(&visitor.submit(&page, &[("code", other(&code))]).await), WRONG);
    }
    let late = visitor.submit(&page, &[("code", &code)]).await;
    assert_eq!((late.status, error(&late).as_str()), (400, WRONG));
    assert_eq!(house.gateway.admin.user_ids().await, [""; 0]);
}

#[tokio::test]
async fn a_code_that_is_too_old_is_worth_nothing() {
    let house = house().await;
    let (begun, visitor) = (house.begin("acme"), Visitor::new());
    let page = house.ask(&visitor, &begun, ANN).await;
    let code = house.gateway.mail_to(ANN).await.code();
    let mut database = house.gateway.database().await;
    sqlx::query("UPDATE challenges SET expires_at = 1").execute(&mut database).await.unwrap();
    let late = visitor.submit(&page, &[("code", &code)]).await;
    assert_eq!((late.status, error(&late).as_str()), (400, WRONG));
}

#[tokio::test]
async fn guesses_over_several_codes_must_wait_and_the_owners_own_network_need_not() {
    let settings =
        "login.password_failures = 3\nlogin.password_wait_seconds = 600\nserver.trusted_proxies = [\"127.0.0.0/8\"]";
    let house = house_with(Mode::SqliteEmbedded, settings, json!({})).await;
    let try_from = async |network: &str, page: &Page, code: &str| {
        let visitor = Visitor::new();
        let request = visitor.request(Method::POST, page.url.as_str());
        let request = request.header("origin", &house.gateway.origin).header("x-forwarded-for", network);
        visitor.send(request.form(&[("code", code)])).await
    };
    let begun = house.begin("acme");
    let page = house.ask(&Visitor::new(), &begun, ANN).await;
    let code = house.gateway.mail_to(ANN).await.code();
    assert_eq!(try_from("203.0.113.1", &page, &code).await.status, 303, "the owner's own network");
    let page = house.ask(&Visitor::new(), &begun, ANN).await;
    let code = house.gateway.mail_to(ANN).await.code();
    for number in 0..3 {
        let wrong = try_from(&format!("198.51.100.{number}"), &page, other(&code)).await;
        assert_eq!((wrong.status, error(&wrong).as_str()), (400, WRONG));
    }
    let page = house.ask(&Visitor::new(), &begun, ANN).await;
    let code = house.gateway.mail_to(ANN).await.code();
    let waits = try_from("198.51.100.9", &page, &code).await;
    assert_eq!(waits.status, 429, "even the right one");
    assert!(error(&waits).contains("Wait 10 minutes"), "{}", error(&waits));
    assert!(waits.header("retry-after").is_some());
    assert_eq!(try_from("203.0.113.1", &page, &code).await.status, 303);
}

#[tokio::test]
async fn an_address_gets_only_so_many_codes() {
    let house = house_with(Mode::SqliteEmbedded, "login.mails_per_hour = 2", json!({})).await;
    let (begun, visitor) = (house.begin("acme"), Visitor::new());
    house.ask(&visitor, &begun, ANN).await;
    let page = house.ask(&visitor, &begun, ANN).await;
    let page = visitor.submit(&page, &[("email", ANN)]).await;
    assert_eq!(page.status, 429);
    assert!(page.text_of("#email-error").unwrap().starts_with("Too many codes were asked for. Wait"));
    assert!(page.header("retry-after").is_some());
}

#[tokio::test]
async fn who_may_not_enter_is_refused_as_everywhere() {
    let house = house().await;
    let begun = house.begin("globex");
    let (_, page) = house.sign_in(&begun, ANN).await;
    let (code, description) = house.application.error(&begun, &page);
    assert_eq!(code, "access_denied");
    let globex = &house.globex;
    assert!(description.ends_with(&format!("is not part of the {globex} organization")), "{description}");
    assert!(page.header("set-cookie").is_none());
    assert_eq!(house.gateway.admin.user_ids().await, [""; 0], "a stranger leaves nothing behind");

    let user = house.gateway.admin.create("/users", json!({ "connection": "email", "email": ANN })).await;
    let path = format!("/users/{}", text(&user, "user_id").replace('|', "%7C"));
    house.gateway.admin.update(&path, json!({ "blocked": true })).await;
    let begun = house.begin("acme");
    let (_, page) = house.sign_in(&begun, ANN).await;
    assert_eq!(house.application.error(&begun, &page).1, "user is blocked");

    let visitor = Visitor::new();
    let page = house.ask(&visitor, &begun, "bob@acme.example").await;
    let code = house.gateway.mail_to("bob@acme.example").await.code();
    house.gateway.admin.disable(&house.acme, &house.codes).await;
    let page = visitor.submit(&page, &[("code", &code)]).await;
    assert_eq!(house.application.error(&begun, &page).0, "access_denied");
}

#[tokio::test]
async fn a_connection_decides_the_sender_the_subject_and_the_time() {
    let options = json!({
        "email": { "from": "{{ application.name }} <hello@acme.example>", "subject": "{{ code }} is your code\r\nBcc: x" },
        "totp": { "time_step": 120 },
    });
    let refused = json!({ "name": "email", "strategy": "email", "options": options });
    let house = house().await;
    assert_eq!(house.gateway.admin.call("POST", "/connections", Some(refused)).await.status, 400, "a line break");
    let options = json!({
        "email": { "from": "{{ application.name }} <hello@acme.example>", "subject": "{{ code }} is your code" },
        "totp": { "time_step": 120 },
    });
    house.gateway.admin.update(&format!("/connections/{}", house.codes), json!({ "options": options })).await;
    house.ask(&Visitor::new(), &house.begin("acme"), ANN).await;
    let mail = house.gateway.mail_to(ANN).await;
    assert_eq!(
        (mail.from.as_str(), mail.subject.as_str()),
        ("hello@acme.example", format!("{} is your code", mail.code()).as_str())
    );
    assert!(mail.text.contains("valid for 2 minutes"), "{}", mail.text);
}

#[tokio::test]
async fn what_is_typed_wrongly_is_asked_for_again() {
    let house = house().await;
    let (begun, visitor) = (house.begin("acme"), Visitor::new());
    let page = visitor.get(&begun.url).await;
    for typed in ["", "ann", "a b@acme.example", "a@b@c", "\u{0}@acme.example"] {
        let page = visitor.submit(&page, &[("email", typed)]).await;
        assert_eq!((page.status, page.text_of("#email-error").unwrap().as_str()), (400, "Enter your email address."));
    }
    let page = house.ask(&visitor, &begun, ANN).await;
    for typed in ["", "12345", "1234567", "abcdef"] {
        let page = visitor.submit(&page, &[("code", typed)]).await;
        assert_eq!((page.status, error(&page).as_str()), (400, "Enter the six digits of the code."));
    }
    let first = visitor.click(&page, "Use another email address").await;
    assert_eq!(first.forms().len(), 1);
    let ways = visitor.click(&first, "Other ways to sign in").await;
    assert!(ways.forms()[0].has("email"), "{}", ways.text());
}

#[tokio::test]
async fn an_application_has_a_code_sent_where_no_organization_is_asked_for() {
    let house = house().await;
    let start = |body: Value| {
        let visitor = Visitor::new();
        let url = house.gateway.url("/passwordless/start");
        async move { visitor.send(visitor.request(Method::POST, &url).json(&body)).await }
    };
    let client_id = &house.application.client_id;
    let body = json!({ "client_id": client_id, "connection": "email", "email": "Ann@acme.example", "send": "code" });
    assert_eq!(start(body.clone()).await.json()["error"], "bad.connection", "enabled for organizations only");
    let enabled = json!([{ "client_id": client_id, "status": true }]);
    house.gateway.admin.done("PATCH", &format!("/connections/{}/clients", house.codes), Some(enabled)).await;
    let answer = start(body.clone()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = answer.json();
    assert_eq!((&answer["email"], &answer["email_verified"]), (&json!(ANN), &json!(false)));
    // The code opens the code page of a login without an organization.
    let begun =
        house.application.begin(&[("connection", "email"), ("email", ANN), ("challenge", &text(&answer, "_id"))]);
    let visitor = Visitor::new();
    let page = visitor.get(begun.url.replace("/authorize?", "/login/email/code?")).await;
    let page = visitor.submit(&page, &[("code", &house.gateway.mail_to(ANN).await.code())]).await;
    let claims = house.application.id_claims(&begun, &page).await;
    assert_eq!((&claims["email"], &claims["org_id"]), (&json!(ANN), &Value::Null));
    for (member, value, error) in
        [("email", "ann", "bad.email"), ("client_id", "x", "bad.client_id"), ("send", "link", "bad.send")]
    {
        let mut body = body.clone();
        body[member] = json!(value);
        let answer = start(body).await;
        assert_eq!((answer.status, &answer.json()["error"]), (400, &json!(error)));
    }
}
