//! What stands around every request of a daemon: identified, counted, logged, admitted, and answered in time.

mod course;
mod identity;
mod metrics;
mod pace;

use std::any::Any;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::HeaderValue;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument as _;
use veracruz_rest::Problem;

pub(crate) use metrics::Metrics;

use self::course::Course;
use self::identity::{REQUEST_ID, request_id};
use self::pace::keep_pace;
use crate::access::{Access, admit};
use crate::limits::Limits;

/// `router` within all of this. The outermost comes last: what a refusal or a panic answers is identified, counted and
/// logged too.
pub(crate) fn guarded(router: Router, limits: &Limits, access: Access, watch: Watch) -> Router {
    router
        .layer(DefaultBodyLimit::max(limits.body_bytes))
        .layer(from_fn_with_state(limits.clone(), keep_pace))
        .layer(from_fn_with_state(Arc::new(access), admit))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(watch, observed))
}

/// How requests are followed.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    pub(crate) metrics: Metrics,
    /// Whether paths hold what the log must not show; it shows the route in their stead.
    pub(crate) secret_paths: bool,
}

/// Gives the request an identifier, which its handler finds in the header and its client in the response's, and follows
/// it to its end.
async fn observed(State(watch): State<Watch>, mut request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    // Only characters that a header can have; a client whose identifier was not taken is no reason to fail.
    let header = HeaderValue::try_from(&id).ok();
    if let Some(header) = &header {
        request.headers_mut().insert(REQUEST_ID, header.clone());
    }
    let course = Course::begin(&id, &request, &watch);
    let mut response = next.run(request).instrument(course.span().clone()).await;
    if let Some(header) = header {
        response.headers_mut().insert(REQUEST_ID, header);
    }
    course.follow(response)
}

/// The panic's own words may hold anything, so nobody is told them here; the process's panic hook has written them, with
/// their place, to standard error.
fn panicked(_words: Box<dyn Any + Send>) -> Response {
    tracing::error!("a handler panicked; the lines before this one say where");
    Problem::internal().into_response()
}
