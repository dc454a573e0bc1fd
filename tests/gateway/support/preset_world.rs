//! A world with one of the well-known identity providers in it, behind a connection of Acme's.

use serde_json::{Value, json};

use super::application::{Application, Begun};
use super::gateway::{Gateway, Mode, id};
use super::http::{Page, Visitor};
use super::stand_ins::{SECRET, Service, StandIn};

/// Everyone who comes through becomes a member, so that a login fails only for the reason under test.
pub struct PresetWorld {
    pub gateway: Gateway,
    pub service: StandIn,
    pub application: Application,
    pub acme: String,
}

impl PresetWorld {
    /// With a connection `acme-login` of the strategy; `options` is merged over client id and secret.
    pub async fn start(mode: Mode, service: Service, strategy: &str, options: Value) -> Self {
        let service = StandIn::start(service).await;
        let gateway = Gateway::start_with(mode, &service.settings()).await;
        let acme = gateway.admin.organization("acme").await;
        let application = Application::register(&gateway, json!({})).await;
        let world = Self { gateway, service, application, acme };
        world.connect("acme-login", strategy, options).await;
        world
    }

    pub async fn sqlite(service: Service, strategy: &str, options: Value) -> Self {
        Self::start(Mode::SqliteEmbedded, service, strategy, options).await
    }

    /// A further connection of Acme's, by its id.
    pub async fn connect(&self, name: &str, strategy: &str, options: Value) -> String {
        let mut all = match strategy {
            "apple" => json!({ "client_id": "us" }),
            _ => json!({ "client_id": "us", "client_secret": SECRET }),
        };
        all.as_object_mut().unwrap().extend(options.as_object().cloned().unwrap_or_default());
        let admin = &self.gateway.admin;
        let connection = json!({ "name": name, "strategy": strategy, "options": all });
        let connection = id(&admin.create("/connections", connection).await);
        admin.enable(&self.acme, &connection, true).await;
        connection
    }

    pub async fn sign_in(&self) -> (Begun, Page) {
        self.sign_in_by("acme-login", &[]).await
    }

    /// From the application to the gateway's last answer, in a new browser.
    pub async fn sign_in_by(&self, connection: &str, more: &[(&str, &str)]) -> (Begun, Page) {
        let visitor = Visitor::new();
        let parameters = [&[("organization", "acme"), ("connection", connection)], more].concat();
        let begun = self.application.begin(&parameters);
        let trip = visitor.get(&begun.url).await;
        let answer = visitor.get(trip.location()).await;
        let page = come_back(&visitor, &answer).await;
        (begun, page)
    }

    /// The ID token that the application gets in the end.
    pub async fn claims(&self) -> Value {
        let (begun, page) = self.sign_in().await;
        self.application.id_claims(&begun, &page).await
    }

    /// Nobody was signed in, a page says so, and nothing was left behind.
    pub async fn assert_refused(&self, what: &str) {
        let (_, page) = self.sign_in().await;
        assert!(matches!(page.status, 403 | 502), "{what}: {} {}", page.status, page.text());
        assert!(page.text_of("h1").is_some(), "{what}: {}", page.text());
        let users = self.gateway.admin.user_ids().await;
        assert!(users.is_empty(), "{what}: made {users:?}");
    }
}

/// As a browser comes back from an identity provider: by a redirect, or by a form that it posts from there.
pub async fn come_back(visitor: &Visitor, answer: &Page) -> Page {
    if let Some(location) = answer.find_location() {
        return visitor.get(location).await;
    }
    let form = answer.forms().into_iter().next().unwrap_or_else(|| panic!("no form: {}", answer.text()));
    let fields: Vec<(&str, &str)> = form.values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let origin = answer.url.origin().ascii_serialization();
    // A browser sends no `SameSite=Lax` cookie with a form of another site.
    let posted = Visitor::new().post_form_from(&origin, "cross-site", form.action, &fields).await;
    assert_eq!(posted.status, 303, "{}", posted.text());
    assert!(!posted.location().as_str().contains("id_token="), "an ID token in an address");
    visitor.get(posted.location()).await
}
