//! Remembered answers: bounded, loaded once per key, and never older than the last write seen.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use axum::http::Method;
use axum::middleware::{self, Next};
use axum::response::Response;
use moka::future::Cache;

use super::ManagementError;

/// Counts the writes seen. Answers are kept under the number at which their load began, so a load that
/// began before a write is never found after it (design §6). Clones count together.
#[derive(Debug, Clone, Default)]
pub struct Writes(Arc<AtomicU64>);

impl Writes {
    /// A write was seen: everything remembered until now is forgotten.
    pub fn count(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }

    /// Counts the successful writes that come to a router of the Management API.
    pub fn counted(self, api: Router) -> Router {
        api.layer(middleware::from_fn(move |request, next| count(self.clone(), request, next)))
    }

    fn seen(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

/// Logins and users change nothing that is remembered.
async fn count(writes: Writes, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let reads = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    let path = path.strip_prefix("/api/v2").unwrap_or(path);
    if reads || path.starts_with("/logins") || path.starts_with("/users") {
        return next.run(request).await;
    }
    // A task of its own: a write goes on when the caller hangs up, and so must its count.
    let written = tokio::spawn(async move {
        let response = next.run(request).await;
        if response.status().is_success() {
            writes.count();
        }
        response
    });
    match written.await {
        Ok(response) => response,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// What can be remembered: how heavy it is, and whether it says "there is none".
pub(super) trait Remembered: Clone + Send + Sync + 'static {
    /// Bytes, roughly.
    fn weight(&self) -> u32;
    fn is_absent(&self) -> bool {
        false
    }
}

/// The answers to one kind of question.
pub(super) struct Memory<V> {
    entries: Cache<(u64, Arc<str>), V>,
}

/// "There is none" is believed for this long: it may be made at any moment.
const ABSENT: Duration = Duration::from_secs(5);

impl<V: Remembered> Memory<V> {
    pub(super) fn new(fresh: Duration, bytes: u64) -> Self {
        let entries = Cache::builder()
            .max_capacity(bytes)
            .weigher(|(_, key): &(u64, Arc<str>), value: &V| {
                value.weight().saturating_add(u32::try_from(key.len()).unwrap_or(u32::MAX)).saturating_add(64)
            })
            .expire_after(Freshness(fresh))
            .build();
        Self { entries }
    }

    /// Whether the answer is remembered.
    pub(super) fn knows(&self, writes: &Writes, key: &str) -> bool {
        self.entries.contains_key(&(writes.seen(), Arc::from(key)))
    }

    /// The remembered answer, or the one `load` brings: one load at a time for each key.
    pub(super) async fn get<F>(&self, writes: &Writes, key: &str, load: F) -> Result<V, ManagementError>
    where
        F: Future<Output = Result<V, ManagementError>>,
    {
        let key = (writes.seen(), Arc::from(key));
        if let Some(value) = self.entries.get(&key).await {
            metrics::counter!("management_cache_hits_total").increment(1);
            return Ok(value);
        }
        let load = async {
            metrics::counter!("management_cache_loads_total").increment(1);
            let result = load.await;
            if result.is_err() {
                metrics::counter!("management_cache_load_errors_total").increment(1);
            }
            result
        };
        self.entries.try_get_with(key, load).await.map_err(|error| ManagementError::clone(&error))
    }
}

struct Freshness(Duration);

impl<V: Remembered> moka::Expiry<(u64, Arc<str>), V> for Freshness {
    fn expire_after_create(&self, _: &(u64, Arc<str>), value: &V, _: Instant) -> Option<Duration> {
        Some(if value.is_absent() { ABSENT.min(self.0) } else { self.0 })
    }
}
