//! What operators see: the log on standard error, and the metrics on a listener of their own.

use std::io::IsTerminal;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::routing::get;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use super::layers::CURRENT;
use super::log;
use super::server;
use crate::config::{self, LogFormat};
use crate::error::{Context, Fault};

/// Libraries that tell too much at `info`; a filter of the operator's own says itself what it wants.
const QUIET: &str = "info,hyper=warn,hyper_util=warn,h2=warn,rustls=warn,sqlx=warn,reqwest=warn";
/// Upper bounds of the time histograms in seconds: a cached page takes well below a millisecond.
const SECONDS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];

/// Starts the log, on standard error so that a command's output stays clean, and sends panics there too.
///
/// A second call changes nothing.
///
/// # Errors
/// `log.filter` is not in the syntax of `EnvFilter`.
pub fn init_logging(settings: &config::Log) -> Result<(), Fault> {
    let filter = if settings.filter == "info" { QUIET } else { &settings.filter };
    let filter = EnvFilter::builder().parse(filter).context("log.filter")?;
    let terminal = std::io::stderr().is_terminal();
    let text = settings.format == LogFormat::Text || (settings.format == LogFormat::Auto && terminal);
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(log::lines());
    let started = if text {
        log.with_ansi(terminal).with_target(false).try_init()
    } else {
        log.event_format(log::Json).try_init()
    };
    if started.is_ok() {
        log::start_writing().context("starting the log")?;
        std::panic::set_hook(Box::new(log_panic));
    }
    Ok(())
}

/// A panic is logged here, once, with its place and the request it ended.
fn log_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string).unwrap_or_default();
    let message = panic.payload_as_str().unwrap_or("no message");
    let request_id = CURRENT.try_with(|id| id.0.clone()).unwrap_or_default();
    tracing::error!(location, message, request_id, "panic");
    // It may be this process's last word.
    log::flush();
}

static HANDLE: OnceLock<Result<PrometheusHandle, String>> = OnceLock::new();

/// Starts recording metrics; without it the macros of `metrics` do nothing. A second call returns the first's.
///
/// # Errors
/// Another recorder is installed.
pub fn install_metrics() -> Result<PrometheusHandle, Fault> {
    let install = || {
        PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
            .and_then(PrometheusBuilder::install_recorder)
            .map_err(|error| error.to_string())
    };
    HANDLE.get_or_init(install).clone().context("starting the metrics")
}

/// Whether anybody sees what is counted: labels are made only then.
pub(super) fn is_recording() -> bool {
    HANDLE.get().is_some()
}

/// What is counted of one kind of answer. Looking it up costs as much as counting, so it can be kept.
pub(super) struct Series {
    requests: metrics::Counter,
    seconds: metrics::Histogram,
}

impl Series {
    pub(super) fn of(route: &str, method: &'static str, status: StatusCode) -> Self {
        let route = route.to_owned();
        let labels = [("route", route.clone()), ("method", method.into()), ("status", status.as_str().to_owned())];
        Self {
            requests: metrics::counter!("http_requests_total", &labels),
            seconds: metrics::histogram!("http_request_seconds", "route" => route),
        }
    }

    pub(super) fn count(&self, took: Duration) {
        self.requests.increment(1);
        self.seconds.record(took.as_secs_f64());
    }
}

/// Brings up to date what is not counted as things happen.
pub type Look = Arc<dyn Fn() + Send + Sync>;

/// `GET /metrics` in Prometheus' text format; `look` is called before, on a thread where it may take its time.
pub fn metrics_router(handle: PrometheusHandle, look: Look) -> Router {
    let content_type = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    let render = async move || {
        if let Err(error) = tokio::task::spawn_blocking(move || look()).await {
            tracing::error!(%error, "some metrics could not be brought up to date");
        }
        (content_type, handle.render())
    };
    Router::new().route("/metrics", get(render))
}

/// Serves the metrics in plain HTTP until dropped.
///
/// # Errors
/// As [`server::serve`].
pub async fn serve_metrics(
    listener: TcpListener,
    handle: PrometheusHandle,
    look: Look,
    settings: &config::Server,
) -> Result<(), Fault> {
    let plain = config::Server { tls_certificate: None, tls_key: None, drain_seconds: 1, ..settings.clone() };
    let router = metrics_router(handle.clone(), look);
    tokio::select! {
        served = server::serve(listener, router, &plain, std::future::pending()) => served,
        () = keep_up(handle) => Ok(()),
    }
}

/// Without a scrape, recorded times would pile up.
async fn keep_up(handle: PrometheusHandle) {
    loop {
        tokio::time::sleep(Duration::from_secs(5)).await;
        handle.run_upkeep();
    }
}
