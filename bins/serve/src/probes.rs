//! What an orchestrator and a metrics collector ask a daemon: `/livez`, `/readyz`, `/metrics`.
//!
//! The answers hold counts and states only, never a name, a key or an address of a user. The first two are told to all, so
//! that an orchestrator needs no secret; counts are told to those who are admitted.

use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::registry::Registry;
use tokio::sync::watch;
use veracruz_rest::Problem;

const LIVE: &str = "/livez";
const READY: &str = "/readyz";
const METRICS: &str = "/metrics";

/// What prometheus-client writes: the OpenMetrics form of the Prometheus text format.
const METRICS_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Whether the daemon can do its work; a daemon keeps one and tells it.
#[derive(Clone, Debug)]
pub struct Readiness(Arc<watch::Sender<Option<&'static str>>>);

impl Default for Readiness {
    fn default() -> Self {
        Readiness(Arc::new(watch::Sender::new(Some("starting"))))
    }
}

impl Readiness {
    /// The daemon can do its work.
    pub fn ready(&self) {
        self.0.send_replace(None);
    }

    /// The daemon cannot do its work, and why, in words for the operator.
    pub fn not_ready(&self, reason: &'static str) {
        self.0.send_replace(Some(reason));
    }

    fn reason(&self) -> Option<&'static str> {
        *self.0.borrow()
    }
}

/// The three routes. `/livez` answers while the process serves at all; `/readyz` answers 200 when the daemon is ready,
/// else 503 with the reason; `/metrics` answers the metrics of all registries.
pub(crate) fn probes(readiness: Readiness, registries: [Registry; 2]) -> Router {
    let registries = Arc::new(registries);
    Router::new()
        .route(LIVE, get(async || "alive\n"))
        .route(READY, get(move || std::future::ready(ready(&readiness))))
        .route(METRICS, get(move || std::future::ready(metrics(&*registries))))
        .method_not_allowed_fallback(async || Problem::new(405, "method-not-allowed", "this resource is read: GET it"))
}

/// Whether `path` is one of these.
pub(crate) fn is_probe(path: &str) -> bool {
    is_told_to_all(path) || path == METRICS
}

/// Whether nobody is asked who they are at `path`.
pub(crate) fn is_told_to_all(path: &str) -> bool {
    [LIVE, READY].contains(&path)
}

fn ready(readiness: &Readiness) -> Response {
    match readiness.reason() {
        None => "ready\n".into_response(),
        Some(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {reason}\n")).into_response(),
    }
}

fn metrics(registries: &[Registry]) -> Response {
    let mut text = String::new();
    let written = registries.iter().try_for_each(|registry| encode_registry(&mut text, registry));
    match written.and_then(|()| encode_eof(&mut text)) {
        Ok(()) => ([(header::CONTENT_TYPE, METRICS_TYPE)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics could not be written");
            Problem::internal().into_response()
        }
    }
}
