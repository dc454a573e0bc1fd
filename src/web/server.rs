//! The accept loop: connections come in here, under a cap and with clocks, and are drained at the end.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::at_once::AtOnce;
use super::client_address::Peer;
use super::connection::{Clock, Limits, Timed};
use super::guests::Guests;
use super::tls;
use crate::config;
use crate::error::Fault;

/// Header lines of one request. It is hyper's own limit for HTTP/1, left unset there: setting it costs an
/// allocation per request.
pub(super) const MAX_HEADERS: usize = 100;
const HTTP2_STREAMS: u32 = 128;
/// Streams a peer may reset before we looked at them (rapid reset, CVE-2023-44487).
const HTTP2_PENDING_RESETS: usize = 20;
/// Streams a peer may make us reset (CVE-2025-8671).
const HTTP2_LOCAL_RESETS: usize = 256;
const HTTP2_PING: Duration = Duration::from_secs(20);
/// hyper refuses a smaller buffer.
const MIN_HEADER_BYTES: usize = 8192;

/// What answers the requests of a listener.
pub struct Front {
    router: Router,
    at_once: Option<AtOnce>,
}

impl From<Router> for Front {
    fn from(router: Router) -> Self {
        Self { router, at_once: None }
    }
}

impl Front {
    /// What `at_once` leaves alone goes to `router`.
    pub fn new(at_once: AtOnce, router: Router) -> Self {
        Self { router, at_once: Some(at_once) }
    }
}

/// Serves `front` on `listener` until `shutdown` ends, then lets requests under way finish for `drain_seconds`.
///
/// With a certificate in the settings it speaks TLS; HTTP/1.1 and HTTP/2 either way. What goes to the router carries
/// its [`Peer`]. Dropping the future closes every connection at once.
///
/// # Errors
/// Only at the start: a certificate or key that cannot be used.
pub async fn serve(
    listener: TcpListener,
    front: impl Into<Front>,
    settings: &config::Server,
    shutdown: impl Future<Output = ()>,
) -> Result<(), Fault> {
    let graceful = GracefulShutdown::new();
    // Its drop, at the end of this function at the latest, ends the connections that did not drain.
    let mut connections = JoinSet::new();
    let door = Arc::new(Door::new(front.into(), settings)?);
    let guests = Guests::new(settings);
    let places = Arc::new(Semaphore::new(settings.max_connections.clamp(1, Semaphore::MAX_PERMITS)));
    tokio::pin!(shutdown);
    loop {
        // The place first: connections over the cap wait in the kernel, not here.
        let next = async {
            let place = places.clone().acquire_owned().await;
            (accept(&listener).await, place)
        };
        let ((stream, peer), place) = tokio::select! {
            next = next => next,
            Some(_) = connections.join_next() => continue,
            () = &mut shutdown => break,
        };
        // Closed at once: one address must not hold every place.
        let Some(guest) = guests.admit(peer.ip()) else { continue };
        let (door, watcher) = (door.clone(), graceful.watcher());
        connections.spawn(async move {
            let _place = (place, guest);
            door.admit(stream, peer, watcher).await;
        });
    }
    drop(listener);
    let drained = tokio::time::timeout(Duration::from_secs(settings.drain_seconds), graceful.shutdown()).await;
    if drained.is_err() {
        tracing::warn!(seconds = settings.drain_seconds, "some requests did not finish in time and were cut off");
    }
    Ok(())
}

/// The next connection. An error of one connection is skipped; one of ours, such as no file descriptors
/// left, waits a little, as it would come back at once.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                let theirs = [ErrorKind::ConnectionAborted, ErrorKind::ConnectionReset, ErrorKind::ConnectionRefused];
                if !theirs.contains(&error.kind()) {
                    tracing::warn!(%error, "cannot accept connections");
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
            }
        }
    }
}

/// What every connection of one listener shares.
struct Door {
    router: Router,
    at_once: Option<Arc<AtOnce>>,
    tls: Option<TlsAcceptor>,
    limits: Limits,
    http: auto::Builder<TokioExecutor>,
}

impl Door {
    fn new(Front { router, at_once }: Front, settings: &config::Server) -> Result<Self, Fault> {
        let limits = Limits {
            header: Duration::from_secs(settings.header_timeout_seconds),
            idle: Duration::from_secs(settings.idle_timeout_seconds),
        };
        let http = http_builder(settings.max_header_bytes, limits);
        let (router, at_once) = (router.with_state(()), at_once.map(Arc::new));
        Ok(Self { router, at_once, tls: tls::acceptor(settings)?, limits, http })
    }

    /// Serves one connection to its end.
    async fn admit(&self, stream: TcpStream, peer: SocketAddr, watcher: Watcher) {
        // Answers are written whole, so waiting for more bytes only adds latency.
        let _ = stream.set_nodelay(true);
        let Some(tls) = &self.tls else { return self.converse(stream, peer, watcher).await };
        match tokio::time::timeout(self.limits.header, tls.accept(stream)).await {
            Ok(Ok(stream)) => self.converse(stream, peer, watcher).await,
            Ok(Err(error)) => tracing::debug!(%peer, %error, "TLS handshake failed"),
            Err(_) => tracing::debug!(%peer, "TLS handshake took too long"),
        }
    }

    async fn converse<S>(&self, stream: S, peer: SocketAddr, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let clock = Clock::start(self.limits);
        let io = TokioIo::new(Timed::new(stream, clock.clone()));
        let (router, at_once) = (TowerToHyperService::new(self.router.clone()), self.at_once.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            let under_way = clock.request(request.version());
            let (router, at_once) = (router.clone(), at_once.clone());
            // In the future: over HTTP/2 each request has a task for it, and the connection's goes on.
            async move {
                let response = match at_once.and_then(|at_once| at_once.answer(&mut request, peer)) {
                    Some(response) => Ok(response),
                    None => {
                        request.extensions_mut().insert(Peer(peer));
                        router.call(request).await
                    }
                };
                drop(under_way);
                response
            }
        });
        let connection = self.http.serve_connection(io, service).into_owned();
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%peer, %error, "connection ended");
        }
    }
}

fn http_builder(max_header_bytes: usize, limits: Limits) -> auto::Builder<TokioExecutor> {
    let header_bytes = max_header_bytes.max(MIN_HEADER_BYTES);
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // `Timed` holds the limits and comes first; with one set here hyper also reads while a connection
        // is idle, which is when `Timed` looks at its clock.
        .header_read_timeout(limits.idle.max(limits.header) + Duration::from_secs(1))
        .max_buf_size(header_bytes);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(HTTP2_STREAMS)
        .max_pending_accept_reset_streams(HTTP2_PENDING_RESETS)
        .max_local_error_reset_streams(HTTP2_LOCAL_RESETS)
        .max_header_list_size(u32::try_from(header_bytes).unwrap_or(u32::MAX))
        .keep_alive_interval(HTTP2_PING)
        .keep_alive_timeout(HTTP2_PING);
    builder
}
