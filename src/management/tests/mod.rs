//! The API over a fresh database, called through its routers.

mod clients;
mod connections;
mod logins;
mod organizations;
mod users;

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::{Extension, Router};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

use super::{Caller, Management};
use crate::config::Config;

const EVERYTHING: &str = "read:organizations create:organizations update:organizations delete:organizations \
    read:organization_connections create:organization_connections update:organization_connections \
    delete:organization_connections read:connections create:connections update:connections delete:connections \
    read:connections_options read:clients create:clients update:clients delete:clients read:client_keys \
    update:client_keys read:client_grants create:client_grants update:client_grants delete:client_grants";

struct Api {
    router: Router<Arc<Management>>,
    management: Arc<Management>,
    scopes: String,
    _directory: TempDir,
}

impl Api {
    async fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let text = format!(
            "[storage]\nurl = \"sqlite:{}\"\n[management]\nmax_connections_per_organization = 3",
            directory.path().join("test.db").display()
        );
        let config = Config::from_text(&text, std::iter::empty()).expect("a configuration");
        let (tenant, _) = crate::store::open(&config.storage).await.expect("a database");
        let router = Router::new()
            .merge(super::organizations::router())
            .merge(super::enabled_connections::router())
            .merge(super::connections::router())
            .merge(super::connection_clients::router())
            .merge(super::clients::router())
            .merge(super::client_grants::router());
        let management = Arc::new(Management::new(tenant, config.management, config.login));
        Self { router, management, scopes: EVERYTHING.to_owned(), _directory: directory }
    }

    /// The same with a caller of these scopes only.
    async fn call_with(&self, scopes: &str, method: &str, path: &str, body: Value) -> (u16, Value) {
        let caller = Caller {
            subject: "tester@clients".to_owned(),
            client_id: "tester".to_owned(),
            scopes: scopes.split_whitespace().map(str::to_owned).collect(),
        };
        let router = self.router.clone().layer(Extension(caller)).with_state(self.management.clone());
        let mut request = Request::builder().method(method).uri(path);
        let body = if body.is_null() {
            Body::empty()
        } else {
            request = request.header(header::CONTENT_TYPE, "application/json");
            Body::from(body.to_string())
        };
        let response = router.oneshot(request.body(body).expect("a request")).await.expect("an answer");
        let status = response.status();
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "{method} {path}");
        (status.as_u16(), if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).expect("JSON") })
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
