//! Where people are signed in: the Management API lists it and ends it.

use serde_json::{Value, json};

use crate::support::application::{Application, Begun, claims};
use crate::support::gateway::{Gateway, Mode, text};
use crate::support::http::{Page, Visitor};

/// Sessions are kept where the login page is, so the API that lists them is the one of the same server.
const MODES: [Mode; 2] = [Mode::SqliteEmbedded, Mode::PostgresEmbedded];
const PASSWORD: &str = "correct horse battery";

struct House {
    gateway: Gateway,
    application: Application,
    ann: String,
    bob: String,
}

fn path(user: &str) -> String {
    format!("/users/{}", user.replace('|', "%7C"))
}

impl House {
    async fn start(mode: Mode) -> Self {
        let gateway = Gateway::start(mode).await;
        let admin = &gateway.admin;
        let (acme, people) = (admin.organization("acme").await, admin.database("people").await);
        admin.enable(&acme, &people, true).await;
        let ann = admin.person("people", "ann@acme.example", PASSWORD).await;
        let bob = admin.person("people", "bob@acme.example", PASSWORD).await;
        let application = Application::register(&gateway, json!({})).await;
        Self { gateway, application, ann, bob }
    }

    /// A browser in which somebody signs in; the login that they did.
    async fn sign_in(&self, email: &str) -> (Visitor, Begun, Page) {
        let visitor = Visitor::new();
        let begun = self.application.begin(&[("organization", "acme")]);
        let page = visitor.get(&begun.url).await;
        let page = visitor.submit(&page, &[("username", email), ("password", PASSWORD)]).await;
        (visitor, begun, page)
    }

    async fn is_signed_in(&self, visitor: &Visitor) -> bool {
        let begun = self.application.begin(&[("organization", "acme"), ("prompt", "none")]);
        visitor.get(&begun.url).await.redirect_parameter("code").is_some()
    }

    async fn sessions(&self, user: &str) -> Vec<Value> {
        let found = self.gateway.admin.get(&format!("{}/sessions", path(user))).await;
        found["sessions"].as_array().unwrap().clone()
    }

    async fn end(&self, path: &str) -> u16 {
        self.gateway.admin.call("DELETE", path, None).await.status
    }

    async fn userinfo(&self, tokens: &Value) -> u16 {
        let visitor = Visitor::new();
        let request = visitor.request(reqwest::Method::GET, &self.gateway.url("/userinfo"));
        visitor.send(request.bearer_auth(text(tokens, "access_token"))).await.status
    }
}

