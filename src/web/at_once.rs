//! An answer before the router: for the one address that is asked for most, when nothing needs to be waited for.

use std::net::{IpAddr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::time::Instant;

use axum::body::HttpBody;
use axum::http::{HeaderMap, Method, Request, StatusCode, Uri};
use axum::response::Response;

use super::client_address;
use super::layers::{Edge, RequestId, log_request};
use super::observe::{self, Series};
use super::screen::screen;
use crate::config;

/// What the answer may depend on.
pub struct Asked<'r> {
    pub address: IpAddr,
    pub headers: &'r HeaderMap,
    pub uri: &'r Uri,
    pub query: &'r str,
}

type Answer = dyn Fn(&Asked<'_>) -> Option<Response> + Send + Sync;

/// Answers the GETs of one path that need no waiting; what it leaves alone goes through the router.
pub struct AtOnce {
    path: &'static str,
    edge: Edge,
    answer: Box<Answer>,
    answered: OnceLock<Series>,
}

impl AtOnce {
    /// `answer` may not block, and leaves a request as if it had never come when it says `None`.
    pub fn new(
        path: &'static str,
        settings: &config::Server,
        answer: impl Fn(&Asked<'_>) -> Option<Response> + Send + Sync + 'static,
    ) -> Self {
        Self { path, edge: Edge::new(settings), answer: Box::new(answer), answered: OnceLock::new() }
    }

    /// The whole answer, with what [`super::wrap`] gives every answer.
    pub(super) fn answer(&self, request: &mut Request<impl HttpBody>, peer: SocketAddr) -> Option<Response> {
        let is_asked = request.uri().path() == self.path && request.method() == Method::GET;
        if !is_asked || !request.body().is_end_stream() {
            return None;
        }
        let started = Instant::now();
        screen(request).ok()?;
        let address = client_address::resolve(peer.ip(), request.headers(), &self.edge.trusted_proxies);
        let (headers, uri) = (request.headers(), request.uri());
        let asked = Asked { address, headers, uri, query: uri.query().unwrap_or_default() };
        // A panic is logged by its hook; the long way meets it again and says so to the person.
        let mut response = catch_unwind(AssertUnwindSafe(|| (self.answer)(&asked))).ok().flatten()?;
        let id = RequestId::new();
        self.edge.complete_headers(response.headers_mut(), &id);
        let (status, took) = (response.status(), started.elapsed());
        log_request("GET", self.path, status, took, &id);
        if observe::is_recording() {
            match status {
                StatusCode::OK => self.answered.get_or_init(|| Series::of(self.path, "GET", status)).count(took),
                status => Series::of(self.path, "GET", status).count(took),
            }
        }
        Some(response)
    }
}
