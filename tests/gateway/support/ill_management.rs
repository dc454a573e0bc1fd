//! The Management API of another vestibule behind a front that falls ill as told, and counts the calls.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

/// How a call is answered.
#[derive(Debug, Clone)]
pub enum Illness {
    /// Never.
    Hang,
    /// With this status and body.
    Status(u16, Value),
    /// The same with headers.
    Answer(u16, Vec<(&'static str, String)>, Value),
    /// With the right answer, and these headers besides.
    Headers(Vec<(&'static str, String)>),
    /// With 200 and a page.
    Html,
    /// With 200 and the first half of the right answer.
    Truncated,
    /// With 200 and these bytes of JSON.
    Json(String),
    /// With 200 and 10 MB of JSON.
    Huge,
}

/// The front; it ends when dropped.
pub struct IllManagement {
    /// `http://localhost:PORT`
    pub origin: String,
    shared: Arc<Mutex<Shared>>,
    task: AbortHandle,
}

struct Shared {
    /// One for all calls: making one takes longer than a call may.
    client: reqwest::Client,
    /// Where the well API is.
    behind: String,
    /// A call whose method, path and query contain the text is answered so, this often.
    illnesses: Vec<(String, Illness, usize)>,
    calls: Vec<Call>,
}

/// A call that came.
#[derive(Debug, Clone)]
pub struct Call {
    /// `GET /api/v2/organizations/name/acme`
    pub line: String,
    pub headers: HeaderMap,
    pub at: Instant,
}

type Room = State<Arc<Mutex<Shared>>>;

impl IllManagement {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let shared = Shared { client, behind: String::new(), illnesses: Vec::new(), calls: Vec::new() };
        let shared = Arc::new(Mutex::new(shared));
        let routes = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let task = tokio::spawn(async { axum::serve(listener, routes).await }).abort_handle();
        Self { origin, shared, task }
    }

    pub fn stand_before(&self, origin: &str) {
        self.shared.lock().unwrap().behind = origin.to_owned();
    }

    /// Calls like `GET /api/v2/organizations/` are answered so from now on; an empty text means all.
    pub fn fall_ill(&self, calls: &str, illness: Illness) {
        self.shared.lock().unwrap().illnesses.push((calls.to_owned(), illness, usize::MAX));
    }

    /// The same for one call only.
    pub fn fall_ill_once(&self, calls: &str, illness: Illness) {
        self.shared.lock().unwrap().illnesses.push((calls.to_owned(), illness, 1));
    }

    pub fn recover(&self) {
        self.shared.lock().unwrap().illnesses.clear();
    }

    /// How many calls contain the text, since the last time everything was forgotten.
    pub fn calls(&self, containing: &str) -> usize {
        self.all_calls().iter().filter(|call| call.line.contains(containing)).count()
    }

    /// The calls, in their order, since the last time everything was forgotten.
    pub fn all_calls(&self) -> Vec<Call> {
        self.shared.lock().unwrap().calls.clone()
    }

    pub fn forget_calls(&self) {
        self.shared.lock().unwrap().calls.clear();
    }
}

impl Drop for IllManagement {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(room): Room, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let call = format!("{} {}", parts.method, parts.uri);
    let (client, behind, illness) = {
        let mut room = room.lock().unwrap();
        let found = room.illnesses.iter_mut().find(|(calls, _, left)| *left > 0 && call.contains(calls.as_str()));
        let illness = found.map(|(_, illness, left)| {
            *left -= 1;
            illness.clone()
        });
        room.calls.push(Call { line: call, headers: parts.headers.clone(), at: Instant::now() });
        (room.client.clone(), room.behind.clone(), illness)
    };
    let json = |body: String| ([(header::CONTENT_TYPE, "application/json")], body).into_response();
    match illness {
        None => forward(&client, &behind, parts.method, &parts.uri, parts.headers, body).await,
        Some(Illness::Hang) => std::future::pending().await,
        Some(Illness::Status(status, body)) => with(status, &[], json(body.to_string())),
        Some(Illness::Answer(status, headers, body)) => with(status, &headers, json(body.to_string())),
        Some(Illness::Headers(headers)) => {
            let right = forward(&client, &behind, parts.method, &parts.uri, parts.headers, body).await;
            with(right.status().as_u16(), &headers, right)
        }
        Some(Illness::Html) => axum::response::Html("<!doctype html><h1>Maintenance</h1>").into_response(),
        Some(Illness::Truncated) => {
            let right = forward(&client, &behind, parts.method, &parts.uri, parts.headers, body).await;
            let right = axum::body::to_bytes(right.into_body(), 1 << 20).await.unwrap();
            json(String::from_utf8_lossy(&right[..right.len() / 2]).into_owned())
        }
        Some(Illness::Json(body)) => json(body),
        Some(Illness::Huge) => json(format!(r#"{{"padding":"{}"}}"#, "x".repeat(10_000_000))),
    }
}

fn with(status: u16, headers: &[(&'static str, String)], mut response: Response) -> Response {
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in headers {
        response.headers_mut().insert(*name, value.parse().unwrap());
    }
    response
}

async fn forward(
    client: &reqwest::Client,
    behind: &str,
    method: Method,
    uri: &Uri,
    mut headers: HeaderMap,
    body: Bytes,
) -> Response {
    headers.remove(header::TRANSFER_ENCODING);
    let answer = client.request(method, format!("{behind}{uri}")).headers(headers).body(body).send().await.unwrap();
    let status = answer.status();
    let kind = answer.headers().get(header::CONTENT_TYPE).cloned();
    let mut response = Response::new(Body::from(answer.bytes().await.unwrap()));
    *response.status_mut() = status;
    if let Some(kind) = kind {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    response
}
