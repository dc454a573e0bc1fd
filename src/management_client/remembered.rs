//! What is remembered of the Management API, as the roof handles it: who sees writes, who looks at it, who empties it.

use std::sync::Arc;

use axum::Router;

use super::ManagementClient;
use super::changes;
use super::memory::{Memory, Windows};
use crate::config;

/// The memory of one gateway. Clones share it.
#[derive(Clone)]
pub struct Remembered(Arc<Memory>);

impl Remembered {
    pub fn new(settings: &config::Management) -> Self {
        Self(Arc::new(Memory::new(Windows::new(settings), settings.cache_megabytes << 20)))
    }

    /// The router of the Management API of this process, whose writes make what is remembered wrong.
    pub fn noticing(&self, api: Router) -> Router {
        changes::noticing(api, self.0.clone())
    }
}

impl ManagementClient {
    pub(super) fn memory(&self) -> &Arc<Memory> {
        &self.shared.remembered.0
    }
}
