//! The API over a fresh database, called through its routers.

mod clients;
mod connections;
mod invitations;
mod logins;
mod organizations;
mod passwords;
mod roles;
mod users;

use std::sync::Arc;

use axum::Router;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::test_support::{call, empty_management_with, router};
use super::{Management, SCOPES};

struct Api {
    router: Router,
    management: Arc<Management>,
    scopes: String,
    _directory: TempDir,
}

impl Api {
    async fn new() -> Self {
        let (management, directory) =
            empty_management_with(|config| config.management.max_connections_per_organization = 3).await;
        let router = router(&management);
        Self { router, management, scopes: SCOPES.join(" "), _directory: directory }
    }

    /// The same with a caller of these scopes only.
    async fn call_with(&self, scopes: &str, method: &str, path: &str, body: Value) -> (u16, Value) {
        let scopes: Vec<&str> = scopes.split_whitespace().collect();
        let (status, answer) = call(&self.router, method.parse().expect("a method"), path, &scopes, body).await;
        assert_ne!(status, 500, "{method} {path}");
        (status, answer)
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        self.call_with(&self.scopes, method, path, body).await
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.call("GET", path, Value::Null).await
    }

    async fn created(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.call("POST", path, body).await;
        assert_eq!(status, 201, "{path}: {answer}");
        answer
    }

    async fn organization(&self, name: &str) -> String {
        text(&self.created("/organizations", json!({ "name": name })).await, "id")
    }

    async fn database(&self, name: &str) -> String {
        text(&self.created("/connections", json!({ "name": name, "strategy": "auth0" })).await, "id")
    }

    async fn oidc(&self, name: &str) -> Value {
        let options = json!({ "client_id": "us", "client_secret": "s3cret", "issuer": "https://idp.example.com", "scope": "openid" });
        self.created("/connections", json!({ "name": name, "strategy": "oidc", "options": options })).await
    }

    /// How many audit events there are.
    async fn events(&self) -> i64 {
        self.management.tenant.number_for_test("SELECT COUNT(*) FROM events").await.expect("a count")
    }
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_else(|| panic!("{member} in {value}")).to_owned()
}
