//! The client over an API in this process that answers what, and when, it is told.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::*;
use crate::config::Config;
use crate::model::ShownOrganization;

const SECRET: &str = "known to nobody";

/// What the API keeps, and how it answers.
struct Api {
    /// Ids of the connections that are enabled for `org_acme`.
    enabled: Mutex<Vec<String>>,
    /// Answers in the place of the right ones, by a part of the path.
    wrong: Mutex<Option<(&'static str, Vec<u8>)>>,
    calls: AtomicU64,
    /// Lists of enabled connections are read at once and answered when there is a permit.
    gate: Semaphore,
    held: AtomicU64,
}

impl Api {
    fn well(enabled: &[&str]) -> Arc<Self> {
        let api = Self::holding(enabled);
        api.gate.add_permits(Semaphore::MAX_PERMITS);
        api
    }

    fn holding(enabled: &[&str]) -> Arc<Self> {
        let enabled = Mutex::new(enabled.iter().map(|id| (*id).to_owned()).collect());
        let (wrong, calls, held) = (Mutex::new(None), AtomicU64::new(0), AtomicU64::new(0));
        Arc::new(Self { enabled, wrong, calls, gate: Semaphore::new(0), held })
    }

    fn answer_wrong(&self, wrong: Option<(&'static str, Vec<u8>)>) {
        *self.wrong.lock().unwrap_or_else(PoisonError::into_inner) = wrong;
    }

    fn right_answer(&self, path: &str) -> Value {
        match path.rsplit('/').next().expect("a path") {
            "enabled_connections" => {
                let enabled = self.enabled.lock().unwrap_or_else(PoisonError::into_inner);
                let list: Vec<Value> = enabled.iter().map(|id| enabled_connection(id)).collect();
                json!({ "enabled_connections": list, "start": 0, "limit": 100, "total": list.len() })
            }
            "org_acme" => json!({ "id": "org_acme", "name": "acme" }),
            id if id.starts_with("con_") => {
                let options = json!({ "client_secret": SECRET });
                json!({ "id": id, "name": id.replace('_', "-"), "strategy": "auth0", "options": options })
            }
            _ => Value::Null,
        }
    }
}

fn enabled_connection(id: &str) -> Value {
    json!({
        "connection_id": id, "assign_membership_on_login": true, "show_as_button": true, "is_signup_enabled": false,
        "connection": { "name": id.replace('_', "-"), "strategy": "auth0" },
    })
}

async fn answer(State(api): State<Arc<Api>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    if request.method() == Method::DELETE {
        let id = path.rsplit('/').next().expect("an id");
        api.enabled.lock().unwrap_or_else(PoisonError::into_inner).retain(|enabled| enabled != id);
        return StatusCode::NO_CONTENT.into_response();
    }
    api.calls.fetch_add(1, Ordering::SeqCst);
    let body = serde_json::to_vec(&api.right_answer(&path)).expect("JSON");
    if path.ends_with("enabled_connections") {
        api.held.fetch_add(1, Ordering::SeqCst);
        drop(api.gate.acquire().await);
    }
    let wrong = api.wrong.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match wrong {
        Some((part, wrong)) if path.contains(part) => wrong.into_response(),
        _ => body.into_response(),
    }
}

/// The client, and the API as writers reach it.
fn client_of(api: &Arc<Api>, settings: &str) -> (ManagementClient, Router) {
    let settings = Config::from_text(settings, std::iter::empty()).expect("settings").management;
    let remembered = Remembered::new(&settings);
    let router = remembered.noticing(Router::new().fallback(answer).with_state(api.clone()));
    let token = TokenSource::Own(Box::new(|| Ok(("token".to_owned(), Duration::from_secs(3600)))));
    (ManagementClient::new(&settings, embedded(router.clone()), token, remembered), router)
}

fn acme() -> ShownOrganization {
    serde_json::from_value(json!({ "id": "org_acme", "name": "acme" })).expect("an organization")
}

fn ids(options: &[LoginOption]) -> Vec<&str> {
    options.iter().map(|option| option.connection.id.as_str()).collect()
}

#[tokio::test]
async fn an_answer_that_was_held_while_a_connection_was_removed_is_not_remembered() {
    let api = Api::holding(&["con_a", "con_b"]);
    let (client, router) = client_of(&api, "");
    let early = tokio::spawn({
        let client = client.clone();
        async move { client.login_options(&acme()).await }
    });
    while api.held.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    let path = "/api/v2/organizations/org_acme/enabled_connections/con_b";
    let remove = hyper::Request::delete(path).body(axum::body::Body::empty()).expect("a request");
    let removed = tower::ServiceExt::oneshot(router, remove).await.expect("an answer");
    assert_eq!(removed.status(), StatusCode::NO_CONTENT);
    api.gate.add_permits(Semaphore::MAX_PERMITS);
    early.await.expect("no panic").expect("an answer");
    assert_eq!(ids(&client.login_options(&acme()).await.expect("options")), ["con_a"]);
    assert_eq!(ids(&client.login_options(&acme()).await.expect("options")), ["con_a"], "remembered");
    assert_eq!(api.held.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn ten_thousand_calls_for_a_cold_organization_cause_one_set_of_gets() {
    let api = Api::holding(&["con_a", "con_b"]);
    let (client, _) = client_of(&api, "");
    let ask = |client: ManagementClient| async move { client.login_options(&acme()).await.map(|found| found.len()) };
    let calls: Vec<_> = (0..10_000).map(|_| tokio::spawn(ask(client.clone()))).collect();
    while api.held.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    api.gate.add_permits(Semaphore::MAX_PERMITS);
    for call in calls {
        assert_eq!(call.await.expect("no panic").expect("options"), 2);
    }
    assert_eq!(api.calls.load(Ordering::SeqCst), 3, "the list and two connections");
}

/// Whether a whole connection is remembered.
fn has_connection(client: &ManagementClient) -> bool {
    client.memory().entries().any(|(_, entry)| matches!(entry.answer, question::Answer::Connection(_)))
}

#[tokio::test]
async fn a_connection_is_remembered_by_itself_from_its_second_load_on_and_only_while_it_is_fresh() {
    let calls_of = async |settings: &str| {
        let api = Api::well(&["con_a"]);
        let (client, _) = client_of(&api, settings);
        let mut calls = Vec::new();
        for _ in 0..4 {
            client.deciding().connection("con_a").await.expect("an answer").expect("a connection");
            calls.push(api.calls.load(Ordering::SeqCst));
        }
        calls
    };
    assert_eq!(calls_of("").await, [1, 2, 2, 2]);
    assert_eq!(calls_of("management.fresh_seconds = 0").await, [1, 2, 3, 4]);
}

#[tokio::test]
async fn what_is_written_down_for_the_next_start_has_no_connections_secret() {
    let api = Api::well(&["con_a"]);
    let (client, _) = client_of(&api, "");
    for _ in 0..2 {
        client.login_options(&acme()).await.expect("options");
        client.connection("con_a").await.expect("an answer").expect("a connection");
    }
    assert!(has_connection(&client));
    let mut written = Vec::new();
    let put = |line: &[u8]| {
        written.extend_from_slice(line);
        Ok(())
    };
    client.shared.remembered.write(put).expect("it is written");
    let written = String::from_utf8(written).expect("JSON");
    assert!(written.contains("con_a") && !written.contains(SECRET), "{written}");
}

/// Everything a body may come as that is not the right answer: cut, changed in its types and its counts, emptied,
/// doubled, wrapped, or something else altogether.
fn mutations(right: &Value) -> Vec<Vec<u8>> {
    let text = serde_json::to_vec(right).expect("JSON");
    let mut wrong: Vec<Vec<u8>> = (0..text.len()).map(|length| text[..length].to_vec()).collect();
    let others = [json!(null), json!(7), json!("text"), json!([]), json!({}), json!(true), json!(-1), json!([[]])];
    for other in &others {
        for pointer in pointers(right, String::new()) {
            let mut changed = right.clone();
            let place = changed.pointer_mut(&pointer).expect("it is there");
            let is_same_type = std::mem::discriminant(place) == std::mem::discriminant(other);
            if !is_same_type && *place != *other && !may_be(&pointer, other) {
                *place = other.clone();
                wrong.push(serde_json::to_vec(&changed).expect("JSON"));
            }
        }
        wrong.push(serde_json::to_vec(other).expect("JSON"));
        wrong.push(serde_json::to_vec(&json!([right, other])).expect("JSON"));
    }
    for total in [0, 1, 3, 4, 99, 100, 101, 1000, u64::from(u32::MAX)] {
        let mut changed = right.clone();
        changed["total"] = json!(total);
        wrong.push(serde_json::to_vec(&changed).expect("JSON"));
    }
    if let Some(list) = right.get("enabled_connections").and_then(Value::as_array) {
        let mut doubled = right.clone();
        doubled["enabled_connections"] = json!([list[0], list[0]]);
        wrong.push(serde_json::to_vec(&doubled).expect("JSON"));
    }
    for (more, times) in [("<!doctype html><h1>Maintenance</h1>", 1), ("[", 5000), ("{\"total\":", 5000), ("\0", 100)] {
        wrong.push(more.repeat(times).into_bytes());
        wrong.push([text.clone(), more.repeat(times).into_bytes()].concat());
    }
    for at in (0..text.len()).filter(|at| b"{}[]:,\"".contains(&text[*at])) {
        for byte in [b'x', b'}', 0, 0xff] {
            let mut broken = text.clone();
            broken[at] = byte;
            wrong.push(broken);
        }
    }
    wrong.retain(|body| serde_json::from_slice::<Value>(body).ok().as_ref() != Some(right));
    wrong
}

/// Members that are read nowhere, or that the API may leave out.
fn may_be(pointer: &str, other: &Value) -> bool {
    let is_unread = ["/start", "/limit"].contains(&pointer);
    is_unread || (pointer.ends_with("is_signup_enabled") && other.is_null())
}

fn pointers(value: &Value, here: String) -> Vec<String> {
    let deeper = |(name, value): (String, &Value)| pointers(value, format!("{here}/{name}"));
    let inside: Vec<String> = match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), value)).flat_map(deeper).collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(at, item)| (at.to_string(), item)).flat_map(deeper).collect()
        }
        _ => Vec::new(),
    };
    if here.is_empty() { inside } else { [vec![here], inside].concat() }
}

