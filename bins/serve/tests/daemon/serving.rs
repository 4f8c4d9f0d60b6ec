use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::net::TcpStream;
use veracruz_serve::{Drained, Limits};

use crate::world::{connect, daemon, get_page, rest, send};

#[tokio::test]
async fn the_probes_tell_liveness_readiness_and_metrics() {
    let daemon = daemon(Limits::default()).await;
    assert_eq!(get_page(&daemon.address, "/livez").await.status(), 200);
    let starting = get_page(&daemon.address, "/readyz").await;
    assert!(starting.status() == 503 && starting.body().contains("starting"), "{starting:?}");
    daemon.readiness.ready();
    assert_eq!(get_page(&daemon.address, "/readyz").await.status(), 200);
    daemon.readiness.not_ready("the disk is full");
    assert!(get_page(&daemon.address, "/readyz").await.body().contains("the disk is full"));
    let metrics = get_page(&daemon.address, "/metrics").await;
    assert!(metrics.header("content-type").unwrap().contains("openmetrics"), "{metrics:?}");
    assert!(metrics.body().contains("questions_total 0") && metrics.body().ends_with("# EOF\n"), "{metrics:?}");
}

#[tokio::test]
async fn a_stop_finishes_what_runs_and_is_clean() {
    let daemon = daemon(Limits::default()).await;
    let mut running = connect(&daemon.address).await;
    send(&mut running, "GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
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
    send(&mut running, "GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
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
    send(&mut running, "GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
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
    send(&mut once, "GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert!(rest(once).await.matches("HTTP/1.1").count() <= 1);
}

#[tokio::test]
async fn a_body_over_the_limit_is_answered_413() {
    let daemon = daemon(Limits { body_bytes: 4, ..Limits::default() }).await;
    for (body, status) in [("four", "200"), ("fives", "413")] {
        let mut stream = connect(&daemon.address).await;
        let length = body.len();
        let head =
            format!("POST /echo HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
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
        send(&mut stream, "GET /slow HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await;
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
async fn a_connection_is_told_to_end_after_its_last_request_or_its_time() {
    let requests = Limits { connection_requests: 3, ..Limits::default() };
    let life = Limits { connection_life: Duration::ZERO, ..Limits::default() };
    for (limits, answers) in [(requests, 3), (life, 1)] {
        let daemon = daemon(limits).await;
        let mut stream = connect(&daemon.address).await;
        send(&mut stream, &"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(5)).await;
        let text = rest(stream).await;
        assert_eq!(text.matches("200 OK").count(), answers, "{text}");
        assert_eq!(text.matches("connection: close").count(), 1, "{text}");
        let (_, last) = text.rsplit_once("HTTP/1.1 ").unwrap();
        assert!(last.contains("connection: close"), "{text}");
    }
}
