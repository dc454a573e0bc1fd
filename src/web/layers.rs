//! What happens to a request around its handler, in the order of [`around`]; `at_once` does the same around its answer.

use std::cell::Cell;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use ipnet::IpNet;

use super::body::{Seen, Watched};
use super::client_address::{self, ClientAddress, Peer};
use super::observe::{self, Series};
use super::screen::screen;
use crate::{config, model};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Characters of an unknown path in the log.
const LOGGED_PATH: usize = 120;

tokio::task_local! {
    /// The id of the request whose handler is running, for the panic hook.
    pub(super) static CURRENT: RequestId;
}

/// Our name of one request, 20 random letters and digits, shown to the person and in the log.
///
/// It is never the client's own. As an extractor it never fails; without [`wrap`] it is a fresh one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub String);

impl RequestId {
    pub fn new() -> Self {
        let mut letters = LETTERS.take();
        if letters.is_empty() {
            letters = model::random_alphanumeric(64 * REQUEST_ID_LETTERS);
        }
        let id = letters.split_off(letters.len() - REQUEST_ID_LETTERS);
        LETTERS.set(letters);
        Self(id)
    }
}

const REQUEST_ID_LETTERS: usize = 20;

thread_local! {
    /// Of the next ids: one call for random bytes costs as much as for many.
    static LETTERS: Cell<String> = const { Cell::new(String::new()) };
}

impl Default for RequestId {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Sync> FromRequestParts<S> for RequestId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

/// What is the same for every request.
pub(super) struct Edge {
    pub(super) trusted_proxies: Vec<IpNet>,
    time_limit: Duration,
    https: bool,
}

impl Edge {
    pub(super) fn new(settings: &config::Server) -> Self {
        Self {
            trusted_proxies: settings.trusted_proxies.clone(),
            time_limit: Duration::from_secs(settings.body_timeout_seconds),
            https: settings.public_url.scheme() == "https",
        }
    }
}

/// Puts the layers around a finished router; routes added later are outside.
pub fn wrap(router: Router, settings: &config::Server) -> Router {
    router.layer(middleware::from_fn_with_state(Arc::new(Edge::new(settings)), around))
}

async fn around(State(edge): State<Arc<Edge>>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = RequestId::new();
    let line = AccessLine::of(&request);
    let screened = screen(&mut request);
    request.extensions_mut().insert(id.clone());
    let address = client_address(&request, &edge.trusted_proxies);
    request.extensions_mut().insert(address);
    let mut response = match screened {
        Ok(()) => answer(&id, edge.time_limit, request, next).await,
        Err(refusal) => refusal.into_response(),
    };
    edge.complete_headers(response.headers_mut(), &id);
    line.write(response.status(), started.elapsed(), &id);
    response
}

fn client_address(request: &Request, trusted: &[IpNet]) -> ClientAddress {
    match request.extensions().get::<Peer>() {
        Some(peer) => ClientAddress(client_address::resolve(peer.0.ip(), request.headers(), trusted)),
        None => ClientAddress(std::net::Ipv4Addr::UNSPECIFIED.into()),
    }
}

/// Runs the handler, within the time limit, and survives its panic (which the panic hook has logged).
async fn answer(id: &RequestId, time_limit: Duration, request: Request, next: Next) -> Response {
    let deadline = tokio::time::Instant::now() + time_limit;
    let (request, seen) = watch_body(request, deadline);
    let handler = CURRENT.scope(id.clone(), AssertUnwindSafe(next.run(request)).catch_unwind());
    match tokio::time::timeout_at(deadline, handler).await {
        Ok(Ok(response)) => response,
        Ok(Err(_panic)) => {
            let text = format!("Something went wrong on our side. Request id: {}\n", id.0);
            (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
        }
        Err(_) if seen.is_none_or(|seen| seen.ended()) => {
            let text = format!("The answer took too long. Please try again. Request id: {}\n", id.0);
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "5")], text).into_response()
        }
        // hyper closes an HTTP/1 connection whose body was not read to its end.
        Err(_) => (StatusCode::REQUEST_TIMEOUT, "The request took too long.\n").into_response(),
    }
}

/// The request, and what becomes of its body; `None` when it has none, as nearly every GET.
fn watch_body(request: Request, deadline: tokio::time::Instant) -> (Request, Option<Arc<Seen>>) {
    if request.body().is_end_stream() {
        return (request, None);
    }
    let (parts, body) = request.into_parts();
    let (mut body, seen) = Watched::new(body, usize::MAX);
    // Who waits to be asked for the body has not sent it.
    if !parts.headers.contains_key(header::EXPECT) {
        body = body.drained_until(deadline);
    }
    (Request::from_parts(parts, Body::new(body)), Some(seen))
}

/// What every response carries unless its handler says otherwise.
///
/// `Referrer-Policy` is `same-origin`, not `no-referrer`: under the latter browsers send `Origin: null` with our own
/// forms, which [`super::is_same_origin`] refuses. Either way no other site sees our addresses.
pub(super) const DEFAULT_HEADERS: [(HeaderName, HeaderValue); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];

impl Edge {
    /// The defaults of every response; what the handler has set stays.
    pub(super) fn complete_headers(&self, headers: &mut HeaderMap, id: &RequestId) {
        for (name, value) in DEFAULT_HEADERS {
            if !headers.contains_key(&name) {
                headers.insert(name, value);
            }
        }
        if self.https {
            let year = HeaderValue::from_static("max-age=31536000");
            headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(year);
        }
        let id = HeaderValue::from_str(&id.0).expect("letters and digits");
        headers.insert(REQUEST_ID, id);
    }
}

/// What the log and the metrics say of a request: never its query, headers or body.
struct AccessLine {
    method: &'static str,
    /// The route's template; `None` when no route matched.
    route: Option<MatchedPath>,
    /// The path of a request that no route matched.
    path: String,
}

impl AccessLine {
    fn of(request: &Request) -> Self {
        let route = request.extensions().get::<MatchedPath>().cloned();
        let path = match &route {
            Some(_) => String::new(),
            None => request.uri().path().chars().take(LOGGED_PATH).collect(),
        };
        Self { method: known_method(request.method()), route, path }
    }

    fn write(self, status: StatusCode, took: Duration, id: &RequestId) {
        let path = self.route.as_ref().map_or(self.path.as_str(), MatchedPath::as_str);
        log_request(self.method, path, status, took, id);
        if observe::is_recording() {
            Series::of(self.route.as_ref().map_or("other", MatchedPath::as_str), self.method, status).count(took);
        }
    }
}

/// `path` is the route's template; that of the request where no route matched.
pub(super) fn log_request(method: &'static str, path: &str, status: StatusCode, took: Duration, id: &RequestId) {
    let milliseconds = (took.as_secs_f64() * 1e5).round() / 100.0;
    tracing::info!(
        target: "vestibule::access",
        method, path, status = status.as_u16(), milliseconds, request_id = id.0, "request"
    );
}

/// Methods are a label of the metrics, so an invented one must not make a new time series.
fn known_method(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}
