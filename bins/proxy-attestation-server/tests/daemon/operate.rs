//! Restart, reload and stop.

use rustix::process::Signal;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::instance::{Instance, measurements, path};
use crate::server::{Home, Server, form, read};

#[tokio::test]
async fn a_restart_keeps_the_authority_and_forgets_the_nonces() {
    let (home, instance) = (Home::new(), Instance::new());
    let flags = instance.trusted_by(&home);
    let flags = flags.each_ref().map(String::as_str);
    let server = Server::start(&home, &flags).await;
    let authority = server.get("/proxy/v1/ca").await.text();
    let session = instance.start(&server).await;
    server.stop().await;

    let server = Server::start(&home, &flags).await;
    assert_eq!(server.get("/proxy/v1/ca").await.text(), authority);
    assert_eq!(instance.submit(&server, &session).await.problem(), (404, "session-unknown".to_owned()));
    let answer = instance.certify(&server).await;
    instance.check_as_client(&answer.body, &authority);
}

#[tokio::test]
async fn a_hangup_reads_the_measurements_again_and_a_bad_file_changes_nothing() {
    let (home, instance) = (Home::new(), Instance::new());
    let flags = instance.trusted_by(&home);
    let good = read(&home.path("measurements.json"));
    let mut server = Server::start(&home, &flags.each_ref().map(String::as_str)).await;
    assert_eq!(instance.certify(&server).await.status, 200);

    home.write("measurements.json", "[]");
    server.signal(Signal::HUP);
    let line = server.logged("NOT reloaded").await;
    assert!(line.contains("measurements.json") && line.contains("1024"), "{line}");
    assert_eq!(instance.certify(&server).await.status, 200);

    home.write("measurements.json", measurements("another", b"another binary"));
    server.signal(Signal::HUP);
    server.logged("reference measurements reloaded").await;
    assert_eq!(instance.certify(&server).await.problem(), (403, "pcr-mismatch".to_owned()));

    home.write("measurements.json", good);
    server.signal(Signal::HUP);
    server.logged("reference measurements reloaded").await;
    assert_eq!(instance.certify(&server).await.status, 200);
    let metrics = server.get("/metrics").await.text();
    assert!(metrics.contains("measurement_reloads_total{outcome=\"accepted\"} 2"), "{metrics}");
    assert!(metrics.contains("measurement_reloads_total{outcome=\"refused\"} 1"), "{metrics}");
}

#[tokio::test]
async fn without_measurements_the_server_is_not_ready_and_refuses() {
    let (home, instance) = (Home::new(), Instance::new());
    let [flag, file, ..] = instance.trusted_by(&home);
    let mut server = Server::start(&home, &[&flag, &file]).await;
    assert_eq!(server.get("/livez").await.status, 200);
    let ready = server.get("/readyz").await;
    assert!(ready.status == 503 && ready.text().contains("--measurements"), "{ready:?}");
    assert_eq!(instance.certify(&server).await.problem(), (403, "no-reference-measurements".to_owned()));
    server.signal(Signal::HUP);
    server.logged("no --measurements file is given").await;
    server.logged("asked to reload").await;
    server.stop().await;
}

/// Sends evidence but for the end of its policy hash; gives what is left to send.
async fn half_sent(instance: &Instance, server: &Server) -> (TcpStream, Vec<u8>) {
    let session = instance.start(server).await;
    let body = form(&instance.evidence(&session));
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: proxy\r\ncontent-type: multipart/form-data; boundary=limit\r\ncontent-length: {}\r\n\r\n",
        path(&session),
        body.len()
    );
    let (most, rest) = body.as_bytes().split_at(body.len() - 40);
    stream.write_all(&[head.as_bytes(), most].concat()).await.unwrap();
    // The nonce is taken as the request arrives: once it is gone, the request runs.
    while server.get("/metrics").await.text().contains("live_sessions 1") {}
    (stream, rest.to_vec())
}

#[tokio::test]
async fn a_stop_lets_running_requests_finish() {
    for signal in [Signal::TERM, Signal::INT] {
        let (home, instance) = (Home::new(), Instance::new());
        let flags = instance.trusted_by(&home);
        let mut server = Server::start(&home, &flags.each_ref().map(String::as_str)).await;
        let (mut running, rest) = half_sent(&instance, &server).await;
        server.signal(signal);
        server.logged("draining").await;
        assert!(TcpStream::connect(server.address).await.is_err(), "nobody is accepted any more");
        running.write_all(&rest).await.unwrap();
        let mut answer = Vec::new();
        running.read_to_end(&mut answer).await.unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
        assert_eq!(server.ended().await.0, 0);
    }
}

#[tokio::test]
async fn a_second_stop_ends_at_once() {
    let (home, instance) = (Home::new(), Instance::new());
    let flags = instance.trusted_by(&home);
    let mut server = Server::start(&home, &flags.each_ref().map(String::as_str)).await;
    let (_running, _) = half_sent(&instance, &server).await;
    server.signal(Signal::TERM);
    server.logged("draining").await;
    server.signal(Signal::TERM);
    assert_eq!(server.ended().await.0, 1);
}
