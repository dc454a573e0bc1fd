//! What the tests of this room share: a fresh database with an organization, and calls through a router.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use axum::response::Response;
use futures_util::future::{BoxFuture, ready};
use serde_json::Value;
use tower::ServiceExt;

use super::answer_cache::AnswerCache;
use super::auth::{AccessToken, TokenCheck};
use super::sessions::Sessions;
use super::signing_keys::{KeyFacts, NamedKey, SigningKeys};
use super::{Caller, Management};
use crate::config::Config;
use crate::error::Fault;
use crate::model::cache_report::CacheReport;
use crate::store::{self, Event, Placed, Revocation, Slice, StoreError, StoredSession};

pub(super) const ORGANIZATION: &str = "org_0000000000000001";

pub(super) fn config() -> Config {
    Config::from_text("", std::iter::empty()).expect("the defaults are valid")
}

/// Signing keys are shown through the door; here there are none.
struct NoKeys;

impl SigningKeys for NoKeys {
    fn list(&self) -> BoxFuture<'_, Result<Vec<KeyFacts>, Fault>> {
        Box::pin(ready(Ok(Vec::new())))
    }

    fn rotate(&self, _: Event) -> BoxFuture<'_, Result<NamedKey, Fault>> {
        Box::pin(ready(Err(Fault::new("rotating", "there are no keys"))))
    }

    fn revoke(&self, _: String, _: Event) -> BoxFuture<'_, Result<Revocation, Fault>> {
        Box::pin(ready(Ok(Revocation::Unknown)))
    }
}

/// A gateway that remembers nothing.
struct NoCache;

impl AnswerCache for NoCache {
    fn report(&self, start: u64, limit: u64) -> BoxFuture<'_, CacheReport> {
        let report = serde_json::json!({
            "entries": 0, "weight_bytes": 0, "most_bytes": 0, "hits": 0, "stale_hits": 0,
            "loads": 0, "load_errors": 0, "organizations": [], "start": start, "limit": limit, "total": 0,
        });
        Box::pin(ready(serde_json::from_value(report).expect("a report")))
    }

    fn purge(&self, _: Option<String>) -> BoxFuture<'_, ()> {
        Box::pin(ready(()))
    }
}

/// Nobody is signed in.
struct NoSessions;

impl Sessions for NoSessions {
    fn list(&self, _: String, _: Slice) -> BoxFuture<'_, Result<Vec<Placed<StoredSession>>, Fault>> {
        Box::pin(ready(Ok(Vec::new())))
    }

    fn find(&self, _: String) -> BoxFuture<'_, Result<Option<StoredSession>, Fault>> {
        Box::pin(ready(Ok(None)))
    }

    fn end(&self, _: String, _: Event) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(ready(Ok(())))
    }

    fn end_all(&self, _: String, _: Event) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(ready(Ok(())))
    }
}

/// The API's state over a database of its own, which lives as long as the directory.
pub(super) async fn management() -> (Arc<Management>, tempfile::TempDir) {
    management_with(|_| {}).await
}

pub(super) async fn management_with(change: impl FnOnce(&mut Config)) -> (Arc<Management>, tempfile::TempDir) {
    let (management, directory) = empty_management_with(change).await;
    seed(&management).await.expect("seeds");
    (management, directory)
}

/// The same without anything in it.
pub(super) async fn empty_management_with(change: impl FnOnce(&mut Config)) -> (Arc<Management>, tempfile::TempDir) {
    let directory = tempfile::tempdir().expect("a directory");
    let mut config = config();
    config.storage.url = format!("sqlite:{}", directory.path().join("test.db").display()).into();
    (config.management.request_burst, config.management.gateway_request_burst) = (10_000, 10_000);
    change(&mut config);
    let (tenant, _) = store::open(&config.storage).await.expect("a database");
    let management = Management::new(tenant, &config, Arc::new(NoKeys), Arc::new(NoCache), Arc::new(NoSessions));
    (Arc::new(management), directory)
}

/// `acme` with an open federated connection, a closed one and a database; `other` is enabled nowhere.
async fn seed(management: &Management) -> Result<(), StoreError> {
    let statements = [
        "INSERT INTO organizations (id, name, created_at) VALUES ('org_0000000000000001', 'acme', 1)",
        "INSERT INTO clients (client_id, name, settings, created_at) VALUES ('app', 'app', \
         '{\"client_id\":\"app\",\"name\":\"app\"}', 1)",
        "INSERT INTO connections (id, name, strategy, options, show_as_button, is_domain_connection, realms, \
         created_at) VALUES ('con_open', 'open-idp', 'oidc', '{\"issuer\":\"https://idp.example\",\
         \"client_id\":\"x\"}', 0, 0, '[]', 1), ('con_closed', 'closed-idp', 'okta', '{\"domain\":\
         \"acme.okta.com\",\"client_id\":\"x\"}', 0, 0, '[]', 1), ('con_db', 'people', 'auth0', '{}', 0, 0, '[]', 1), \
         ('con_other', 'other-idp', 'oidc', '{}', 0, 0, '[]', 1)",
        "INSERT INTO enabled_connections (organization_id, connection_id, assign_membership_on_login, \
         show_as_button, is_signup_enabled, created_at) VALUES ('org_0000000000000001', 'con_open', 1, 1, 0, 1), \
         ('org_0000000000000001', 'con_closed', 0, 1, 0, 1), ('org_0000000000000001', 'con_db', 1, 1, 0, 1)",
        "INSERT INTO connection_clients (connection_id, client_id) VALUES ('con_db', 'app')",
    ];
    for statement in statements {
        management.tenant.run_for_test(statement).await?;
    }
    Ok(())
}

pub(super) fn caller(scopes: &[&str]) -> Caller {
    let scopes = scopes.iter().map(|scope| scope.to_string()).collect();
    Caller { subject: "admin@clients".into(), client_id: "admin".into(), scopes, request: String::new() }
}

/// The whole API, where a token is the list of its scopes.
pub(super) fn router(management: &Arc<Management>) -> Router {
    let verify = |token: String| {
        let scopes = token.split_whitespace().map(str::to_owned).collect();
        let token = AccessToken {
            subject: "admin@clients".into(),
            client_id: "admin".into(),
            scopes,
            grant_id: None,
            account_version: None,
        };
        Box::pin(ready(Ok(token))) as BoxFuture<'static, _>
    };
    let tokens = TokenCheck {
        verify: Arc::new(verify),
        is_revoked: Arc::new(|_| Box::pin(async { Ok(false) })),
        scopes_left: Arc::new(|token| Box::pin(async move { Ok(token.scopes) })),
        address_of: |_| None,
    };
    super::router(management.clone(), tokens)
}

/// Calls the API with these scopes; the answer's status and JSON (null when there is no body).
pub(super) async fn call(router: &Router, method: Method, path: &str, scopes: &[&str], json: Value) -> (u16, Value) {
    let token = format!("Bearer {}", scopes.join(" "));
    let mut request = Request::builder().method(method).uri(path).header("authorization", token);
    let content = match json {
        Value::Null => Body::empty(),
        json => {
            request = request.header("content-type", "application/json");
            Body::from(json.to_string())
        }
    };
    let response = router.clone().oneshot(request.body(content).expect("a request")).await.expect("an answer");
    (response.status().as_u16(), body(response).await)
}

pub(super) async fn body(response: Response) -> Value {
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body");
    serde_json::from_slice(&bytes).unwrap_or(Value::Null)
}
