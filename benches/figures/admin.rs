//! An administrator: what is set up through the Management API, as a customer would.

use serde_json::{Value, json};

use crate::Outcome;
use crate::process::Home;
use crate::requests::CALLBACK;

/// Somebody with a token of `vestibule token`.
pub(crate) struct Administrator {
    api: String,
    token: String,
    http: reqwest::Client,
}

impl Administrator {
    pub(crate) fn of(home: &Home) -> Outcome<Self> {
        let api = format!("http://{}/api/v2", home.address);
        Ok(Self { api, token: home.run(&["token"])?, http: reqwest::Client::builder().no_proxy().build()? })
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// What was made.
    pub(crate) async fn create(&self, path: &str, body: Value) -> Outcome<Value> {
        let request = self.http.post(format!("{}{path}", self.api)).bearer_auth(&self.token).json(&body);
        let response = request.send().await?;
        let (status, text) = (response.status(), response.text().await?);
        match status.is_success() {
            true => Ok(serde_json::from_str(&text).unwrap_or_default()),
            false => Err(format!("POST {path}: {status} {text}").into()),
        }
    }

    /// The application that all logins are for, with its secret.
    pub(crate) async fn application(&self) -> Outcome<Value> {
        let client = json!({
            "name": crate::seed::APPLICATION, "app_type": "regular_web", "callbacks": [CALLBACK],
            "organization_usage": "require", "grant_types": ["authorization_code"],
        });
        self.create("/clients", client).await
    }

    /// An organization with its own look, by its id.
    pub(crate) async fn organization(&self, name: &str) -> Outcome<String> {
        let branding = json!({
            "logo_url": "https://cdn.example/logo.svg",
            "colors": { "primary": "#0059d6", "page_background": "#f6f7f9" },
        });
        let organization = json!({ "name": name, "display_name": format!("The {name} company"), "branding": branding });
        text(&self.create("/organizations", organization).await?, "id")
    }

    /// A connection, by its id.
    pub(crate) async fn connection(&self, name: &str, strategy: &str, options: Value) -> Outcome<String> {
        let connection = json!({ "name": name, "strategy": strategy, "options": options });
        text(&self.create("/connections", connection).await?, "id")
    }

    /// An OpenID connection with its own identity provider, by its id.
    pub(crate) async fn openid(&self, name: &str) -> Outcome<String> {
        let options = json!({ "issuer": "https://idp.example", "client_id": "gateway", "client_secret": "a secret" });
        self.connection(name, "oidc", options).await
    }

    pub(crate) async fn enable(&self, organization: &str, connection: &str) -> Outcome<()> {
        let body = json!({
            "connection_id": connection, "assign_membership_on_login": true, "show_as_button": true,
        });
        self.create(&format!("/organizations/{organization}/enabled_connections"), body).await.map(|_| ())
    }
}

/// A member that must be there.
pub(crate) fn text(value: &Value, member: &str) -> Outcome<String> {
    Ok(value[member].as_str().ok_or_else(|| format!("no {member} in {value}"))?.to_owned())
}
