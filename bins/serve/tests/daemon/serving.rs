use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinHandle;
use veracruz_serve::{Drained, Exposure, Limits, Readiness, Shutdown, Trigger, probes, run};

/// A daemon on port 0 with a route that answers at once and one that waits for `finish`.
struct Daemon {
    address: String,
    trigger: Trigger,
    readiness: Readiness,
    entered: Arc<Semaphore>,
    finish: Arc<Notify>,
    most_at_once: Arc<AtomicUsize>,
    served: JoinHandle<Drained>,
}

impl Daemon {
    /// Returns once a request more is inside the slow route.
    async fn entered(&self) {
        self.entered.acquire().await.unwrap().forget();
    }
}

async fn daemon(limits: Limits) -> Daemon {
    let listener = Exposure::plain("127.0.0.1:0", false).unwrap().bind().await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (trigger, shutdown) = Shutdown::manual();
    let readiness = Readiness::default();
    let (entered, finish) = (Arc::new(Semaphore::new(0)), Arc::new(Notify::new()));
    let most_at_once = Arc::new(AtomicUsize::new(0));
    let mut registry = Registry::default();
    registry.register("questions", "Questions asked", Counter::<u64>::default());
    let slow = {
        let (entered, finish, most) = (entered.clone(), finish.clone(), most_at_once.clone());
        let inside = AtomicUsize::new(0);
        let shared = Arc::new((entered, finish, most, inside));
        get(async move || {
            let (entered, finish, most, inside) = &*shared;
            most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            entered.add_permits(1);
            finish.notified().await;
            inside.fetch_sub(1, Ordering::SeqCst);
            "finished"
        })
    };
    let router = Router::new()
        .route("/slow", slow)
        .route("/panic", get(async || -> &'static str { panic!("the secret is 42") }))
        .route("/echo", post(async |body: String| body))
        .merge(probes(readiness.clone(), shutdown.clone(), registry));
    let served = tokio::spawn(async move { run(listener, router, shutdown, &limits).await });
    Daemon { address, trigger, readiness, entered, finish, most_at_once, served }
}

async fn connect(address: &str) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

async fn send(stream: &mut TcpStream, request: &str) {
    stream.write_all(request.as_bytes()).await.unwrap();
}

async fn rest(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    // A reset ends a connection too; one that does not end at all fails the test.
    let _ = tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut text)).await.expect("an end");
    String::from_utf8(text).unwrap()
}

async fn get_page(address: &str, path: &str) -> String {
    let mut stream = connect(address).await;
    send(&mut stream, &format!("GET {path} HTTP/1.1\r\nhost: t\r\nconnection: close\r\n\r\n")).await;
    rest(stream).await
}

#[tokio::test]
async fn the_probes_tell_liveness_readiness_and_metrics() {
    let daemon = daemon(Limits::default()).await;
    assert!(get_page(&daemon.address, "/livez").await.starts_with("HTTP/1.1 200"));
    let starting = get_page(&daemon.address, "/readyz").await;
    assert!(starting.starts_with("HTTP/1.1 503") && starting.contains("starting"), "{starting}");
    daemon.readiness.ready();
    assert!(get_page(&daemon.address, "/readyz").await.starts_with("HTTP/1.1 200"));
    daemon.readiness.not_ready("the disk is full");
    assert!(get_page(&daemon.address, "/readyz").await.contains("the disk is full"));
    let metrics = get_page(&daemon.address, "/metrics").await;
    assert!(metrics.contains("openmetrics") && metrics.contains("questions_total 0"), "{metrics}");
}

#[tokio::test]
async fn a_stop_finishes_what_runs_and_is_clean() {
    let daemon = daemon(Limits::default()).await;
    let mut running = connect(&daemon.address).await;
    send(&mut running, "GET /slow HTTP/1.1\r\nhost: t\r\n\r\n").await;
    daemon.entered().await;
    let idle = connect(&daemon.address).await;
    daemon.trigger.stop();
    assert_eq!(rest(idle).await, "", "an idle connection is closed at once");
    assert!(TcpStream::connect(&daemon.address).await.is_err(), "nobody is accepted during a drain");
    daemon.finish.notify_one();
    assert!(rest(running).await.ends_with("finished"));
    assert_eq!(daemon.served.await.unwrap(), Drained::Clean);
}

