//! A request's course: from its header to the last byte of its answer, or to where its client left.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::body::{Body, Bytes};
use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::http::header::CONTENT_LENGTH;
use axum::response::Response;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tracing::Span;

use super::Watch;
use super::metrics::{Counted, Metrics, NONE, method_name};
use crate::access::Caller;
use crate::probes;

/// Characters of a path in the log: a route with a long file name in it.
const SHOWN_PATH: usize = 256;

/// A request that has not ended. When it is dropped the request has ended: that is counted and told.
pub(super) struct Course {
    span: Span,
    metrics: Metrics,
    method: &'static str,
    route: Option<Arc<str>>,
    begun: Instant,
    is_probe: bool,
    caller: Option<Caller>,
    status: Option<u16>,
    complete: bool,
    _in_flight: Counted,
}

impl Course {
    /// The query is left out of the span: it is where clients put what nobody should see.
    pub(super) fn begin(id: &str, request: &Request, watch: &Watch) -> Self {
        let method = method_name(request.method());
        let path = request.uri().path();
        let route: Option<Arc<str>> = request.extensions().get::<MatchedPath>().map(|path| path.as_str().into());
        let shown = if watch.secret_paths { route.as_deref().unwrap_or(NONE) } else { path };
        let shown: String = shown.chars().take(SHOWN_PATH).flat_map(char::escape_default).collect();
        Course {
            span: tracing::info_span!("request", id, method, path = shown),
            metrics: watch.metrics.clone(),
            method,
            route,
            begun: Instant::now(),
            is_probe: probes::is_probe(path),
            caller: None,
            status: None,
            complete: false,
            _in_flight: watch.metrics.request(),
        }
    }

    pub(super) fn span(&self) -> &Span {
        &self.span
    }

    /// The response, whose body carries the course to its end.
    pub(super) fn follow(mut self, mut response: Response) -> Response {
        self.status = Some(response.status().as_u16());
        self.caller = response.extensions_mut().remove::<Caller>();
        // What answers a HEAD request is dropped unread.
        self.complete = self.method == Method::HEAD.as_str();
        let declared = response.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        response.map(|body| Body::new(Followed { body, unsent: declared, course: self }))
    }
}

impl Drop for Course {
    fn drop(&mut self) {
        let took = self.begun.elapsed();
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        self.metrics.ended(self.method, self.route.as_ref(), self.status, took);
        let caller = self.caller.as_ref().map(tracing::field::display);
        self.span.in_scope(|| match (self.status, self.complete) {
            // Orchestrators and collectors ask all the time.
            (Some(status), true) if self.is_probe => tracing::debug!(status, milliseconds, "request answered"),
            (Some(status), true) => tracing::info!(status, milliseconds, caller, "request answered"),
            (status, _) => {
                tracing::debug!(status, milliseconds, caller, "the client left before the end of the answer")
            }
        });
    }
}

/// The body of a response, watched for its end.
struct Followed {
    body: Body,
    /// Bytes of the declared length that are not sent. The server asks for no frame after the last of them.
    unsent: Option<u64>,
    course: Course,
}

impl HttpBody for Followed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        match &frame {
            Poll::Ready(None) => self.course.complete = true,
            Poll::Ready(Some(Ok(frame))) => {
                let sent = frame.data_ref().map_or(0, |data| data.len() as u64);
                self.unsent = self.unsent.map(|unsent| unsent.saturating_sub(sent));
            }
            Poll::Ready(Some(Err(_))) | Poll::Pending => {}
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        self.course.complete |= self.body.is_end_stream() || self.unsent == Some(0);
    }
}
