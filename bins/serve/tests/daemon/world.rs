//! A daemon on port 0 with a few routes, and a client that writes requests as text.

use std::collections::VecDeque;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::routing::{any, get, post};
use hyper::body::{Body as HttpBody, Frame as BodyFrame};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinHandle;
use veracruz_serve::config::Problems;
use veracruz_serve::{Bound, Drained, Frame, FrameDefaults, FrameFlags, Limits, Parts, Readiness, Shutdown, Trigger};

/// What the daemon under test says about itself.
pub(crate) const DEFAULTS: FrameDefaults =
    FrameDefaults { address: "127.0.0.1:0", request_timeout: Duration::from_secs(60), log: "info" };

/// How long a test waits for what must happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// The daemon, with a route that answers at once, one that waits for `finish`, and some more.
pub(crate) struct Daemon {
    pub(crate) address: String,
    pub(crate) trigger: Trigger,
    pub(crate) readiness: Readiness,
    pub(crate) inside: Arc<Inside>,
    pub(crate) served: JoinHandle<Drained>,
}

impl Deref for Daemon {
    type Target = Inside;

    fn deref(&self) -> &Inside {
        &self.inside
    }
}

/// What goes on inside the handlers.
pub(crate) struct Inside {
    entered: Semaphore,
    left: Semaphore,
    pub(crate) finish: Notify,
    now: AtomicUsize,
    pub(crate) most_at_once: AtomicUsize,
}

impl Inside {
    /// Returns once a request more is inside a route that waits.
    pub(crate) async fn entered(&self) {
        patiently(self.entered.acquire()).await.unwrap().forget();
    }

    /// Returns once a request more has left such a route, or was dropped in it.
    pub(crate) async fn left(&self) {
        patiently(self.left.acquire()).await.unwrap().forget();
    }
}

/// A stay in a route that waits.
struct Stay(Arc<Inside>);

impl Stay {
    fn begin(inside: &Arc<Inside>) -> Self {
        inside.most_at_once.fetch_max(inside.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        inside.entered.add_permits(1);
        Stay(inside.clone())
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::SeqCst);
        self.0.left.add_permits(1);
    }
}

/// A body that never ends; tells when it is dropped.
struct Endless {
    _stay: Stay,
}

impl HttpBody for Endless {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<BodyFrame<Bytes>, Self::Error>>> {
        std::task::Poll::Ready(Some(Ok(BodyFrame::data(Bytes::from_static(&[b'x'; 64 * 1024])))))
    }
}

fn routes(inside: &Arc<Inside>) -> Router {
    let (slow, endless) = (inside.clone(), inside.clone());
    let slow = async move || {
        let stay = Stay::begin(&slow);
        slow.finish.notified().await;
        drop(stay);
        "finished"
    };
    let endless = async move || Body::new(Endless { _stay: Stay::begin(&endless) });
    Router::new()
        .route("/slow", get(slow))
        .route("/endless", get(endless))
        .route("/panic", get(async || -> &'static str { panic!("the secret is 42") }))
        .route("/echo", post(async |body: String| body))
        .route("/headers", any(async |headers: HeaderMap| format!("{headers:?}")))
        .route("/item/{name}", get(async |Path(name): Path<String>| name))
}

pub(crate) async fn daemon(limits: Limits) -> Daemon {
    let mut frame = frame(FrameFlags::default());
    frame.limits = limits;
    serve(&frame).await
}

pub(crate) async fn serve(frame: &Frame) -> Daemon {
    serve_bound(frame.bind().await.unwrap()).await
}

pub(crate) async fn serve_bound(bound: Bound) -> Daemon {
    let bound = bound.unannounced();
    let address = bound.address().to_string();
    let (trigger, shutdown) = Shutdown::manual();
    let readiness = Readiness::default();
    let inside = Arc::new(Inside {
        entered: Semaphore::new(0),
        left: Semaphore::new(0),
        finish: Notify::new(),
        now: AtomicUsize::new(0),
        most_at_once: AtomicUsize::new(0),
    });
    let mut registry = Registry::default();
    registry.register("questions", "Questions asked", Counter::<u64>::default());
    let parts = Parts { readiness: readiness.clone(), registry, shutdown };
    let served = tokio::spawn(bound.serve(routes(&inside), parts));
    Daemon { address, trigger, readiness, inside, served }
}

pub(crate) fn frame(flags: FrameFlags) -> Frame {
    let mut problems = Problems::default();
    let frame = flags.read(&DEFAULTS, &mut problems);
    problems.finish(|| frame).unwrap_or_else(|problems| panic!("{problems}"))
}

pub(crate) fn refused(flags: FrameFlags) -> String {
    let mut problems = Problems::default();
    let frame = flags.read(&DEFAULTS, &mut problems);
    problems.finish(|| frame).expect_err("problems").to_string()
}

pub(crate) async fn connect(address: &str) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

pub(crate) async fn send(stream: &mut (impl AsyncWrite + Unpin), request: &str) {
    stream.write_all(request.as_bytes()).await.unwrap();
}

/// All that comes until the connection ends. A reset ends one too; a connection that does not end fails the test.
pub(crate) async fn rest(mut stream: impl AsyncRead + Unpin) -> String {
    let mut text = Vec::new();
    let _ = patiently(stream.read_to_end(&mut text)).await;
    String::from_utf8(text).unwrap()
}

/// The whole answer to a request of this first line and these further header lines, on `stream`.
pub(crate) async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, line: &str, headers: &[&str]) -> Answer {
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    send(&mut stream, &format!("{line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\r\n")).await;
    Answer(rest(stream).await)
}

/// As [`ask`], on a new plain connection.
pub(crate) async fn request(address: &str, line: &str, headers: &[&str]) -> Answer {
    ask(connect(address).await, line, headers).await
}

pub(crate) async fn get_page(address: &str, path: &str) -> Answer {
    request(address, &format!("GET {path}"), &[]).await
}

/// A response as it came.
#[derive(Debug)]
pub(crate) struct Answer(pub(crate) String);

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        let mut words: VecDeque<_> = self.0.split(' ').collect();
        words.pop_front();
        words.pop_front().and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no answer: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let (head, _) = self.0.split_once("\r\n\r\n")?;
        head.lines().filter_map(|line| line.split_once(": ")).find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    pub(crate) fn body(&self) -> &str {
        self.0.split_once("\r\n\r\n").map_or("", |(_, body)| body)
    }

    /// Status and code of a refusal, which must be a whole problem document.
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem: veracruz_rest::Problem = serde_json::from_str(self.body()).expect("a problem document");
        assert!(problem.status == self.status() && !problem.detail.is_empty(), "{self:?}");
        (problem.status, problem.code.into_owned())
    }
}

/// `work`, which must end.
pub(crate) async fn patiently<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("this must end")
}

/// Returns once `is_so`.
pub(crate) async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    patiently(async {
        while !is_so().await {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
