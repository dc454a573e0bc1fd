//! A connection that an organization has not enabled opens no door of it, and looks like one that does not exist
//! (T04, T05, T16): every step that takes a connection, generated.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Row;

use crate::matrix;
use crate::support::application::{Application, CALLBACK};
use crate::support::gateway::{Gateway, Mode, id};
use crate::support::http::{Page, Visitor};

const ANN: &str = "ann@globex.example";
const PASSWORD: &str = "correct horse battery";

matrix! { no_step_of_an_organization_takes_another_ones_connection }

/// A step that takes a connection, and what it is sent beside the authorize request.
enum Door {
    Link(&'static str),
    Form(&'static str, &'static [(&'static str, &'static str)]),
    /// Of the application itself: JSON, without an organization.
    Call(&'static str, fn(&str, &str) -> Value),
}

const ACCOUNT: &[(&str, &str)] = &[("code", "123456"), ("email", ANN), ("password", "violet kettle orbit lamp")];

fn doors() -> Vec<Door> {
    vec![
        Door::Link("/authorize"),
        Door::Link("/login/email/code"),
        Door::Link("/login/sign-up/account"),
        Door::Link("/login/reset"),
        Door::Form("/authorize", &[]),
        Door::Form("/login/password", &[("username", ANN), ("password", PASSWORD)]),
        Door::Form("/login/identifier", &[("username", ANN)]),
        Door::Form("/login/email", &[("email", ANN)]),
        Door::Form("/login/email/code", &[("code", "123456")]),
        Door::Form("/login/sign-up", &[("email", ANN)]),
        Door::Form("/login/sign-up/account", ACCOUNT),
        Door::Form("/login/reset", &[("email", ANN)]),
        Door::Form("/login/invitation", &[]),
        Door::Call(
            "/passwordless/start",
            |client_id, connection| json!({ "client_id": client_id, "connection": connection, "email": ANN, "send": "code" }),
        ),
        Door::Call(
            "/dbconnections/signup",
            |client_id, connection| json!({ "client_id": client_id, "connection": connection, "email": "new@globex.example", "password": PASSWORD }),
        ),
        Door::Call(
            "/dbconnections/change_password",
            |client_id, connection| json!({ "client_id": client_id, "connection": connection, "email": ANN }),
        ),
    ]
}

/// Globex has one connection of each kind, and Ann; Acme has a database of its own.
async fn house(mode: Mode) -> (Gateway, Application) {
    let settings = "login.mails_per_hour = 100000\nlogin.password_failures = 100000\n";
    let gateway = Gateway::start_with(mode, settings).await;
    let admin = &gateway.admin;
    let (acme, globex) = (admin.organization("acme").await, admin.organization("globex").await);
    let own = admin.database("acme-people").await;
    admin.enable(&acme, &own, true).await;
    let people = admin.database("globex-people").await;
    let codes = id(&admin.create("/connections", json!({ "name": "globex-codes", "strategy": "email" })).await);
    let more = json!({ "domain_aliases": ["globex.example"] });
    let sso = admin.federated("globex-sso", "http://127.0.0.1:1", more).await;
    let switches = json!({
        "connection_id": people, "assign_membership_on_login": true, "is_signup_enabled": true,
    });
    admin.create(&format!("/organizations/{globex}/enabled_connections"), switches).await;
    for connection in [codes, sso] {
        admin.enable(&globex, &connection, true).await;
    }
    admin.person("globex-people", ANN, PASSWORD).await;
    let application = Application::register(&gateway, json!({})).await;
    (gateway, application)
}

/// What an answer tells: its status, where it leads and its page, without what differs each time.
fn told(page: &Page, connection: &str) -> (u16, String, String) {
    let text = page.text();
    let text = match text.split_once("id=\"request-id\">") {
        Some((before, rest)) => format!("{before}{}", rest.split_once('<').unwrap().1),
        None => text,
    };
    let location = page.find_location().map(|url| url.to_string()).unwrap_or_default();
    (page.status, location.replace(connection, "CONNECTION"), text.replace(connection, "CONNECTION"))
}

async fn no_step_of_an_organization_takes_another_ones_connection(mode: Mode) {
    let (gateway, application) = house(mode).await;
    let begun = application.begin(&[("organization", "acme"), ("screen_hint", "signup")]);
    let ask = async |door: &Door, connection: &str| {
        let visitor = Visitor::new();
        let address =
            |path: &str| format!("{}&connection={connection}", begun.url.replace("/authorize?", &format!("{path}?")));
        match door {
            Door::Link(path) => visitor.get(address(path)).await,
            Door::Form(path, fields) => visitor.post_form(address(path), fields).await,
            Door::Call(path, body) => {
                let request = visitor.request(Method::POST, &gateway.url(path));
                visitor.send(request.json(&body(&application.client_id, connection))).await
            }
        }
    };
    for kind in ["people", "codes", "sso"] {
        for door in doors() {
            let path = match door {
                Door::Link(path) | Door::Form(path, _) | Door::Call(path, _) => path,
            };
            // As long as the other, so that lengths tell nothing either.
            let (there, absent) = (format!("globex-{kind}"), format!("nobody-{kind}"));
            let (elsewhere, nowhere) = (ask(&door, &there).await, ask(&door, &absent).await);
            assert_eq!(told(&elsewhere, &there), told(&nowhere, &absent), "{path} {kind}");
            assert!(elsewhere.status < 500, "{path} {kind}: {}", elsewhere.text());
            assert!(!elsewhere.text().contains("globex.example") || elsewhere.text().contains(ANN), "{path} {kind}");
            if let Some(location) = elsewhere.find_location().filter(|it| it.as_str().starts_with(CALLBACK)) {
                assert!(location.query_pairs().all(|(name, _)| name != "code"), "{path} {kind}: {location}");
            }
            let mut cookies = elsewhere.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
            assert!(cookies.all(|cookie| !cookie.contains("_session=")), "{path} {kind}");
        }
    }
    assert!(gateway.find_mail_to(ANN).is_none() && gateway.find_mail_to("new@globex.example").is_none());
    assert_eq!(gateway.admin.user_ids().await.len(), 1, "nobody was made");
}

#[tokio::test]
async fn a_refused_connection_leaves_nothing_behind() {
    let (gateway, application) = house(Mode::SqliteEmbedded).await;
    let visitor = Visitor::new();
    for connection in ["globex-people", "globex-codes", "globex-sso"] {
        let begun = application.begin(&[("organization", "acme"), ("connection", connection)]);
        visitor.get(&begun.url).await;
    }
    let mut database = gateway.database().await;
    let records: i64 = sqlx::query("SELECT COUNT(*) FROM records").fetch_one(&mut database).await.unwrap().get(0);
    assert_eq!(records, 0, "no trip, no session");
}