#[tokio::test]
async fn a_persons_sessions_are_listed_with_where_they_began() {
    for mode in MODES {
        let house = House::start(mode).await;
        assert_eq!(house.sessions(&house.ann).await, [json!(null); 0]);
        let (_first, begun, page) = house.sign_in("ann@acme.example").await;
        let sid = house.application.id_claims(&begun, &page).await["sid"].clone();
        let _second = house.sign_in("ann@acme.example").await;
        let _other = house.sign_in("bob@acme.example").await;
        let listed = house.sessions(&house.ann).await;
        assert_eq!(listed.len(), 2, "{listed:?}");
        let session = listed.iter().find(|session| session["id"] == sid).expect("the ID token names it");
        assert_eq!((&session["user_id"], &session["connection"]), (&json!(house.ann), &json!("people")));
        assert_eq!(session["device"]["initial_ip"], "127.0.0.1");
        assert!(text(session, "idle_expires_at") <= text(session, "expires_at"), "{session}");
        let admin = &house.gateway.admin;
        assert_eq!(admin.get(&format!("/sessions/{}", sid.as_str().unwrap())).await, *session);
        let part = admin.get(&format!("{}/sessions?take=1", path(&house.ann))).await;
        let rest = admin.get(&format!("{}/sessions?take=1&from={}", path(&house.ann), text(&part, "next"))).await;
        assert_ne!(part["sessions"], rest["sessions"]);
        assert_eq!((part["sessions"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));
        assert_eq!(admin.call("GET", "/users/auth0%7Cnobody/sessions", None).await.status, 404);
        assert_eq!(admin.call("GET", "/sessions/nothing", None).await.status, 404);
    }
}

#[tokio::test]
async fn an_ended_session_is_over_with_its_code_and_its_tokens() {
    for mode in MODES {
        let house = House::start(mode).await;
        let (visitor, begun, page) = house.sign_in("ann@acme.example").await;
        let tokens = house.application.tokens(&begun, &page).await;
        let (other, other_begun, other_page) = house.sign_in("ann@acme.example").await;
        let other_tokens = house.application.tokens(&other_begun, &other_page).await;
        let again = house.application.begin(&[("organization", "acme")]);
        let code = house.application.code(&again, &visitor.get(&again.url).await);
        assert_eq!(house.userinfo(&tokens).await, 200);

        let sid = text(&claims(&text(&tokens, "id_token")), "sid");
        assert_eq!(house.end(&format!("/sessions/{sid}")).await, 202);
        assert!(!house.is_signed_in(&visitor).await);
        let late = house.application.exchange(&again, &code).await;
        assert_eq!((late.status, &late.json()["error"]), (400, &json!("invalid_grant")), "{}", late.text());
        assert_eq!(house.userinfo(&tokens).await, 401);
        assert!(house.is_signed_in(&other).await, "the other browser stays signed in");
        assert_eq!(house.userinfo(&other_tokens).await, 200);
        assert_eq!(house.end(&format!("/sessions/{sid}")).await, 202, "it may be asked for again");
        let event = house.gateway.admin.get("/logs?sort=date:-1&per_page=1").await[0].clone();
        assert_eq!(
            (&event["description"], &event["user_id"]),
            (&json!("End a session"), &json!(house.ann)),
            "one event: {event}"
        );
    }
}

#[tokio::test]
async fn all_sessions_of_a_person_end_at_once_and_nobody_elses() {
    for mode in MODES {
        let house = House::start(mode).await;
        let (first, begun, page) = house.sign_in("ann@acme.example").await;
        let tokens = house.application.tokens(&begun, &page).await;
        let (second, ..) = house.sign_in("ann@acme.example").await;
        let (other, ..) = house.sign_in("bob@acme.example").await;
        assert_eq!(house.end(&format!("{}/sessions", path(&house.ann))).await, 202);
        assert!(!house.is_signed_in(&first).await && !house.is_signed_in(&second).await);
        assert_eq!(house.userinfo(&tokens).await, 401);
        assert!(house.is_signed_in(&other).await);
        assert_eq!(house.sessions(&house.ann).await.len(), 0);
        assert_eq!(house.sessions(&house.bob).await.len(), 1);
        house.sign_in("ann@acme.example").await;
        assert_eq!(house.sessions(&house.ann).await.len(), 1, "they may sign in again");
    }
}

#[tokio::test]
async fn sessions_of_a_blocked_or_deleted_person_do_not_come_back() {
    for mode in MODES {
        let house = House::start(mode).await;
        let admin = &house.gateway.admin;
        let (visitor, ..) = house.sign_in("ann@acme.example").await;
        admin.update(&path(&house.ann), json!({ "blocked": true })).await;
        assert!(!house.is_signed_in(&visitor).await);
        admin.update(&path(&house.ann), json!({ "blocked": false })).await;
        assert!(!house.is_signed_in(&visitor).await, "unblocking brings no session back");
        assert_eq!(house.sessions(&house.ann).await.len(), 0);
        let (_visitor, begun, page) = house.sign_in("bob@acme.example").await;
        let sid = text(&house.application.id_claims(&begun, &page).await, "sid");
        admin.delete(&path(&house.bob)).await;
        assert_eq!(admin.call("GET", &format!("/sessions/{sid}"), None).await.status, 404);
    }
}

#[tokio::test]
async fn sessions_are_shown_and_ended_only_with_their_scopes() {
    let house = House::start(Mode::SqliteEmbedded).await;
    let (visitor, begun, page) = house.sign_in("ann@acme.example").await;
    let sid = text(&house.application.id_claims(&begun, &page).await, "sid");
    let admin = &house.gateway.admin;
    let (users, reader) =
        (admin.with_scopes(&["read:users", "delete:users"]).await, admin.with_scopes(&["read:sessions"]).await);
    for path in [format!("/sessions/{sid}"), format!("{}/sessions", path(&house.ann))] {
        assert_eq!(users.call("GET", &path, None).await.status, 403, "{path}");
        assert_eq!(users.call("DELETE", &path, None).await.status, 403, "{path}");
        assert_eq!(reader.call("GET", &path, None).await.status, 200, "{path}");
        assert_eq!(reader.call("DELETE", &path, None).await.status, 403, "{path}");
    }
    assert!(house.is_signed_in(&visitor).await);
}
