use rustix::process::{Signal, getpid, kill_process};
use veracruz_serve::FrameFlags;

use crate::files::{Authority, Files};
use crate::log::Log;
use crate::world::{Answer, Daemon, ask, connect, frame, get_page, refused, request, rest, send, serve, until};

const TOKEN: &str = "0123456789abcdef";
const NAMED: &str = "Zm9vYmFyYmF6cXV4/+._~-==";

#[tokio::test]
async fn a_token_opens_everything_and_only_the_two_probes_are_open_without() {
    let (log, _guard) = Log::capture();
    let files = Files::new();
    let lines = format!("# who may\n\n{TOKEN}\nalice:{NAMED}\n");
    let daemon = serve(&frame(files.tokens(&lines))).await;

    for path in ["/livez", "/readyz"] {
        assert_ne!(get_page(&daemon.address, path).await.status(), 401, "{path}");
    }
    for line in ["GET /headers", "GET /metrics", "GET /nothing", "DELETE /item/a", "GET /livez/", "GET //livez"] {
        for no_token in [&[][..], &["authorization: Basic YWxpY2U6Ym9i"], &["authorization: Bearer"]] {
            let answer = request(&daemon.address, line, no_token).await;
            assert_eq!(answer.problem(), (401, "authentication-required".to_owned()), "{line} {no_token:?}");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
            assert_eq!(answer.header("connection"), Some("close"));
        }
    }
    for scheme in ["Bearer", "bearer", "BEARER"] {
        for token in [TOKEN, NAMED] {
            let answer = request(&daemon.address, "GET /headers", &[&format!("authorization: {scheme} {token}")]).await;
            assert_eq!(answer.status(), 200);
            assert!(!answer.0.contains(token), "the handler does not see it: {answer:?}");
        }
    }
    let callers = log.lines("request answered").into_iter().filter(|line| line.contains("token alice")).count();
    assert_eq!(callers, 3, "{}", log.text());
    assert!(!log.text().contains(TOKEN) && !log.text().contains(NAMED), "{}", log.text());
}

#[tokio::test]
async fn where_no_token_is_asked_for_the_header_is_the_handlers_own() {
    let daemon = serve(&frame(FrameFlags::default())).await;
    let answer = request(&daemon.address, "GET /headers", &["authorization: AWS4-HMAC-SHA256 x"]).await;
    assert!(answer.body().contains("AWS4-HMAC-SHA256 x"), "{answer:?}");
}

