//! Huge pages of memory: not while the process is small, which one of 2 MB for every few kilobytes would make half as
//! large again; but where a hundred thousand organizations are remembered, whose pages are drawn a tenth faster by them.

use std::time::Duration;

use crate::management_client::Remembered;

/// From so many remembered bytes on.
const LARGE: u64 = 32 << 20;
const EVERY: Duration = Duration::from_secs(5);

/// First of all, as the allocator asks for them.
pub fn avoid() {
    set_avoided(true);
}

/// Until that much is remembered.
pub(super) async fn avoid_while_small(remembered: Remembered) {
    while remembered.weight() < LARGE {
        tokio::time::sleep(EVERY).await;
    }
    set_avoided(false);
}

/// Where the kernel knows of no such thing, nothing is lost.
fn set_avoided(avoided: bool) {
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(avoided);
    #[cfg(not(target_os = "linux"))]
    let _ = avoided;
}