#[tokio::test]
async fn no_mutated_answer_changes_the_options_that_are_shown() {
    let api = Api::well(&["con_a", "con_b"]);
    let settings =
        "management.fresh_seconds = 0\nmanagement.failure_seconds = 0\nmanagement.longest_failure_seconds = 0";
    let (client, _) = client_of(&api, settings);
    assert_eq!(ids(&client.login_options(&acme()).await.expect("options")), ["con_a", "con_b"]);
    let mut tried = 0;
    for path in ["/enabled_connections", "/connections/con_b"] {
        let right = api.right_answer(path);
        for wrong in mutations(&right).into_iter().filter(|wrong| is_wrong_for(path, wrong)) {
            let text = String::from_utf8_lossy(&wrong).chars().take(300).collect::<String>();
            api.answer_wrong(Some((path, wrong)));
            let shown = client.login_options(&acme()).await.expect("the old set");
            assert_eq!(ids(&shown), ["con_a", "con_b"], "{path}: {text}");
            assert!(client.deciding().login_options(&acme()).await.is_err(), "{path}: {text}");
            tried += 1;
        }
        api.answer_wrong(None);
    }
    assert!(tried >= 1_000, "{tried}");
    assert_eq!(ids(&client.deciding().login_options(&acme()).await.expect("well again")), ["con_a", "con_b"]);
}

/// A connection has more members that may be missing or anything; its id, name and strategy may not.
fn is_wrong_for(path: &str, body: &[u8]) -> bool {
    let Ok(value) = serde_json::from_slice::<Value>(body) else { return true };
    let named = |member: &str| value.get(member).and_then(Value::as_str);
    path == "/enabled_connections" || named("id") != Some("con_b") || named("name") != Some("con-b")
}