#[tokio::test]
async fn a_wrong_token_is_refused_and_not_shown() {
    let (log, _guard) = Log::capture();
    let files = Files::new();
    let daemon = serve(&frame(files.tokens(&format!("alice:{TOKEN}")))).await;
    let right = format!("authorization: Bearer {TOKEN}");
    for wrong in [
        &["authorization: Bearer 0123456789abcdeF"][..],
        &["authorization: Bearer 0123456789abcde"],
        &["authorization: Bearer 0123456789abcdef0"],
        &["authorization: Bearer alice:0123456789abcdef"],
        &["authorization: Bearer é123456789abcdef"],
        &[&right, &right],
    ] {
        let answer = request(&daemon.address, "GET /headers", wrong).await;
        assert_eq!(answer.problem(), (401, "invalid-token".to_owned()), "{wrong:?}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
        assert!(!answer.0.contains("0123456789"), "{answer:?}");
    }
    assert!(!log.text().contains("0123456789"), "{}", log.text());
}

#[test]
fn a_token_file_that_protects_nothing_is_refused_without_showing_it() {
    let files = Files::new();
    for (lines, mode, part) in [
        ("", 0o600, "no token"),
        ("# none\n\n", 0o600, "no token"),
        ("secret", 0o600, "line 1"),
        (&format!("{TOKEN}\nalice:secret"), 0o600, "line 2"),
        (&format!("secret name:{TOKEN}"), 0o600, "line 1"),
        (&format!("secret:secret:{TOKEN}"), 0o600, "line 1"),
        ("secret secret secret", 0o600, "line 1"),
        ("====================", 0o600, "line 1"),
        (TOKEN, 0o644, "chmod 600"),
        (TOKEN, 0o602, "chmod 600"),
    ] {
        let flags = FrameFlags { token_file: Some(files.write("file", lines, mode)), ..FrameFlags::default() };
        let text = refused(flags);
        assert!(text.contains("`token-file`") && text.contains(part), "{lines}: {text}");
        assert!(!text.contains("secret") || part == "chmod 600", "{lines}: {text}");
        assert!(!text.contains(TOKEN), "{lines}: {text}");
    }
    let missing = FrameFlags { token_file: Some(files.path("missing")), ..FrameFlags::default() };
    assert!(refused(missing).contains("missing"));
    let by_group = FrameFlags { token_file: Some(files.write("file", TOKEN, 0o640)), ..FrameFlags::default() };
    frame(by_group);
}

#[tokio::test]
async fn a_hangup_takes_new_tokens_and_a_bad_file_changes_nothing() {
    let (log, _guard) = Log::capture();
    let files = Files::new();
    let daemon = serve(&frame(files.tokens(TOKEN))).await;
    let status = async |token: &str| {
        request(&daemon.address, "GET /headers", &[&format!("authorization: Bearer {token}")]).await.status()
    };
    assert_eq!((status(TOKEN).await, status(NAMED).await), (200, 401));

    files.write("tokens", NAMED, 0o600);
    kill_process(getpid(), Signal::HUP).unwrap();
    until(async || status(NAMED).await == 200).await;
    assert_eq!(status(TOKEN).await, 401);

    files.write("tokens", "short", 0o600);
    kill_process(getpid(), Signal::HUP).unwrap();
    until(async || !log.lines("NOT read again").is_empty()).await;
    assert_eq!(status(NAMED).await, 200);
}

#[test]
fn an_address_for_other_machines_needs_tls_and_authentication_or_an_explicit_word() {
    let (files, authority) = (Files::new(), Authority::new());
    let ca = files.write("ca.pem", &authority.pem, 0o644);
    let flags = |tls: bool, token: bool, client_ca: bool| {
        let mut flags = if tls { files.tls(&authority) } else { FrameFlags::default() };
        flags.token_file = files.tokens(TOKEN).token_file.filter(|_| token);
        flags.tls_client_ca = client_ca.then(|| ca.clone());
        flags
    };
    for (tls, token, client_ca, lack) in [
        (true, true, false, None),
        (true, false, true, None),
        (true, true, true, None),
        (true, false, false, Some("without authentication")),
        (false, true, false, Some("tokens would travel in clear")),
        (false, false, false, Some("without transport security and authentication")),
    ] {
        for address in ["0.0.0.0:0", "[::]:0", "192.0.2.7:5010"] {
            let flags = FrameFlags { listen: Some(address.to_owned()), ..flags(tls, token, client_ca) };
            match lack {
                None => drop(frame(flags)),
                Some(lack) => {
                    let text = refused(flags.clone());
                    for part in ["`listen`", address, lack, "--tls-cert", "--token-file", "--insecure-no-auth"] {
                        assert!(text.contains(part), "{part} is missing in: {text}");
                    }
                    frame(FrameFlags { insecure_no_auth: true, ..flags });
                }
            }
        }
        for address in ["127.0.0.1:0", "[::1]:0", "localhost:0"] {
            frame(FrameFlags { listen: Some(address.to_owned()), ..flags(tls, token, client_ca) });
        }
    }
}

#[tokio::test]
async fn an_open_daemon_warns_at_its_start() {
    let files = Files::new();
    for (flags, words) in [
        (FrameFlags::default(), "INSECURE: plain HTTP without authentication"),
        (files.tokens(TOKEN), "INSECURE: plain HTTP, tokens in clear"),
        (files.tls(&Authority::new()), "INSECURE: no authentication"),
    ] {
        let (log, _guard) = Log::capture();
        let flags = FrameFlags { listen: Some("0.0.0.0:0".to_owned()), insecure_no_auth: true, ..flags };
        frame(flags.clone()).bind().await.unwrap();
        assert!(log.text().contains(words), "{}", log.text());
        let (log, _guard) = Log::capture();
        frame(FrameFlags { listen: None, ..flags }).bind().await.unwrap();
        assert!(!log.text().contains("INSECURE"), "{}", log.text());
    }
}

#[tokio::test]
async fn a_page_of_another_origin_changes_nothing_where_nobody_is_asked_who_they_are() {
    let daemon = serve(&frame(FrameFlags::default())).await;
    let with = async |line: &str, origin: &str| request(&daemon.address, line, &[&format!("origin: {origin}")]).await;
    for foreign in
        ["null", "http://evil.example", "http://localhost:81", "https://localhost:80", "file://", "localhost", "é", ""]
    {
        for line in ["POST /headers", "DELETE /headers", "PUT /headers", "PATCH /headers", "CHOSEN /headers"] {
            let answer = with(line, foreign).await;
            assert_eq!(answer.problem(), (403, "foreign-origin".to_owned()), "{line} {foreign}");
            assert_eq!(answer.header("connection"), Some("close"));
        }
        assert_eq!(with("GET /headers", foreign).await.status(), 200, "{foreign}");
    }
    // A proxy in front of the daemon may end TLS.
    for own in ["http://localhost", "http://LOCALHOST:80", "https://localhost"] {
        assert_eq!(with("POST /headers", own).await.status(), 200, "{own}");
    }
    assert_eq!(request(&daemon.address, "POST /headers", &[]).await.status(), 200, "scripts send no origin");

    let files = Files::new();
    let asking = serve(&frame(files.tokens(TOKEN))).await;
    let headers = [&format!("authorization: Bearer {TOKEN}"), "origin: http://evil.example"];
    assert_eq!(request(&asking.address, "POST /headers", &headers).await.status(), 200, "no page knows the token");
}

/// What comes of a request with just these header lines.
async fn exchange(daemon: &Daemon, line: &str, headers: &[&str]) -> Answer {
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let mut stream = connect(&daemon.address).await;
    send(&mut stream, &format!("{line} HTTP/1.1\r\nconnection: close\r\n{headers}\r\n")).await;
    Answer(rest(stream).await)
}

#[tokio::test]
async fn a_name_that_is_made_to_lead_to_this_machine_is_answered_nothing_where_nobody_is_asked_who_they_are() {
    let daemon = serve(&frame(FrameFlags::default())).await;
    for foreign in [
        &["host: evil.example:5020", "origin: http://evil.example:5020"][..],
        &["host: evil.example"],
        &["host: localhost.evil.example"],
        &["host: 127.0.0.1.evil.example"],
        &["host: localhost@evil.example"],
        &["host: é"],
        &["host:"],
        &["host: localhost", "host: evil.example"],
    ] {
        for line in ["GET /headers", "POST /headers", "GET /metrics", "GET /nothing", "OPTIONS /headers"] {
            let answer = exchange(&daemon, line, foreign).await;
            assert_eq!(answer.problem(), (403, "foreign-host".to_owned()), "{line} {foreign:?}");
            assert_eq!(answer.header("connection"), Some("close"));
        }
        for probe in ["GET /livez", "GET /readyz"] {
            assert_ne!(exchange(&daemon, probe, foreign).await.status(), 403, "{probe} {foreign:?}");
        }
    }
    let absolute = exchange(&daemon, "GET http://evil.example/headers", &["host: localhost"]).await;
    assert_eq!(absolute.problem(), (403, "foreign-host".to_owned()));
    for own in [
        "127.0.0.1",
        "192.0.2.7:80",
        "[::1]:5020",
        "localhost:1",
        "LOCALHOST.",
        "a.b.localhost",
        "ccfaas-server-app:5010",
    ] {
        assert_eq!(exchange(&daemon, "GET /headers", &[&format!("host: {own}")]).await.status(), 200, "{own}");
        assert_eq!(exchange(&daemon, &format!("GET http://{own}/headers"), &[]).await.status(), 200, "{own}");
    }
}

#[tokio::test]
async fn hosts_that_the_operator_allows_are_answered_too() {
    let allowed_host = vec!["Daemon.example".to_owned()];
    let daemon = serve(&frame(FrameFlags { allowed_host, ..FrameFlags::default() })).await;
    for (host, status) in [("daemon.EXAMPLE:5020", 200), ("localhost", 200), ("a.daemon.example", 403)] {
        assert_eq!(exchange(&daemon, "GET /headers", &[&format!("host: {host}")]).await.status(), status, "{host}");
    }
    for wrong in ["", "*", "daemon:5020", "http://daemon", "::1", "[::1", "[127.0.0.1]", "a b", "user@daemon"] {
        let both = vec![wrong.to_owned(), "wrong too".to_owned()];
        let text = refused(FrameFlags { allowed_host: both, ..FrameFlags::default() });
        assert_eq!(text.matches("`allowed-host`").count(), 2, "{wrong}: {text}");
    }
}

#[tokio::test]
async fn any_name_will_do_where_a_page_could_not_use_it() {
    let (files, authority) = (Files::new(), Authority::new());
    let open = FrameFlags { listen: Some("0.0.0.0:0".to_owned()), insecure_no_auth: true, ..FrameFlags::default() };
    let asking = serve(&frame(files.tokens(TOKEN))).await;
    let token = format!("authorization: Bearer {TOKEN}");
    assert_eq!(exchange(&asking, "GET /headers", &["host: ccfaas-server-app:5000", &token]).await.status(), 200);
    let open = serve(&frame(open)).await;
    assert_eq!(exchange(&open, "GET /headers", &["host: ccfaas-server-app:5000"]).await.status(), 200);
    let over_tls = serve(&frame(files.tls(&authority))).await;
    let stream = authority.connect(&over_tls.address, None).await.unwrap();
    assert_eq!(ask(stream, "GET http://daemon.example/headers", &[]).await.status(), 200);
}