#[tokio::test]
async fn a_second_stop_ends_at_once() {
    let daemon = daemon(Limits::default()).await;
    let mut running = connect(&daemon.address).await;
    send(&mut running, "GET /slow HTTP/1.1\r\nhost: t\r\n\r\n").await;
    daemon.entered().await;
    daemon.trigger.stop();
    daemon.trigger.stop();
    assert_eq!(daemon.served.await.unwrap(), Drained::Cut(1));
    assert_eq!(rest(running).await, "");
}

#[tokio::test]
async fn a_drain_has_a_bound() {
    let daemon = daemon(Limits { drain_bound: Duration::from_millis(1), ..Limits::default() }).await;
    let mut running = connect(&daemon.address).await;
    send(&mut running, "GET /slow HTTP/1.1\r\nhost: t\r\n\r\n").await;
    daemon.entered().await;
    daemon.trigger.stop();
    assert_eq!(daemon.served.await.unwrap(), Drained::BoundPassed(1));
}

#[tokio::test]
async fn a_peer_that_sends_half_a_header_is_cut() {
    let daemon = daemon(Limits { header_timeout: Duration::from_millis(1), ..Limits::default() }).await;
    let mut stream = connect(&daemon.address).await;
    send(&mut stream, "GET /livez HTTP/1.1\r\nhost:").await;
    let answer = rest(stream).await;
    assert!(!answer.contains("200 OK"), "{answer}");
}

#[tokio::test]
async fn a_silent_peer_is_cut_before_and_between_requests() {
    let daemon = daemon(Limits { header_timeout: Duration::from_millis(1), ..Limits::default() }).await;
    let silent = connect(&daemon.address).await;
    assert_eq!(rest(silent).await, "");
    // The first request may lose the race against this short a time; that the connection ends is what counts.
    let mut once = connect(&daemon.address).await;
    send(&mut once, "GET /livez HTTP/1.1\r\nhost: t\r\n\r\n").await;
    assert!(rest(once).await.matches("HTTP/1.1").count() <= 1);
}

#[tokio::test]
async fn a_peer_that_sends_half_a_body_is_answered_408() {
    let daemon = daemon(Limits { request_timeout: Duration::from_millis(1), ..Limits::default() }).await;
    let mut stream = connect(&daemon.address).await;
    send(&mut stream, "POST /echo HTTP/1.1\r\nhost: t\r\ncontent-length: 10\r\n\r\nhalf").await;
    assert!(rest(stream).await.starts_with("HTTP/1.1 408"));
}

#[tokio::test]
async fn a_body_over_the_limit_is_answered_413() {
    let daemon = daemon(Limits { body_bytes: 4, ..Limits::default() }).await;
    for (body, status) in [("four", "200"), ("fives", "413")] {
        let mut stream = connect(&daemon.address).await;
        let length = body.len();
        let head = format!("POST /echo HTTP/1.1\r\nhost: t\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
        send(&mut stream, &format!("{head}{body}")).await;
        let answer = rest(stream).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{body}: {answer}");
    }
}

#[tokio::test]
async fn connections_over_the_limit_wait_for_a_free_one() {
    let daemon = daemon(Limits { connections: 1, ..Limits::default() }).await;
    let mut streams = Vec::new();
    for _ in 0..4 {
        let mut stream = connect(&daemon.address).await;
        send(&mut stream, "GET /slow HTTP/1.1\r\nhost: t\r\nconnection: close\r\n\r\n").await;
        streams.push(stream);
    }
    for stream in streams {
        daemon.entered().await;
        daemon.finish.notify_one();
        assert!(rest(stream).await.ends_with("finished"));
    }
    assert_eq!(daemon.most_at_once.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_panic_costs_one_request_and_says_nothing() {
    let daemon = daemon(Limits::default()).await;
    let answer = get_page(&daemon.address, "/panic").await;
    assert!(answer.starts_with("HTTP/1.1 500") && !answer.contains("secret"), "{answer}");
    assert!(get_page(&daemon.address, "/livez").await.starts_with("HTTP/1.1 200"));
}
