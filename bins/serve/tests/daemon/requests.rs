use veracruz_serve::{FrameFlags, Limits};

use crate::log::Log;
use crate::world::{connect, daemon, frame, get_page, request, send, serve_bound, until};

#[tokio::test]
async fn a_request_keeps_a_sane_identifier_and_gets_a_new_one_for_any_other() {
    let daemon = daemon(Limits::default()).await;
    let longest = "x".repeat(64);
    for given in ["7", "trace-1.2_B", &longest] {
        let answer = request(&daemon.address, "GET /headers", &[&format!("x-request-id: {given}")]).await;
        assert_eq!(answer.header("x-request-id"), Some(given));
        assert!(answer.body().contains(given), "the handler sees it: {answer:?}");
    }
    let too_long = "x".repeat(65);
    for given in ["", "a b", "a/b", "\"", "é", &too_long] {
        let answer = request(&daemon.address, "GET /headers", &[&format!("x-request-id: {given}")]).await;
        let id = answer.header("x-request-id").unwrap();
        assert_eq!(id.len(), 36, "a UUID for {given:?}: {answer:?}");
        assert!(answer.body().contains(id), "{answer:?}");
    }
    for path in ["/nothing", "/livez", "/panic"] {
        assert!(get_page(&daemon.address, path).await.header("x-request-id").is_some(), "{path}");
    }
}

#[tokio::test]
async fn a_request_is_one_line_in_the_log_without_its_query() {
    let (log, _guard) = Log::capture();
    let daemon = daemon(Limits::default()).await;
    let long = "x".repeat(9999);
    request(&daemon.address, "GET /item/one?key=hidden", &["x-request-id: id-1"]).await;
    request(&daemon.address, &format!("GET /item/{long}"), &["x-request-id: id-2"]).await;
    request(&daemon.address, "HEAD /item/one", &["x-request-id: id-3"]).await;
    get_page(&daemon.address, "/livez").await;

    let lines = log.lines("request answered");
    let [one, two, head, probe] = lines.as_slice() else { panic!("{lines:?}") };
    for part in ["INFO", "id=\"id-1\"", "method=\"GET\"", "path=\"/item/one\"", "status=200", "milliseconds="] {
        assert!(one.contains(part), "{part} is missing in: {one}");
    }
    assert!(two.contains("id-2") && two.len() < 1000, "{two}");
    assert!(head.contains("id-3") && head.contains("HEAD"), "{head}");
    assert!(probe.contains("DEBUG") && probe.contains("/livez"), "{probe}");
    assert!(!log.text().contains("hidden"), "{}", log.text());
}

#[tokio::test]
async fn a_router_with_secrets_in_its_paths_has_its_routes_logged() {
    let (log, _guard) = Log::capture();
    let bound = frame(FrameFlags::default()).bind().await.unwrap().with_secret_paths();
    let daemon = serve_bound(bound).await;
    get_page(&daemon.address, "/item/hidden").await;
    get_page(&daemon.address, "/hidden").await;
    let lines = log.lines("request answered");
    assert!(lines.iter().any(|line| line.contains("path=\"/item/{name}\"")), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("path=\"-\"")), "{lines:?}");
    assert!(!log.text().contains("hidden"), "{}", log.text());
}

#[tokio::test]
async fn a_client_that_leaves_is_told_in_the_log_and_counted() {
    let (log, _guard) = Log::capture();
    let daemon = daemon(Limits::default()).await;
    let mut before = connect(&daemon.address).await;
    send(&mut before, "GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    daemon.entered().await;
    drop(before);
    daemon.left().await;
    let mut amid = connect(&daemon.address).await;
    send(&mut amid, "GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    daemon.entered().await;
    drop(amid);
    daemon.left().await;

    until(async || log.lines("client left").len() == 2).await;
    let lines = log.lines("client left");
    assert!(lines.iter().all(|line| line.contains("DEBUG")), "{lines:?}");
    let metrics = get_page(&daemon.address, "/metrics").await;
    for part in [
        "http_requests_total{method=\"GET\",route=\"/slow\",status=\"-\"} 1",
        "http_requests_total{method=\"GET\",route=\"/endless\",status=\"200\"} 1",
        "http_requests_in_flight 1",
    ] {
        assert!(metrics.body().contains(part), "{part} is missing in: {metrics:?}");
    }
}

#[tokio::test]
async fn requests_are_counted_by_route_and_by_nothing_that_a_client_chooses() {
    let daemon = daemon(Limits::default()).await;
    for line in ["GET /item/chosen", "GET /item/chosen-too", "GET /chosen", "CHOSEN /headers", "DELETE /item/chosen"] {
        request(&daemon.address, line, &[]).await;
    }
    let _idle = connect(&daemon.address).await;
    let metrics = get_page(&daemon.address, "/metrics").await;
    for part in [
        "http_requests_total{method=\"GET\",route=\"/item/{name}\",status=\"200\"} 2",
        "http_requests_total{method=\"GET\",route=\"-\",status=\"404\"} 1",
        "http_requests_total{method=\"other\",route=\"/headers\",status=\"200\"} 1",
        "http_requests_total{method=\"DELETE\",route=\"/item/{name}\",status=\"405\"} 1",
        "http_request_seconds_count{route=\"/item/{name}\"} 3",
        "http_requests_in_flight 1",
        "connections 2",
    ] {
        assert!(metrics.body().contains(part), "{part} is missing in: {metrics:?}");
    }
    assert!(!metrics.body().to_lowercase().contains("chosen"), "{metrics:?}");
}

#[tokio::test]
async fn a_panic_costs_one_request_and_says_nothing() {
    let (log, _guard) = Log::capture();
    let daemon = daemon(Limits::default()).await;
    let answer = get_page(&daemon.address, "/panic").await;
    assert_eq!(answer.problem(), (500, "internal".to_owned()));
    assert!(!answer.0.contains("secret") && !log.text().contains("secret"), "{answer:?} {}", log.text());
    assert_eq!(log.lines("request answered").len(), 1, "{}", log.text());
    assert_eq!(get_page(&daemon.address, "/livez").await.status(), 200);
}
