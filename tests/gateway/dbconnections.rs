//! Sign-up and password reset as applications with a form of their own call them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::matrix;
use crate::support::application::Application;
use crate::support::gateway::{Gateway, Mode};
use crate::support::http::{Page, Visitor};

const EMAIL: &str = "new@people.example";
const PASSWORD: &str = "correct horse battery";
const SENT: &str = "We've just sent you an email to reset your password.";

matrix! {
    an_application_makes_an_account_whose_address_is_verified_by_a_link,
}

struct House {
    gateway: Gateway,
    application: Application,
    people: String,
}

async fn house(mode: Mode) -> House {
    let gateway = Gateway::start(mode).await;
    let people = gateway.admin.database("people").await;
    let application = Application::register(&gateway, json!({ "organization_usage": "allow" })).await;
    let body = json!([{ "client_id": application.client_id, "status": true }]);
    gateway.admin.done("PATCH", &format!("/connections/{people}/clients"), Some(body)).await;
    House { gateway, application, people }
}

impl House {
    async fn call(&self, name: &str, mut body: Value) -> Page {
        body["client_id"] = json!(self.application.client_id);
        body["connection"] = json!("people");
        let visitor = Visitor::new();
        let request = visitor.request(Method::POST, &self.gateway.url(&format!("/dbconnections/{name}")));
        visitor.send(request.header("origin", "https://app.example").json(&body)).await
    }

    async fn sign_up(&self, email: &str, password: &str) -> Page {
        self.call("signup", json!({ "email": email, "password": password })).await
    }
}

async fn an_application_makes_an_account_whose_address_is_verified_by_a_link(mode: Mode) {
    let house = house(mode).await;
    let page = house
        .call(
            "signup",
            json!({ "email": "New@People.example", "password": PASSWORD, "given_name": "Nia",
                    "user_metadata": { "plan": "gold" } }),
        )
        .await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert_eq!(page.header("access-control-allow-origin"), Some("*"));
    let told = page.json();
    assert_eq!((&told["email"], &told["email_verified"]), (&json!(EMAIL), &json!(false)));
    assert_eq!((&told["given_name"], &told["user_metadata"]["plan"]), (&json!("Nia"), &json!("gold")));
    let path = format!("/users/auth0%7C{}", told["_id"].as_str().unwrap());
    assert_eq!(house.gateway.admin.get(&path).await["email_verified"], false);

    let link = house.gateway.mail_to(EMAIL).await.link();
    let visitor = Visitor::new();
    let page = visitor.get(&link).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert_eq!(house.gateway.admin.get(&path).await["email_verified"], false, "opening the link is not enough");
    let done = visitor.submit(&page, &[("password", "seven green umbrellas")]).await;
    assert_eq!(done.status, 200, "{}", done.text());
    assert_eq!(house.gateway.admin.get(&path).await["email_verified"], true);
    assert_eq!(visitor.get(&link).await.status, 403, "used once");
}

#[tokio::test]
async fn confirming_an_address_confirms_no_password_of_somebody_else() {
    let house = house(Mode::SqliteEmbedded).await;
    assert_eq!(house.sign_up(EMAIL, PASSWORD).await.status, 200);
    let sign_in = async |visitor: &Visitor, password: &str| {
        let page = visitor.get(house.application.begin(&[]).url).await;
        visitor.submit(&page, &[("username", EMAIL), ("password", password)]).await
    };
    let stranger = Visitor::new();
    assert!(sign_in(&stranger, PASSWORD).await.find_location().is_some(), "the stranger who made the account");

    let owner = Visitor::new();
    let page = owner.get(house.gateway.mail_to(EMAIL).await.link()).await;
    assert!(page.text().contains(EMAIL), "{}", page.text());
    assert_eq!(owner.submit(&page, &[]).await.status, 400, "a button alone is no answer");
    let user = house.gateway.admin.get("/users").await[0].clone();
    assert_eq!(user["email_verified"], false);
    assert_eq!(owner.submit(&page, &[("password", "seven green umbrellas")]).await.status, 200);
    let user = house.gateway.admin.get("/users").await[0].clone();
    assert_eq!(user["email_verified"], true);

    assert!(sign_in(&Visitor::new(), PASSWORD).await.find_location().is_none(), "the first password is over");
    let again = stranger.get(house.application.begin(&[]).url).await;
    assert!(again.find_location().is_none(), "and so is the session that it began");
    assert!(sign_in(&owner, "seven green umbrellas").await.find_location().is_some());
}

