use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};
use tokio::io::AsyncReadExt as _;
use veracruz_serve::FrameFlags;

use crate::files::{Authority, Files};
use crate::log::Log;
use crate::world::{Answer, Daemon, ask, connect, frame, patiently, refused, rest, serve, until};

const TOKEN: &str = "0123456789abcdef";

async fn over_tls(daemon: &Daemon, authority: &Authority, line: &str, headers: &[&str]) -> Answer {
    ask(authority.connect(&daemon.address, None).await.unwrap(), line, headers).await
}

#[tokio::test]
async fn a_daemon_with_a_certificate_speaks_tls_1_3_and_nothing_in_clear() {
    let (files, authority) = (Files::new(), Authority::new());
    let daemon = serve(&frame(files.tls(&authority))).await;
    let stream = authority.connect(&daemon.address, None).await.unwrap();
    let (_, session) = stream.get_ref();
    assert_eq!(session.protocol_version(), Some(rustls::ProtocolVersion::TLSv1_3));
    assert_eq!(session.alpn_protocol(), Some(&b"http/1.1"[..]), "of h2 and http/1.1");
    assert_eq!(ask(stream, "GET /item/one", &[]).await.body(), "one");

    let mut plain = connect(&daemon.address).await;
    crate::world::send(&mut plain, "GET /item/one HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    let mut answer = Vec::new();
    let _ = patiently(plain.read_to_end(&mut answer)).await;
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    assert!(Authority::new().connect(&daemon.address, None).await.is_err(), "another authority's client");
}

#[tokio::test]
async fn silent_peers_keep_nobody_from_a_handshake_and_are_cut() {
    let (files, authority) = (Files::new(), Authority::new());
    let frame_of = |timeout| {
        let mut frame = frame(files.tls(&authority));
        frame.limits.handshake_timeout = timeout;
        frame
    };
    let patient = serve(&frame_of(Duration::from_secs(60))).await;
    let _silent = [connect(&patient.address).await, connect(&patient.address).await];
    let metrics = over_tls(&patient, &authority, "GET /metrics", &[]).await;
    assert!(metrics.body().contains("\nconnections 3\n"), "{metrics:?}");

    let strict = serve(&frame_of(Duration::from_millis(1))).await;
    assert_eq!(rest(connect(&strict.address).await).await, "");
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_handshake() {
    let (files, authority) = (Files::new(), Authority::new());
    let daemon = serve(&frame(files.tls(&authority))).await;
    let _silent = connect(&daemon.address).await;
    assert_eq!(over_tls(&daemon, &authority, "GET /livez", &[]).await.status(), 200);
    daemon.trigger.stop();
    assert_eq!(patiently(daemon.served).await.unwrap(), veracruz_serve::Drained::Clean);
}

#[tokio::test]
async fn a_client_certificate_opens_everything_and_only_the_two_probes_are_open_without() {
    let (log, _guard) = Log::capture();
    let (files, authority, clients) = (Files::new(), Authority::new(), Authority::new());
    let mut flags = files.tls(&authority);
    flags.tls_client_ca = Some(files.write("clients.pem", &clients.pem, 0o644));
    let daemon = serve(&frame(flags)).await;

    for path in ["/livez", "/readyz"] {
        assert_ne!(over_tls(&daemon, &authority, &format!("GET {path}"), &[]).await.status(), 401, "{path}");
    }
    let token = format!("authorization: Bearer {TOKEN}");
    for path in ["/headers", "/metrics", "/nothing"] {
        let answer = over_tls(&daemon, &authority, &format!("GET {path}"), &[&token]).await;
        assert_eq!(answer.problem(), (401, "authentication-required".to_owned()), "{path}");
        assert_eq!(answer.header("www-authenticate"), None, "no token would do");
    }

    let known = authority.connect(&daemon.address, Some(&clients.issue())).await.unwrap();
    assert_eq!(ask(known, "GET /headers", &[]).await.status(), 200);
    assert!(log.text().contains("caller=certificate"), "{}", log.text());

    // In TLS 1.3 a client learns only after its handshake that its certificate was refused.
    if let Ok(stream) = authority.connect(&daemon.address, Some(&authority.issue())).await {
        assert_eq!(ask_refused(stream).await, "");
    }
}

/// What comes of a request on a connection that the daemon has given up, perhaps while it is sent.
async fn ask_refused(mut stream: tokio_rustls::client::TlsStream<tokio::net::TcpStream>) -> String {
    use tokio::io::AsyncWriteExt as _;
    let _ = stream.write_all(b"GET /headers HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    rest(stream).await
}

#[tokio::test]
async fn a_token_or_a_client_certificate_is_enough_where_both_are_taken() {
    let (files, authority) = (Files::new(), Authority::new());
    let mut flags = files.tls(&authority);
    flags.tls_client_ca = Some(files.write("clients.pem", &authority.pem, 0o644));
    flags.token_file = files.tokens(TOKEN).token_file;
    let daemon = serve(&frame(flags)).await;
    let token = format!("authorization: Bearer {TOKEN}");
    let wrong = "authorization: Bearer 0123456789abcdeF";

    let answer = over_tls(&daemon, &authority, "GET /headers", &[]).await;
    assert_eq!(answer.problem(), (401, "authentication-required".to_owned()));
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    assert_eq!(over_tls(&daemon, &authority, "GET /headers", &[wrong]).await.status(), 401);
    assert_eq!(over_tls(&daemon, &authority, "GET /headers", &[&token]).await.status(), 200);
    let identity = authority.issue();
    let with_certificate = authority.connect(&daemon.address, Some(&identity)).await.unwrap();
    assert_eq!(ask(with_certificate, "GET /headers", &[]).await.status(), 200);
}

#[tokio::test]
async fn a_hangup_takes_a_new_certificate_and_a_bad_one_changes_nothing() {
    let (log, _guard) = Log::capture();
    let (files, old, new) = (Files::new(), Authority::new(), Authority::new());
    let daemon = serve(&frame(files.tls(&old))).await;
    assert!(new.connect(&daemon.address, None).await.is_err());

    files.tls(&new);
    kill_process(getpid(), Signal::HUP).unwrap();
    until(async || new.connect(&daemon.address, None).await.is_ok()).await;
    assert!(old.connect(&daemon.address, None).await.is_err());

    files.write("server.pem", "no certificate", 0o644);
    kill_process(getpid(), Signal::HUP).unwrap();
    until(async || !log.lines("NOT read again").is_empty()).await;
    assert!(new.connect(&daemon.address, None).await.is_ok());
}

#[test]
fn files_that_cannot_serve_are_refused_by_name_without_showing_them() {
    let (files, authority) = (Files::new(), Authority::new());
    let good = || files.tls(&authority);
    let (other, other_key) = authority.issue();
    let other_key_pem = other_key.lines().nth(1).unwrap().to_owned();
    let file = |name, text: &str, mode| Some(files.write(name, text, mode));
    let broken = other_key.replace("-----BEGIN", "----BEGIN");
    for (flags, parts) in [
        (FrameFlags { tls_key: None, ..good() }, ["`tls-cert`", "tls-key"]),
        (FrameFlags { tls_cert: None, ..good() }, ["`tls-key`", "tls-cert"]),
        (
            FrameFlags { tls_client_ca: file("ca", &other, 0o644), ..FrameFlags::default() },
            ["`tls-client-ca`", "tls-key"],
        ),
        (FrameFlags { tls_key: file("open.key", &other_key, 0o604), ..good() }, ["open.key", "chmod 600"]),
        (FrameFlags { tls_key: file("other.key", &other_key, 0o600), ..good() }, ["server.pem", "cannot serve"]),
        (FrameFlags { tls_key: file("no.key", &other, 0o600), ..good() }, ["no.key", "private key"]),
        (FrameFlags { tls_key: file("broken.key", &broken, 0o600), ..good() }, ["broken.key", "private key"]),
        (FrameFlags { tls_cert: file("no.pem", &other_key, 0o600), ..good() }, ["no.pem", "certificate"]),
        (FrameFlags { tls_cert: Some(files.path("missing.pem")), ..good() }, ["missing.pem", "No such file"]),
        (FrameFlags { tls_client_ca: file("empty", "", 0o644), ..good() }, ["empty", "certificate"]),
        (FrameFlags { tls_client_ca: Some("/dev/zero".into()), ..good() }, ["/dev/zero", "longer than"]),
    ] {
        let text = refused(flags);
        for part in parts {
            assert!(text.contains(part), "{part} is missing in: {text}");
        }
        assert!(!text.contains(&other_key_pem), "{text}");
    }
}
