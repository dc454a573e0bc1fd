//! The identity providers' public keys: remembered per connection and issuer, fetched again for an unknown one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::future::Cache;
use openidconnect::JsonWebKeySet;
use tokio::sync::Mutex;
use url::Url;

use super::jwk::Jwk;
use super::metadata::{Source, read_json};
use super::outbound::Outbound;
use super::relying_party_error::RelyingPartyError;

/// An unknown key or a bad signature makes us fetch the keys again, but not more often than this.
const REFETCH_INTERVAL: Duration = Duration::from_secs(60);
/// After a failure the keys are not asked for again for this long.
const FAILURE_REMEMBERED: Duration = Duration::from_secs(2);
/// Keys that cannot be renewed are still used this long.
const STALE_AFTER_FAILURE: Duration = Duration::from_secs(24 * 60 * 60);
const MAX_REMEMBERED: u64 = 10_000;

pub(super) type KeySet = Arc<JsonWebKeySet<Jwk>>;

/// The keys of all connections. Each source has its own lock, so a slow identity provider delays only its own logins.
#[derive(Debug, Clone)]
pub(super) struct UpstreamKeys {
    outbound: Outbound,
    sources: Cache<Source, Arc<Mutex<Held>>>,
    fresh: Duration,
}

#[derive(Debug, Default)]
struct Held {
    keys: Option<Fetched>,
    failure: Option<(Instant, RelyingPartyError)>,
    refetched_at: Option<Instant>,
}

#[derive(Debug)]
struct Fetched {
    keys: KeySet,
    from: Url,
    at: Instant,
}

impl UpstreamKeys {
    pub(super) fn new(outbound: Outbound, fresh: Duration) -> Self {
        let sources = Cache::builder().max_capacity(MAX_REMEMBERED).time_to_idle(STALE_AFTER_FAILURE).build();
        Self { outbound, sources, fresh }
    }

    /// The keys, fetched when there are none or they are old; old ones serve while they cannot be renewed.
    pub(super) async fn keys(&self, source: &Source, uri: &Url) -> Result<KeySet, RelyingPartyError> {
        let held = self.held(source).await;
        let mut held = held.lock().await;
        if let Some(keys) = held.younger_than(self.fresh, uri) {
            return Ok(keys);
        }
        let failed_lately = held.failure.as_ref().filter(|(at, _)| at.elapsed() < FAILURE_REMEMBERED);
        let outcome = match failed_lately {
            Some((_, error)) => Err(error.clone()),
            None => self.fetch(&mut held, uri).await,
        };
        outcome.or_else(|error| held.younger_than(STALE_AFTER_FAILURE, uri).ok_or(error))
    }

    /// Newer keys than `seen`, for a token that those did not verify; `None` when it is too early to ask again.
    pub(super) async fn newer(&self, source: &Source, uri: &Url, seen: &KeySet) -> Option<KeySet> {
        let held = self.held(source).await;
        let mut held = held.lock().await;
        // Someone else may have fetched them while we waited for the lock.
        let current = held.younger_than(STALE_AFTER_FAILURE, uri).filter(|keys| !Arc::ptr_eq(keys, seen));
        if current.is_some() || held.refetched_at.is_some_and(|at| at.elapsed() < REFETCH_INTERVAL) {
            return current;
        }
        held.refetched_at = Some(Instant::now());
        self.fetch(&mut held, uri).await.ok()
    }

    async fn held(&self, source: &Source) -> Arc<Mutex<Held>> {
        self.sources.get_with_by_ref(source, async { Arc::default() }).await
    }

    async fn fetch(&self, held: &mut Held, uri: &Url) -> Result<KeySet, RelyingPartyError> {
        match self.ask(uri).await {
            Ok(keys) => {
                let keys = Arc::new(keys);
                held.keys = Some(Fetched { keys: keys.clone(), from: uri.clone(), at: Instant::now() });
                held.failure = None;
                Ok(keys)
            }
            Err(error) => {
                held.failure = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    async fn ask(&self, uri: &Url) -> Result<JsonWebKeySet<Jwk>, RelyingPartyError> {
        read_json(uri, &self.outbound.get(uri.as_str(), None).await?)
    }
}

impl Held {
    fn younger_than(&self, age: Duration, uri: &Url) -> Option<KeySet> {
        self.keys.as_ref().filter(|held| held.from == *uri && held.at.elapsed() < age).map(|held| held.keys.clone())
    }
}

#[cfg(test)]
mod tests;
