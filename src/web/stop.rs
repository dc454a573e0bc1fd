//! When to stop.

use tokio::signal::unix::{SignalKind, signal};

/// SIGTERM or Ctrl-C, from this call on: before it, either ends the process on the spot.
pub fn stop_signal() -> impl Future<Output = ()> {
    let [terminate, interrupt] = [SignalKind::terminate(), SignalKind::interrupt()].map(|kind| {
        let told = signal(kind);
        async move {
            match told {
                Ok(mut told) => {
                    told.recv().await;
                }
                Err(_) => std::future::pending().await,
            }
        }
    });
    async move {
        tokio::select! {
            () = terminate => {}
            () = interrupt => {}
        }
    }
}
