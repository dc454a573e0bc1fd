//! What is remembered of the Management API, as the roof handles it: who sees writes, who looks at it, who empties it.

use std::sync::Arc;

use axum::Router;

use super::ManagementClient;
use super::changes;
use super::memory::{Memory, Windows};
use super::upstream::Upstream;
use crate::config;

/// The memory of one gateway. Clones share it.
#[derive(Clone)]
pub struct Remembered {
    memory: Arc<Memory>,
    /// The other machine whose API it is; `None`: it is in this process.
    upstream: Option<Arc<Upstream>>,
    most_bytes: u64,
}

impl Remembered {
    pub fn new(settings: &config::Management) -> Self {
        let most_bytes = settings.cache_megabytes << 20;
        let upstream = settings.url.as_ref().map(|url| Arc::new(Upstream::new(url, settings)));
        Self { memory: Arc::new(Memory::new(Windows::new(settings), most_bytes)), upstream, most_bytes }
    }

    /// Bytes that are remembered, about.
    pub fn weight(&self) -> u64 {
        self.memory.weight()
    }

    pub(super) fn upstream(&self) -> Option<&Upstream> {
        self.upstream.as_deref()
    }

    /// What may be remembered.
    pub fn most_bytes(&self) -> u64 {
        self.most_bytes
    }

    pub(super) fn memory(&self) -> &Arc<Memory> {
        &self.memory
    }

    /// The router of the Management API of this process, whose writes make what is remembered wrong.
    pub fn noticing(&self, api: Router) -> Router {
        changes::noticing(api, self.memory.clone())
    }
}

impl ManagementClient {
    pub(super) fn upstream(&self) -> Option<&Upstream> {
        self.shared.remembered.upstream()
    }

    pub(super) fn memory(&self) -> &Arc<Memory> {
        &self.shared.remembered.memory
    }
}
