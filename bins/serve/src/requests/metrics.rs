//! Counts of connections and requests.
//!
//! No label is a text that a client chooses: routes are the router's own templates, methods and statuses are a few.

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Seconds from a look-up to a large upload.
const BUCKETS: [f64; 10] = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0, 60.0, 300.0, 1800.0];

/// Where there is no route, or no status.
pub(super) const NONE: &str = "-";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: Arc<str>,
    status: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OnRoute {
    route: Arc<str>,
}

/// The counts; clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    requests: Family<Answered, Counter>,
    seconds: Family<OnRoute, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
    connections: Gauge,
}

/// One more for as long as this lives.
pub(crate) struct Counted(Gauge);

impl Default for Metrics {
    fn default() -> Self {
        Metrics {
            requests: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            in_flight: Gauge::default(),
            connections: Gauge::default(),
        }
    }
}

impl Metrics {
    /// A registry of these counts.
    pub(crate) fn registry(&self) -> Registry {
        let mut registry = Registry::default();
        registry.register("http_requests", "Requests that ended, by what they were answered", self.requests.clone());
        registry.register("http_request_seconds", "From a request to the end of its answer", self.seconds.clone());
        registry.register("http_requests_in_flight", "Requests that are not yet answered", self.in_flight.clone());
        registry.register("connections", "Open connections", self.connections.clone());
        registry
    }

    pub(crate) fn connection(&self) -> Counted {
        Counted::one(&self.connections)
    }

    pub(super) fn request(&self) -> Counted {
        Counted::one(&self.in_flight)
    }

    /// A request ended; without a status its client was gone before there was one.
    pub(super) fn ended(&self, method: &'static str, route: Option<&Arc<str>>, status: Option<u16>, took: Duration) {
        let route = route.map_or_else(|| NONE.into(), Arc::clone);
        let status = status.map_or_else(|| NONE.to_owned(), |status| status.to_string());
        self.seconds.get_or_create(&OnRoute { route: Arc::clone(&route) }).observe(took.as_secs_f64());
        self.requests.get_or_create(&Answered { method, route, status }).inc();
    }
}

impl Counted {
    fn one(gauge: &Gauge) -> Self {
        gauge.inc();
        Counted(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// The method's name; a method is any word, so those that nobody serves have one name together.
pub(super) fn method_name(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}
