//! How the parts are doing that a login needs: the Management API, what is remembered of it, identity providers.

use std::time::{Duration, Instant};

use super::confirmation::counted;
use super::connection::{address, find, title};
use super::error::DashboardError;
use super::moment::ago;
use super::session::Signed;
use super::{Dashboard, cache};
use crate::model::Timestamp;
use crate::model::cache_report::CacheReport;

/// Identity providers that are told.
const PROVIDERS: usize = 8;

pub(super) struct Health {
    /// How long the Management API took to answer.
    took: Duration,
    cache: CacheReport,
    pub(super) providers: Vec<Provider>,
}

/// An identity provider that was asked what it says about itself.
pub(super) struct Provider {
    pub(super) title: String,
    pub(super) href: String,
    pub(super) ago: String,
    /// Why it was of no use.
    pub(super) error: Option<String>,
}

impl Health {
    pub(super) async fn find(dashboard: &Dashboard, signed: &Signed) -> Result<Self, DashboardError> {
        let started = Instant::now();
        let cache = cache::report(&signed.api).await?;
        Ok(Self { took: started.elapsed(), cache, providers: providers(dashboard, signed).await? })
    }

    pub(super) fn took(&self) -> String {
        match self.took.as_millis() {
            0 => "in less than 1 ms".to_owned(),
            milliseconds => format!("in {milliseconds} ms"),
        }
    }

    pub(super) fn entries(&self) -> String {
        counted(self.cache.entries, "remembered answer")
    }

    /// `None` while nothing is remembered.
    pub(super) fn oldest(&self) -> Option<String> {
        self.cache.oldest_seconds.map(ago)
    }

    /// The share of answers that were remembered, in per cent; `None` while nobody asked.
    pub(super) fn hit_share(&self) -> Option<u64> {
        let hits = self.cache.hits + self.cache.stale_hits;
        (100 * hits).checked_div(hits + self.cache.loads)
    }
}

async fn providers(dashboard: &Dashboard, signed: &Signed) -> Result<Vec<Provider>, DashboardError> {
    let now = Timestamp::now();
    let mut providers = Vec::new();
    for (id, asked) in dashboard.relying_party.last_asked(PROVIDERS) {
        // One that was deleted since is of no interest.
        let Some(connection) = find(&signed.api, &id).await? else { continue };
        providers.push(Provider {
            title: title(&connection),
            href: address(&id),
            ago: ago(u64::try_from(now.seconds() - asked.at.seconds()).unwrap_or_default()),
            error: asked.answer.err().map(|error| error.to_string()),
        });
    }
    Ok(providers)
}
