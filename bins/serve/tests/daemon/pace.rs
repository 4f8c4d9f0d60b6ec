use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use veracruz_serve::{FrameFlags, Limits};

use crate::files::{Authority, Files};
use crate::world::{Answer, Daemon, connect, daemon, frame, get_page, patiently, rest, send, serve};

const AT_ONCE: Duration = Duration::from_millis(1);

async fn half_a_body(daemon: &Daemon) -> Answer {
    let mut stream = connect(&daemon.address).await;
    send(&mut stream, "POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\nhalf").await;
    Answer(rest(stream).await)
}

#[tokio::test]
async fn a_body_that_stands_still_is_answered_408_and_the_connection_ends() {
    let daemon = daemon(Limits { body_stall: AT_ONCE, ..Limits::default() }).await;
    let answer = half_a_body(&daemon).await;
    assert_eq!(answer.problem(), (408, "request-timeout".to_owned()));
    assert_eq!(answer.header("connection"), Some("close"));
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_answered_408_or_503_by_whose_fault_it_is() {
    let daemon = daemon(Limits { request_timeout: AT_ONCE, ..Limits::default() }).await;
    let arriving = half_a_body(&daemon).await;
    assert_eq!(arriving.problem(), (408, "request-timeout".to_owned()));
    assert_eq!(arriving.header("connection"), Some("close"));

    let arrived = get_page(&daemon.address, "/slow").await;
    assert_eq!(arrived.problem(), (503, "request-timeout".to_owned()));
    daemon.left().await;
}

#[tokio::test]
async fn the_flag_sets_the_time_and_the_daemon_its_default() {
    let seconds = |flags| frame(flags).limits.request_timeout.as_secs();
    assert_eq!(seconds(FrameFlags::default()), 60);
    assert_eq!(seconds(FrameFlags { request_timeout: 7.try_into().ok(), ..FrameFlags::default() }), 7);
    let connections = FrameFlags { max_connections: 3.try_into().ok(), ..FrameFlags::default() };
    assert_eq!(frame(connections).limits.connections, 3);
}

#[tokio::test]
async fn a_peer_that_takes_nothing_is_cut() {
    let (files, authority) = (Files::new(), Authority::new());
    for flags in [FrameFlags::default(), files.tls(&authority)] {
        let is_tls = flags.tls_cert.is_some();
        let mut frame = frame(flags);
        frame.limits.write_stall = AT_ONCE;
        let daemon = serve(&frame).await;
        if is_tls {
            read_late(&daemon, authority.connect(&daemon.address, None).await.unwrap()).await;
        } else {
            read_late(&daemon, connect(&daemon.address).await).await;
        }
    }
}

#[tokio::test]
async fn a_peer_that_takes_too_little_is_cut_though_it_goes_on_taking() {
    let limits = Limits { write_rate: u32::MAX, write_window: AT_ONCE, ..Limits::default() };
    let daemon = daemon(limits).await;
    let mut stream = connect(&daemon.address).await;
    send(&mut stream, "GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    daemon.entered().await;
    let taking = async {
        while stream.read_u8().await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = daemon.left() => {}
        () = taking => daemon.left().await,
    }
}

/// Asks for an endless answer, and reads it only when the daemon has given up.
async fn read_late(daemon: &Daemon, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    send(&mut stream, "GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    daemon.entered().await;
    daemon.left().await;
    assert!(patiently(rest(stream)).await.starts_with("HTTP/1.1 200"));
}
