//! The usual world: two organizations that sign in differently, one application, one identity provider.

use serde_json::json;

use super::application::{Application, Begun};
use super::gateway::{Gateway, Mode};
use super::http::{Page, Visitor};
use super::identity_provider::IdentityProvider;

/// Acme signs in through `acme-sso`, which makes members; Globex through `globex-sso`, which makes none.
pub struct World {
    pub gateway: Gateway,
    pub provider: IdentityProvider,
    pub application: Application,
    /// Organization ids.
    pub acme: String,
    pub globex: String,
    /// Connection ids.
    pub acme_sso: String,
    pub globex_sso: String,
}

impl World {
    pub async fn start(mode: Mode) -> Self {
        Self::start_with(mode, "").await
    }

    pub async fn start_with(mode: Mode, settings: &str) -> Self {
        let gateway = Gateway::start_with(mode, settings).await;
        let callback = |name: &str| gateway.url(&format!("/login/callback/{name}"));
        let client = json!({
            "client_id": "gateway", "client_secret": "secret",
            "redirect_uris": [callback("acme-sso"), callback("globex-sso")],
        });
        let account = |sub: &str| json!({ "sub": sub, "email": format!("{sub}@people.example"), "email_verified": true, "name": sub });
        let provider = IdentityProvider::start(json!([client]), json!([account("alice"), account("bob")]));
        let admin = &gateway.admin;
        let (acme, globex) = (admin.organization("acme").await, admin.organization("globex").await);
        let acme_sso = admin.federated("acme-sso", &provider.issuer, json!({})).await;
        let globex_sso = admin.federated("globex-sso", &provider.issuer, json!({})).await;
        admin.enable(&acme, &acme_sso, true).await;
        admin.enable(&globex, &globex_sso, false).await;
        let application = Application::register(&gateway, json!({})).await;
        Self { gateway, provider, application, acme, globex, acme_sso, globex_sso }
    }

    /// Clicks `option` on the page of a begun login and signs in at the identity provider; the gateway's answer.
    pub async fn sign_in(&self, visitor: &Visitor, begun: &Begun, option: &str, login: &str) -> Page {
        let page = visitor.get(&begun.url).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let trip = visitor.click(&page, option).await;
        let callback = self.provider.sign_in(visitor, trip.location(), login).await;
        visitor.get(callback).await
    }

    /// A login to Acme by clicking its option.
    pub async fn sign_in_to_acme(&self, visitor: &Visitor, login: &str) -> (Begun, Page) {
        let begun = self.application.begin(&[("organization", "acme")]);
        let page = self.sign_in(visitor, &begun, "Continue with Acme sso", login).await;
        (begun, page)
    }

    /// A login to Globex by clicking its option.
    pub async fn sign_in_to_globex(&self, visitor: &Visitor, login: &str) -> (Begun, Page) {
        let begun = self.application.begin(&[("organization", "globex")]);
        let page = self.sign_in(visitor, &begun, "Continue with Globex sso", login).await;
        (begun, page)
    }
}
