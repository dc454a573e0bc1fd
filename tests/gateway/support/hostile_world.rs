//! A world whose identity providers can misbehave: Acme has two of them, Globex one.

use serde_json::{Value, json};
use url::Url;

use super::application::{Application, Begun};
use super::gateway::{Gateway, Mode};
use super::hostile_provider::HostileProvider;
use super::http::{Page, Visitor};

/// Everyone who comes through a connection becomes a member, so that a login fails only for the reason under test.
pub struct HostileWorld {
    pub gateway: Gateway,
    /// Behind `acme-sso`: the one that misbehaves.
    pub provider: HostileProvider,
    /// Behind `acme-spare` and `globex-sso`: the one that stays well.
    pub spare: HostileProvider,
    pub application: Application,
    /// Organization ids.
    pub acme: String,
    pub globex: String,
    /// Connection ids.
    pub acme_sso: String,
    pub acme_spare: String,
    pub globex_sso: String,
}

/// A person back from the identity provider, at the gateway's door.
pub struct Arrival {
    pub visitor: Visitor,
    pub begun: Begun,
    pub callback: Url,
}

impl Arrival {
    pub async fn enter(&self) -> Page {
        self.visitor.get(&self.callback).await
    }
}

impl HostileWorld {
    pub async fn start() -> Self {
        Self::start_with("").await
    }

    pub async fn start_with(settings: &str) -> Self {
        Self::of(Gateway::start_with(Mode::SqliteEmbedded, settings).await).await
    }

    pub async fn of(gateway: Gateway) -> Self {
        let (provider, spare) = (HostileProvider::start().await, HostileProvider::start().await);
        let admin = &gateway.admin;
        let (acme, globex) = (admin.organization("acme").await, admin.organization("globex").await);
        let acme_sso = admin.federated("acme-sso", &provider.issuer, json!({})).await;
        let acme_spare = admin.federated("acme-spare", &spare.issuer, json!({})).await;
        let globex_sso = admin.federated("globex-sso", &spare.issuer, json!({})).await;
        admin.enable(&acme, &acme_sso, true).await;
        admin.enable(&acme, &acme_spare, true).await;
        admin.enable(&globex, &globex_sso, true).await;
        let application = Application::register(&gateway, json!({})).await;
        Self { gateway, provider, spare, application, acme, globex, acme_sso, acme_spare, globex_sso }
    }

    /// A further connection of Acme, not drawn on its page; a case with a connection of its own finds nothing remembered.
    pub async fn hidden(&self, name: &str, issuer: &str, options: Value) {
        let admin = &self.gateway.admin;
        let id = admin.federated(name, issuer, options).await;
        let body = json!({ "connection_id": id, "assign_membership_on_login": true, "show_as_button": false });
        admin.create(&format!("/organizations/{}/enabled_connections", self.acme), body).await;
    }

    /// The login of an application that sends people straight to this connection.
    pub fn begin(&self, organization: &str, connection: &str) -> Begun {
        self.application.begin(&[("organization", organization), ("connection", connection)])
    }

    /// Goes to the identity provider and comes back to the gateway's door.
    pub async fn arrive(&self, organization: &str, connection: &str) -> Arrival {
        let visitor = Visitor::new();
        let (begun, callback) = self.travel(&visitor, organization, connection).await;
        Arrival { visitor, begun, callback }
    }

    /// The same in a browser that may have been used before.
    pub async fn travel(&self, visitor: &Visitor, organization: &str, connection: &str) -> (Begun, Url) {
        let begun = self.begin(organization, connection);
        let trip = visitor.get(&begun.url).await;
        let back = visitor.get(trip.location()).await;
        (begun, back.location())
    }

    pub async fn sign_in(&self, organization: &str, connection: &str) -> (Arrival, Page) {
        let arrival = self.arrive(organization, connection).await;
        let page = arrival.enter().await;
        (arrival, page)
    }

    /// The only user, as the Management API knows it.
    pub async fn only_user(&self) -> Value {
        let users = self.gateway.admin.get("/users").await;
        assert_eq!(users.as_array().map(Vec::len), Some(1), "{users}");
        users[0].clone()
    }

    /// The page says that nobody was signed in and why, what to do next, and left nothing behind.
    pub async fn assert_refused(&self, what: &str, page: &Page) {
        assert!((400..500).contains(&page.status) || page.status == 502, "{what}: {} {}", page.status, page.text());
        assert_page(what, page);
        let others = page.link("See the ways to sign in");
        let options = Visitor::new().get(others).await.option_titles();
        assert_eq!(options, ["Continue with Acme sso", "Continue with Acme spare"], "{what}");
        let users = self.gateway.admin.user_ids().await;
        assert!(users.is_empty(), "{what}: made {users:?}");
        assert!(self.gateway.admin.member_ids(&self.acme).await.is_empty(), "{what}: made a member");
    }
}

/// A page for a person, with a title, a sentence and a request id, that starts no session.
pub fn assert_page(what: &str, page: &Page) {
    assert!(page.content_type().starts_with("text/html"), "{what}: {}", page.content_type());
    assert!(page.text_of("h1").is_some_and(|title| !title.is_empty()), "{what}: {}", page.text());
    let sentence = page.texts_of("main p").into_iter().any(|text| text.split(' ').count() > 4);
    assert!(sentence, "{what}: {}", page.text());
    let id = page.header("x-request-id").unwrap();
    assert!(page.text().contains(id), "{what}: the page names the request {id}: {}", page.text());
    let cookies = page.headers.get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
    let sessions: Vec<&str> = cookies.filter(|cookie| cookie.contains("session")).collect();
    assert!(sessions.is_empty(), "{what}: {sessions:?}");
}
