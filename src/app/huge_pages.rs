//! Huge pages of memory: not while the process is small, which they would make a third larger; but where a hundred
//! thousand organizations are remembered, whose pages are drawn a tenth faster by them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::management_client::Remembered;

/// From so many remembered bytes on: some ten thousand organizations.
const LARGE: u64 = 16 << 20;
const EVERY: Duration = Duration::from_secs(2);

/// Whether it was us who switched them off, and not whoever runs this.
static AVOIDED: AtomicBool = AtomicBool::new(false);

/// First of all, as the allocator asks for them.
pub fn avoid() {
    AVOIDED.store(set_allowed(false), Ordering::Relaxed);
}

/// From when on much is remembered, until the end.
pub(super) async fn allow_once_large(remembered: Remembered) {
    if !AVOIDED.load(Ordering::Relaxed) || remembered.most_bytes() <= LARGE {
        return;
    }
    while remembered.weight() < LARGE {
        tokio::time::sleep(EVERY).await;
    }
    set_allowed(true);
}

/// Whether that changed anything. Where the kernel knows of no such thing, nothing is lost.
#[cfg(target_os = "linux")]
fn set_allowed(allowed: bool) -> bool {
    use rustix::thread::{disable_transparent_huge_pages, transparent_huge_pages_are_disabled};
    transparent_huge_pages_are_disabled().is_ok_and(|disabled| disabled == allowed)
        && disable_transparent_huge_pages(!allowed).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn set_allowed(_allowed: bool) -> bool {
    false
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_is_switched_off_already_was_not_switched_off_by_us() {
        if rustix::thread::transparent_huge_pages_are_disabled() != Ok(false) {
            // Somebody did so for all that runs here.
            return assert!(!set_allowed(false));
        }
        assert!(set_allowed(false));
        assert!(!set_allowed(false));
        assert!(set_allowed(true));
        assert!(!set_allowed(true));
    }
}
