//! Somebody with a token for the Management API, and what they do with it.

use reqwest::Method;
use serde_json::{Value, json};
use vestibule::app::App;
use vestibule::management;

use super::description::Description;
use super::http::{Page, Visitor};

/// Somebody with a token for the Management API.
pub struct Administrator {
    pub api: String,
    pub token: String,
    /// One that has run out.
    pub expired_token: String,
    pub visitor: Visitor,
}

impl Administrator {
    pub fn of(app: &App, origin: &str) -> Self {
        let all = management::every_scope();
        let token = app.management_token(&all, 3600).unwrap();
        let expired_token = app.management_token(&all, -1).unwrap();
        Self { api: format!("{origin}/api/v2"), token, expired_token, visitor: Visitor::new() }
    }

    /// Of a server that is not in this process, or one that only `visitor` can reach.
    pub fn at(origin: &str, token: &str, visitor: Visitor) -> Self {
        let (token, expired_token) = (token.to_owned(), String::new());
        Self { api: format!("{origin}/api/v2"), token, expired_token, visitor }
    }

    /// The same API, called with another token.
    pub fn with_token(&self, token: &str) -> Self {
        let expired_token = self.expired_token.clone();
        Self { api: self.api.clone(), token: token.to_owned(), expired_token, visitor: Visitor::new() }
    }

    /// Whoever holds exactly these scopes: a client with a grant, which signed in with its own credentials.
    pub async fn with_scopes(&self, scopes: &[&str]) -> Self {
        self.with_token(&self.client_token(&format!("{}/", self.api), scopes).await)
    }

    /// The token of a new client for an API.
    pub async fn client_token(&self, audience: &str, scopes: &[&str]) -> String {
        let (id, secret) = self.machine(audience, scopes).await;
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", &id),
            ("client_secret", &secret),
            ("audience", audience),
        ];
        let endpoint = self.api.replace("/api/v2", "/oauth/token");
        text(&self.visitor.call(endpoint, &fields).await.json(), "access_token")
    }

    /// A new client without a person, with a grant for an API: its id and its secret.
    pub async fn machine(&self, audience: &str, scopes: &[&str]) -> (String, String) {
        let client = json!({ "name": "Script", "app_type": "non_interactive", "grant_types": ["client_credentials"] });
        let client = self.create("/clients", client).await;
        let (id, secret) = (text(&client, "client_id"), text(&client, "client_secret"));
        self.create("/client-grants", json!({ "client_id": id, "audience": audience, "scope": scopes })).await;
        (id, secret)
    }

    /// Any call; the answer whatever its status is.
    pub async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Page {
        self.call_if(None, method, path, body).await
    }

    /// The same for what still has one of these entity tags.
    pub async fn call_if(&self, tags: Option<&str>, method: &str, path: &str, body: Option<Value>) -> Page {
        let method_name = method;
        let method = method.parse().unwrap();
        let mut request = self.visitor.request(method, &format!("{}{path}", self.api)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        if let Some(tags) = tags {
            request = request.header("if-match", tags);
        }
        let page = self.visitor.send(request).await;
        self.description().await.check(method_name, path, page.status, &page.body);
        page
    }

    /// What the API says of itself.
    pub async fn description(&self) -> &'static Description {
        if let Some(known) = Description::known() {
            return known;
        }
        let request = self.visitor.request(Method::GET, &format!("{}/openapi.json", self.api));
        let page = self.visitor.send(request).await;
        assert_eq!(page.status, 200, "the API describes itself");
        Description::remember(page.json())
    }

    /// # Panics
    /// When the call is not answered with a success.
    pub async fn done(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let page = self.call(method, path, body).await;
        assert!((200..300).contains(&page.status), "{method} {path}: {} {}", page.status, page.text());
        serde_json::from_slice(&page.body).unwrap_or(Value::Null)
    }

    pub async fn create(&self, path: &str, body: Value) -> Value {
        self.done("POST", path, Some(body)).await
    }

    pub async fn get(&self, path: &str) -> Value {
        self.done("GET", path, None).await
    }

    pub async fn update(&self, path: &str, body: Value) -> Value {
        self.done("PATCH", path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) {
        self.done("DELETE", path, None).await;
    }

    /// An organization, by its id.
    pub async fn organization(&self, name: &str) -> String {
        let organization = json!({ "name": name, "display_name": title(name) });
        id(&self.create("/organizations", organization).await)
    }

    /// A federated connection, by its id; `options` is merged over the usual ones.
    pub async fn federated(&self, name: &str, issuer: &str, options: Value) -> String {
        let mut all = json!({ "issuer": issuer, "client_id": "gateway", "client_secret": "secret" });
        all.as_object_mut().unwrap().extend(options.as_object().cloned().unwrap_or_default());
        let connection = json!({ "name": name, "strategy": "oidc", "display_name": title(name), "options": all });
        id(&self.create("/connections", connection).await)
    }

    /// A database connection, by its id.
    pub async fn database(&self, name: &str) -> String {
        id(&self.create("/connections", json!({ "name": name, "strategy": "auth0" })).await)
    }

    pub async fn enable(&self, organization: &str, connection: &str, assign_membership_on_login: bool) {
        let body = json!({ "connection_id": connection, "assign_membership_on_login": assign_membership_on_login });
        self.create(&format!("/organizations/{organization}/enabled_connections"), body).await;
    }

    pub async fn disable(&self, organization: &str, connection: &str) {
        self.delete(&format!("/organizations/{organization}/enabled_connections/{connection}")).await;
    }

    /// A user of a database connection, by its id.
    pub async fn person(&self, connection: &str, email: &str, password: &str) -> String {
        let user = json!({
            "connection": connection, "email": email, "email_verified": true, "password": password,
        });
        text(&self.create("/users", user).await, "user_id")
    }

    pub async fn add_member(&self, organization: &str, user: &str) {
        self.create(&format!("/organizations/{organization}/members"), json!({ "members": [user] })).await;
    }

    pub async fn member_ids(&self, organization: &str) -> Vec<String> {
        let members = self.get(&format!("/organizations/{organization}/members")).await;
        members.as_array().unwrap().iter().map(|member| text(member, "user_id")).collect()
    }

    pub async fn user_ids(&self) -> Vec<String> {
        let users = self.get("/users").await;
        users.as_array().unwrap().iter().map(|user| text(user, "user_id")).collect()
    }
}

/// `acme-sso` reads "Acme sso".
fn title(name: &str) -> String {
    let mut letters = name.replace('-', " ").chars().collect::<Vec<_>>();
    letters[0] = letters[0].to_ascii_uppercase();
    letters.into_iter().collect()
}

pub fn id(value: &Value) -> String {
    text(value, "id")
}

pub fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_else(|| panic!("no {member} in {value}")).to_owned()
}
