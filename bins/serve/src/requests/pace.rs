//! No request takes for ever: its body moves on, and its response begins in time.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};
use veracruz_rest::Problem;

use crate::limits::Limits;

/// The code of both refusals.
const CODE: &str = "request-timeout";

const ARRIVING: u8 = 0;
const STALLED: u8 = 1;
const COMPLETE: u8 = 2;

/// Answers 408 when the body stands still or the whole request did not arrive in time, 503 when it did and the service
/// was too slow. The handler is dropped when the whole time is over; when the body stands still it learns that from the
/// body, so that it can clean up, and what it then answers is replaced.
pub(super) async fn keep_pace(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    let state = Arc::new(AtomicU8::new(if request.body().is_end_stream() { COMPLETE } else { ARRIVING }));
    let request = request.map(|body| Body::new(Paced::new(body, limits.body_stall, Arc::clone(&state))));
    let answered = tokio::time::timeout(limits.request_timeout, next.run(request)).await;
    let state = state.load(Ordering::Relaxed);
    match answered {
        Ok(response) if state == STALLED && response.status().as_u16() >= 400 => closing(Problem::new(
            408,
            CODE,
            format_args!("nothing of the body arrived for {} seconds; send it again", limits.body_stall.as_secs()),
        )),
        Ok(response) => response,
        Err(_) if state == COMPLETE => closing(Problem::new(
            503,
            CODE,
            format_args!(
                "the service did not answer within {} seconds; find out what became of the request before you repeat it",
                limits.request_timeout.as_secs()
            ),
        )),
        Err(_) => closing(Problem::new(
            408,
            CODE,
            format_args!(
                "the request did not arrive within {} seconds; send it again",
                limits.request_timeout.as_secs()
            ),
        )),
    }
}

/// What is left of the request cannot be told from the next one.
fn closing(problem: Problem) -> Response {
    let mut response = problem.into_response();
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// The body of a request, which fails when nothing of it arrives for a time.
struct Paced {
    body: Body,
    stall: Duration,
    /// Runs while something is waited for.
    alarm: Option<Pin<Box<Sleep>>>,
    waiting: bool,
    state: Arc<AtomicU8>,
}

/// What the handler learns.
#[derive(Debug, thiserror::Error)]
#[error("nothing of the request's body arrived for {} seconds", .0.as_secs())]
struct Stalled(Duration);

impl Paced {
    fn new(body: Body, stall: Duration, state: Arc<AtomicU8>) -> Self {
        Paced { body, stall, alarm: None, waiting: false, state }
    }

    /// Ready when too long was waited.
    fn poll_alarm(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep(self.stall)));
        if !self.waiting {
            alarm.as_mut().reset(Instant::now() + self.stall);
            self.waiting = true;
        }
        alarm.as_mut().poll(cx)
    }
}

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        // What is there is taken first: a handler that came late is not the client's fault.
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) else {
            ready!(self.poll_alarm(cx));
            self.state.store(STALLED, Ordering::Relaxed);
            return Poll::Ready(Some(Err(axum::Error::new(Stalled(self.stall)))));
        };
        self.waiting = false;
        if frame.is_none() || self.body.is_end_stream() {
            self.state.store(COMPLETE, Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
