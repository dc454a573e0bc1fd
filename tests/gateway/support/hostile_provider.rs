//! An OpenID provider that misbehaves as told, since a certified one cannot.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use url::Url;

use super::forging::{self, Signature};

pub type Parameters = BTreeMap<String, String>;

/// What it does wrong. The default does everything right.
#[derive(Debug, Clone, Default)]
pub struct Behaviour {
    pub discovery: Answer,
    /// Merged over the metadata; `null` takes a member away.
    pub metadata: Value,
    pub jwks: Answer,
    /// A new key signs and is published, the first one is gone.
    pub rotated: bool,
    pub token: Answer,
    /// Merged over the token endpoint's answer.
    pub token_response: Value,
    /// Merged over the ID token's claims; `null` takes one away.
    pub claims: Value,
    pub signature: Signature,
    pub userinfo: Answer,
    /// Merged over the userinfo claims.
    pub userinfo_claims: Value,
    /// Parameters of the redirect back: another value, or `None` to leave one out.
    pub callback: BTreeMap<&'static str, Option<String>>,
}

/// How an endpoint answers.
#[derive(Debug, Clone, Default)]
pub enum Answer {
    #[default]
    Right,
    /// Never.
    Hang,
    /// 500 with a JSON body.
    Fail,
    /// 200 with a page.
    Html,
    /// 200 with 10 MB of JSON.
    Huge,
    /// This status, content type and body.
    With(u16, &'static str, String),
}

/// How often each endpoint was asked, and with what at last.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    pub discovery: u32,
    pub jwks: u32,
    pub authorize: u32,
    pub token: u32,
    pub userinfo: u32,
    pub last_authorize: Parameters,
    pub last_token: Parameters,
    /// The `Authorization` header of the last token request.
    pub last_token_authorization: Option<String>,
}

/// A running hostile provider; it ends when dropped.
pub struct HostileProvider {
    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub issuer: String,
    shared: Arc<Mutex<Shared>>,
    task: AbortHandle,
}

#[derive(Default)]
struct Shared {
    issuer: String,
    behaviour: Behaviour,
    seen: Seen,
    /// Parameters of the authorize request by code.
    codes: BTreeMap<String, Parameters>,
}

type Room = State<Arc<Mutex<Shared>>>;

impl HostileProvider {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Mutex::new(Shared { issuer: issuer.clone(), ..Shared::default() }));
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/jwks", get(jwks))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo).post(userinfo))
            .with_state(Arc::clone(&shared));
        let task = tokio::spawn(async { axum::serve(listener, routes).await }).abort_handle();
        Self { issuer, shared, task }
    }

    /// Changes what it does wrong from now on: `provider.behave(|b| b.token = Answer::Hang)`.
    pub fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.shared.lock().unwrap().behaviour);
    }

    pub fn seen(&self) -> Seen {
        self.shared.lock().unwrap().seen.clone()
    }
}

impl Drop for HostileProvider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn discovery(State(room): Room) -> Response {
    let (answer, body) = {
        let mut room = room.lock().unwrap();
        room.seen.discovery += 1;
        let issuer = &room.issuer;
        let metadata = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "userinfo_endpoint": format!("{issuer}/userinfo"),
            "jwks_uri": format!("{issuer}/jwks"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
        });
        (room.behaviour.discovery.clone(), merged(metadata, &room.behaviour.metadata))
    };
    answer_with(answer, body).await
}

async fn jwks(State(room): Room) -> Response {
    let (answer, rotated) = {
        let mut room = room.lock().unwrap();
        room.seen.jwks += 1;
        (room.behaviour.jwks.clone(), room.behaviour.rotated)
    };
    answer_with(answer, forging::published(rotated)).await
}

/// Redirects back at once: nobody has to sign in here.
async fn authorize(State(room): Room, Query(parameters): Query<Parameters>) -> Response {
    let mut room = room.lock().unwrap();
    room.seen.authorize += 1;
    room.seen.last_authorize = parameters.clone();
    let Some(mut back) = parameters.get("redirect_uri").and_then(|uri| Url::parse(uri).ok()) else {
        return (StatusCode::BAD_REQUEST, "no redirect_uri").into_response();
    };
    let code = format!("code-{}", room.codes.len());
    let mut answer = BTreeMap::from([("code", Some(code.clone())), ("iss", Some(room.issuer.clone()))]);
    answer.insert("state", parameters.get("state").cloned());
    answer.extend(room.behaviour.callback.clone());
    back.query_pairs_mut().extend_pairs(answer.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))));
    room.codes.insert(code, parameters);
    Redirect::to(back.as_str()).into_response()
}

async fn token(State(room): Room, headers: HeaderMap, form: axum::Form<Parameters>) -> Response {
    let (answer, body) = {
        let mut room = room.lock().unwrap();
        room.seen.token += 1;
        room.seen.last_token = form.0.clone();
        let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        room.seen.last_token_authorization = authorization.map(str::to_owned);
        match token_response(&room, form.get("code")) {
            Some(body) => (room.behaviour.token.clone(), body),
            None => (Answer::With(400, "application/json", r#"{"error":"invalid_grant"}"#.to_owned()), Value::Null),
        }
    };
    answer_with(answer, body).await
}

fn token_response(room: &MutexGuard<'_, Shared>, code: Option<&String>) -> Option<Value> {
    let asked = room.codes.get(code?)?;
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    let claims = json!({
        "iss": room.issuer, "sub": "mallory", "aud": asked.get("client_id"), "nonce": asked.get("nonce"),
        "iat": now, "exp": now + 300, "email": "mallory@example.com", "email_verified": true, "name": "Mallory",
    });
    let claims = merged(claims, &room.behaviour.claims);
    let id_token = forging::sign(&claims, &room.behaviour.signature, room.behaviour.rotated);
    let body = json!({ "access_token": "opaque", "token_type": "Bearer", "expires_in": 300, "id_token": id_token });
    Some(merged(body, &room.behaviour.token_response))
}

async fn userinfo(State(room): Room) -> Response {
    let (answer, body) = {
        let mut room = room.lock().unwrap();
        room.seen.userinfo += 1;
        let claims = json!({ "sub": "mallory", "email": "mallory@example.com", "email_verified": true });
        (room.behaviour.userinfo.clone(), merged(claims, &room.behaviour.userinfo_claims))
    };
    answer_with(answer, body).await
}

async fn answer_with(answer: Answer, right: Value) -> Response {
    let (status, kind, body) = match answer {
        Answer::Right => (200, "application/json", right.to_string()),
        Answer::Hang => std::future::pending().await,
        Answer::Fail => (500, "application/json", r#"{"error":"server_error"}"#.to_owned()),
        Answer::Html => (200, "text/html", "<!doctype html><title>Maintenance</title><h1>Back soon</h1>".to_owned()),
        Answer::Huge => (200, "application/json", format!(r#"{{"padding":"{}"}}"#, "x".repeat(10_000_000))),
        Answer::With(status, kind, body) => (status, kind, body),
    };
    (StatusCode::from_u16(status).unwrap(), [(header::CONTENT_TYPE, kind)], Body::from(body)).into_response()
}

pub fn merged(mut right: Value, wrong: &Value) -> Value {
    let Some(wrong) = wrong.as_object() else { return right };
    let members = right.as_object_mut().unwrap();
    for (name, value) in wrong {
        match value {
            Value::Null => members.remove(name),
            value => members.insert(name.clone(), value.clone()),
        };
    }
    right
}
