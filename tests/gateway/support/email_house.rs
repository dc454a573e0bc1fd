//! Two organizations whose people are led by their e-mail addresses.

use serde_json::{Value, json};
use url::Url;

use crate::support::application::Application;
use crate::support::gateway::{Gateway, Mode};
use crate::support::http::{Page, Visitor};

pub const PASSWORD: &str = "correct horse battery";

/// Acme has a hidden connection for `corp.example` and passwords.
pub struct House {
    pub gateway: Gateway,
    pub application: Application,
    pub acme: String,
    pub globex: String,
}

pub async fn house(mode: Mode, settings: &str, application: Value) -> House {
    let gateway = Gateway::start_with(mode, settings).await;
    let admin = &gateway.admin;
    let (acme, globex) = (admin.organization("acme").await, admin.organization("globex").await);
    let directory =
        admin.federated("acme-sso", "http://127.0.0.1:1", json!({ "domain_aliases": ["Corp.example"] })).await;
    let hidden = json!({ "connection_id": directory, "show_as_button": false });
    admin.create(&format!("/organizations/{acme}/enabled_connections"), hidden).await;
    let people = admin.database("people").await;
    for organization in [&acme, &globex] {
        admin.enable(organization, &people, true).await;
    }
    admin.person("people", "ann@home.example", PASSWORD).await;
    let application = Application::register(&gateway, application).await;
    House { gateway, application, acme, globex }
}

pub async fn usual_house() -> House {
    house(Mode::SqliteEmbedded, "", json!({})).await
}

pub async fn asking_house(mode: Mode) -> House {
    house(mode, "", json!({ "organization_require_behavior": "pre_login_prompt" })).await
}

impl House {
    pub async fn page(&self, visitor: &Visitor, more: &[(&str, &str)]) -> Page {
        let mut all = vec![("organization", "acme")];
        all.extend(more);
        let page = visitor.get(self.application.begin(&all).url).await;
        assert_eq!(page.status, 200, "{}", page.text());
        page
    }

    /// The name of the connection that Acme's page leads an address to.
    pub async fn led_to(&self, typed: &str) -> Option<String> {
        let visitor = Visitor::new();
        let page = self.page(&visitor, &[]).await;
        let page = visitor.submit(&page, &[("username", typed)]).await;
        page.find_location()?.query_pairs().find(|(name, _)| name == "connection").map(|(_, value)| value.into_owned())
    }

    pub async fn verify(&self, organization: &str, domain: &str) {
        self.domain(organization, json!({ "domain": domain, "status": "verified" })).await;
    }

    pub async fn domain(&self, organization: &str, domain: Value) {
        self.gateway.admin.create(&format!("/organizations/{organization}/discovery-domains"), domain).await;
    }

    /// The picker's answer.
    pub async fn ask(&self, visitor: &Visitor, typed: &str) -> Page {
        let page = visitor.get(self.application.begin(&[]).url).await;
        assert_eq!(page.text_of("h1").as_deref(), Some("Choose your organization"), "{}", page.text());
        visitor.submit(&page, &[("organization", typed)]).await
    }
}

pub fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}

/// The page without what was entered.
pub fn masked(page: &Page, typed: &str) -> String {
    page.text().replace(typed, "TYPED").replace(&typed.replace('@', "%40"), "TYPED")
}
