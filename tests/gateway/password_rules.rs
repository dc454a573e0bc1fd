//! What a connection asks of its passwords, and passwords that accounts bring along from elsewhere.

use serde_json::{Value, json};

use crate::matrix;
use crate::support::application::{Application, Begun};
use crate::support::gateway::{Gateway, Mode, text};
use crate::support::http::{Page, Visitor};

const EMAIL: &str = "ann@acme.example";
const PASSWORD: &str = "correct horse battery";

matrix! {
    a_password_from_elsewhere_signs_in_and_nobody_is_signed_out_by_its_new_form,
}

struct House {
    gateway: Gateway,
    application: Application,
    people: String,
}

async fn house(mode: Mode) -> House {
    let gateway = Gateway::start(mode).await;
    let acme = gateway.admin.organization("acme").await;
    let people = gateway.admin.database("people").await;
    gateway.admin.enable(&acme, &people, true).await;
    let application = Application::register(&gateway, json!({})).await;
    House { gateway, application, people }
}

impl House {
    async fn sign_in(&self, visitor: &Visitor, email: &str, password: &str) -> (Begun, Page) {
        let begun = self.application.begin(&[("organization", "acme")]);
        let page = visitor.get(&begun.url).await;
        let page = visitor.submit(&page, &[("username", email), ("password", password)]).await;
        (begun, page)
    }

    async fn is_signed_in(&self, visitor: &Visitor) -> bool {
        visitor.get(&self.application.begin(&[("organization", "acme")]).url).await.status == 303
    }

    async fn set_options(&self, options: Value) {
        self.gateway.admin.update(&format!("/connections/{}", self.people), json!({ "options": options })).await;
    }

    async fn try_password(&self, user: &str, password: &str) -> Page {
        let path = format!("/users/{}", user.replace('|', "%7C"));
        self.gateway.admin.call("PATCH", &path, Some(json!({ "password": password }))).await
    }
}

async fn a_password_from_elsewhere_signs_in_and_nobody_is_signed_out_by_its_new_form(mode: Mode) {
    let house = house(mode).await;
    // OpenBSD's test vector, and one of Python's hashlib.
    let hashes = [
        ("bea", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"),
        (
            "pia",
            "$pbkdf2-sha256$i=1000,l=32$dmVzdGlidWxlLXNhbHQtMQ$9BLO2jnv79qbO6/pOc1ZJFFP7DnInid+PWT3N+hJcX4",
            "correct horse",
        ),
    ];
    for (name, hash, password) in hashes {
        let email = format!("{name}@acme.example");
        let user = json!({ "connection": "people", "email": email, "password_hash": hash });
        let user = house.gateway.admin.create("/users", user).await;
        assert!(!user.to_string().contains("$"), "{user}");
        assert_eq!(house.sign_in(&Visitor::new(), &email, "wrong").await.1.status, 400);
        let (first, second) = (Visitor::new(), Visitor::new());
        let (begun, page) = house.sign_in(&first, &email, password).await;
        assert_eq!(page.status, 303, "{name}: {}", page.text());
        assert_eq!(house.application.id_claims(&begun, &page).await["email"], email.as_str());
        assert_eq!(house.sign_in(&second, &email, password).await.1.status, 303, "and again, in its new form");
        assert!(house.is_signed_in(&first).await && house.is_signed_in(&second).await);
    }
}

#[tokio::test]
async fn a_hash_that_is_none_or_costs_too_much_is_refused() {
    let house = house(Mode::SqliteEmbedded).await;
    let admin = &house.gateway.admin;
    let bcrypt = "$2a$16$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    for hash in ["swordfish", bcrypt, "$argon2id$v=19$m=1048576,t=2,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA"] {
        let body = json!({ "connection": "people", "email": EMAIL, "password_hash": hash });
        let page = admin.call("POST", "/users", Some(body)).await;
        assert_eq!(page.status, 400, "{hash}: {}", page.text());
        assert!(!page.text().contains(hash));
    }
    let good = bcrypt.replace("$16$", "$05$");
    let both = json!({ "connection": "people", "email": EMAIL, "password": PASSWORD, "password_hash": good });
    assert_eq!(admin.call("POST", "/users", Some(both)).await.status, 400);
    admin.federated("sso", "https://idp.example", json!({})).await;
    let federated = json!({ "connection": "sso", "user_id": "1", "password_hash": good });
    assert_eq!(admin.call("POST", "/users", Some(federated)).await.status, 400);
}

#[tokio::test]
async fn the_policy_holds_for_administrators_too() {
    let house = house(Mode::SqliteEmbedded).await;
    let admin = &house.gateway.admin;
    let create = |password: &str| json!({ "connection": "people", "email": EMAIL, "password": password });
    let page = admin.call("POST", "/users", Some(create("Password1!"))).await;
    assert_eq!((page.status, page.json()["errorCode"].as_str()), (400, Some("weak_password")));
    assert_eq!(page.json()["shortcomings"], json!(["guessable"]));
    house.set_options(json!({ "passwordPolicy": "excellent", "password_no_personal_info": { "enable": true } })).await;
    for (password, shortcoming) in [
        ("violet 7", json!({ "too_short": { "least": 10 } })),
        ("violet kettle ann@acme.example", json!("personal")),
        ("violet kettle ooo", json!("repetitive")),
    ] {
        let page = admin.call("POST", "/users", Some(create(password))).await;
        assert_eq!(page.json()["shortcomings"], json!([shortcoming]), "{password}");
    }
    house.set_options(json!({ "passwordPolicy": "none" })).await;
    let user = text(&admin.create("/users", create("x")).await, "user_id");
    assert_eq!(house.try_password(&user, "").await.status, 400);
    assert_eq!(house.try_password(&user, "y").await.status, 200);
}

#[tokio::test]
async fn earlier_passwords_do_not_come_again_where_a_history_is_kept() {
    let house = house(Mode::SqliteEmbedded).await;
    house.set_options(json!({ "passwordPolicy": "none", "password_history": { "enable": true, "size": 2 } })).await;
    let user = house.gateway.admin.person("people", EMAIL, "one").await;
    for (password, status) in [("one", 400), ("two", 200), ("one", 400), ("three", 200), ("four", 200), ("one", 200)] {
        let page = house.try_password(&user, password).await;
        assert_eq!(page.status, status, "{password}: {}", page.text());
        if status == 400 {
            assert_eq!(page.json()["shortcomings"], json!(["used_before"]));
        }
    }
}

#[tokio::test]
async fn the_id_of_a_deleted_user_is_not_given_again() {
    let house = house(Mode::SqliteEmbedded).await;
    let admin = &house.gateway.admin;
    let ann = json!({ "connection": "people", "user_id": "7", "email": EMAIL, "password": PASSWORD });
    admin.create("/users", ann.clone()).await;
    admin.delete("/users/auth0%7C7").await;
    assert_eq!(admin.call("POST", "/users", Some(ann.clone())).await.status, 409);
    let mut other = ann;
    other["user_id"] = json!("8");
    admin.create("/users", other).await;
}
