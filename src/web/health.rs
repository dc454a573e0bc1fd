//! What an orchestrator asks: does the process live, and can it do its work.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;

/// `/healthz` always answers; `/readyz` asks `ready`, whose error is the reason to log.
pub fn routes<F, R, E>(ready: F) -> Router
where
    F: Fn() -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Result<(), E>> + Send,
    E: std::fmt::Display,
{
    let answer = move || {
        let ready = ready();
        async move {
            match ready.await {
                Ok(()) => (StatusCode::OK, "ready\n"),
                Err(error) => {
                    tracing::error!(%error, "not ready");
                    (StatusCode::SERVICE_UNAVAILABLE, "not ready; the log says why\n")
                }
            }
        }
    };
    Router::new().route("/healthz", get(|| async { "ok\n" })).route("/readyz", get(answer))
}
