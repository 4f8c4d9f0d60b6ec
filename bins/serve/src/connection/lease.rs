//! How long a connection is kept from request to request: not for ever, or a few hundred that only ask whether the process
//! lives would keep all others out.

use std::sync::atomic::{AtomicU32, Ordering};

use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::response::Response;
use tokio::time::Instant;

use crate::limits::Limits;

/// What is left to one connection.
pub(super) struct Lease {
    requests: AtomicU32,
    end: Option<Instant>,
}

impl Lease {
    pub(super) fn begin(limits: &Limits) -> Self {
        let end = Instant::now().checked_add(limits.connection_life);
        Lease { requests: AtomicU32::new(limits.connection_requests), end }
    }

    /// The response, which is the connection's last when the lease is over.
    pub(super) fn use_up(&self, mut response: Response) -> Response {
        // Requests of one connection follow each other, so nothing is counted twice.
        let left = self.requests.load(Ordering::Relaxed).saturating_sub(1);
        self.requests.store(left, Ordering::Relaxed);
        if left == 0 || self.end.is_some_and(|end| end <= Instant::now()) {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}