#[tokio::test]
async fn a_form_does_as_well_and_the_account_signs_in() {
    let house = house(Mode::SqliteEmbedded).await;
    let fields = [
        ("client_id", house.application.client_id.as_str()),
        ("connection", "people"),
        ("email", EMAIL),
        ("password", PASSWORD),
    ];
    let page = Visitor::new().call(house.gateway.url("/dbconnections/signup"), &fields).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let visitor = Visitor::new();
    let begun = house.application.begin(&[]);
    let page = visitor.get(&begun.url).await;
    let page = visitor.submit(&page, &[("username", EMAIL), ("password", PASSWORD)]).await;
    assert_eq!(house.application.id_claims(&begun, &page).await["email"], EMAIL);
}

#[tokio::test]
async fn what_cannot_be_is_refused_in_auth0s_words() {
    let house = house(Mode::SqliteEmbedded).await;
    house.gateway.admin.person("people", "ann@people.example", PASSWORD).await;
    let exists = house.sign_up("Ann@People.example", PASSWORD).await;
    assert_eq!((exists.status, &exists.json()["code"]), (400, &json!("invalid_signup")));
    assert_eq!(house.sign_up("no address", PASSWORD).await.json(), exists.json(), "it does not say why");
    let weak = house.sign_up(EMAIL, "Password1!").await;
    assert_eq!((weak.status, &weak.json()["code"]), (400, &json!("invalid_password")));
    assert_eq!(weak.json()["name"], "PasswordStrengthError");
    assert_eq!(weak.json()["description"]["rules"][0]["code"], "guessable");
    let url = format!("/connections/{}", house.people);
    house.gateway.admin.update(&url, json!({ "options": { "disable_signup": true } })).await;
    assert_eq!(house.sign_up(EMAIL, PASSWORD).await.json()["code"], "public_signup_disabled");
    assert_eq!(house.call("signup", json!({ "email": EMAIL })).await.status, 400);
    assert!(house.gateway.find_mail_to(EMAIL).is_none());
}

#[tokio::test]
async fn a_connection_that_the_application_may_not_use_takes_nobody() {
    let house = house(Mode::SqliteEmbedded).await;
    let other = Application::register(&house.gateway, json!({})).await;
    let body = json!({ "client_id": other.client_id, "connection": "people", "email": EMAIL, "password": PASSWORD });
    let visitor = Visitor::new();
    let request = visitor.request(Method::POST, &house.gateway.url("/dbconnections/signup")).json(&body);
    assert_eq!(visitor.send(request).await.status, 400);
    assert!(house.gateway.admin.user_ids().await.is_empty());
}

#[tokio::test]
async fn a_reset_is_answered_with_one_sentence_whoever_asks() {
    let house = house(Mode::SqliteEmbedded).await;
    house.gateway.admin.person("people", EMAIL, PASSWORD).await;
    let known = house.call("change_password", json!({ "email": EMAIL })).await;
    let unknown = house.call("change_password", json!({ "email": "nobody@people.example" })).await;
    for page in [&known, &unknown] {
        assert_eq!((page.status, page.text().as_str()), (200, SENT));
    }
    let link = house.gateway.mail_to(EMAIL).await.link();
    assert_eq!(Visitor::new().get(&link).await.status, 200);
    assert!(house.gateway.find_mail_to("nobody@people.example").is_none());
    let organization = json!({ "email": EMAIL, "organization": "org_0000000000000000" });
    assert_eq!(house.call("change_password", organization).await.text(), SENT);
    assert_eq!(house.call("change_password", json!({})).await.status, 400);
}

#[tokio::test]
async fn a_mail_and_the_page_that_it_opens_speak_the_language_of_the_request() {
    let house = house(Mode::SqliteEmbedded).await;
    for (name, language) in [("signup?ui_locales=de", "de"), ("change_password?ui_locales=ar", "ar")] {
        let page = house.call(name, json!({ "email": EMAIL, "password": PASSWORD })).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let mail = house.gateway.mail_to(EMAIL).await;
        assert!(mail.html.contains(&format!("<html lang=\"{language}\"")), "{}", mail.html);
        let page = Visitor::new().get(mail.link()).await;
        assert_eq!((page.status, page.header("content-language")), (200, Some(language)), "{}", page.text());
    }
}
