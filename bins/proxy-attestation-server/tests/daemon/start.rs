//! Command line, files, and what a start refuses.

use std::os::unix::fs::PermissionsExt as _;

use time::{Duration, OffsetDateTime};
use veracruz_attestation::certificate::Authority;

use crate::server::{Home, Server, read, run_to_end};

const CERTIFICATE: &str = "proxy-attestation-server-state/authority/certificate.pem";
const KEY: &str = "proxy-attestation-server-state/authority/key.pem";

#[tokio::test]
async fn wrong_use_ends_with_2_and_every_problem() {
    let home = Home::new();
    home.write("settings.toml", "measurement = 'x'\n");
    let config = ["--config", "settings.toml"];
    for (arguments, parts) in [
        (vec!["--no-such-flag"], vec!["--no-such-flag"]),
        (vec!["0.0.0.0:0"], vec!["0.0.0.0:0", "--insecure-no-auth"]),
        (vec!["[::]:0"], vec!["--insecure-no-auth"]),
        (vec!["localhost"], vec!["HOST:PORT"]),
        (vec!["--ca-cert", "a.pem"], vec!["--ca-key"]),
        (
            [vec!["0.0.0.0:0", "--ca-key", "a.pem", "--log", "a=b=c"], config.to_vec()].concat(),
            vec!["`address`", "`ca-key`", "`log`", "`measurement`"],
        ),
    ] {
        let (code, text) = run_to_end(&home, &arguments).await;
        assert_eq!(code, 2, "{arguments:?}: {text}");
        for part in parts {
            assert!(text.contains(part), "{arguments:?}: {part} is missing in: {text}");
        }
    }
    assert!(!home.path("proxy-attestation-server-state").exists(), "nothing was made");
}

#[tokio::test]
async fn help_teaches() {
    let (code, text) = run_to_end(&Home::new(), &["--help"]).await;
    assert_eq!(code, 0);
    for part in ["127.0.0.1:3010", "--measurements", "SIGHUP", "Exit codes", "VERACRUZ_PROXY_STATE_DIR", "\"pcrs\""] {
        assert!(text.contains(part), "{part} is missing in: {text}");
    }
}

#[tokio::test]
async fn the_authority_is_made_once_and_its_key_is_private() {
    let home = Home::new();
    Server::start(&home, &[]).await.stop().await;
    let first = (read(&home.path(CERTIFICATE)), read(&home.path(KEY)));
    let mode = std::fs::metadata(home.path(KEY)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    Server::start(&home, &[]).await.stop().await;
    assert_eq!((read(&home.path(CERTIFICATE)), read(&home.path(KEY))), first);
    assert_eq!(
        std::fs::read_dir(home.path("proxy-attestation-server-state")).unwrap().count(),
        1,
        "no scratch is left"
    );
}

#[tokio::test]
async fn half_an_authority_is_refused_and_never_completed() {
    for (lost, kept) in [(KEY, CERTIFICATE), (CERTIFICATE, KEY)] {
        let home = Home::new();
        Server::start(&home, &[]).await.stop().await;
        std::fs::remove_file(home.path(lost)).unwrap();
        let (code, text) = run_to_end(&home, &["127.0.0.1:0"]).await;
        assert!(code == 1 && text.contains("backup"), "{code} {text}");
        assert!(!home.path(lost).exists() && home.path(kept).exists());
    }
}

#[tokio::test]
async fn the_old_command_line_with_its_own_authority_is_taken() {
    let home = Home::new();
    let authority = Authority::generate(OffsetDateTime::now_utc(), Duration::DAY).unwrap();
    home.write("CACert.pem", authority.certificate_pem());
    home.write("CAKey.pem", &*authority.key_pem());
    let flags = ["--ca-cert", "CACert.pem", "--ca-key", "CAKey.pem", "--debug"];
    let mut server = Server::start(&home, &flags).await;
    assert_eq!(server.get("/proxy/v1/ca").await.text(), authority.certificate_pem());
    server.post("/proxy/v1/Start").await;
    server.logged("DEBUG").await;
    server.stop().await;
    assert!(!home.path("proxy-attestation-server-state").exists());
}

#[tokio::test]
async fn files_that_cannot_be_used_end_the_start_with_1() {
    let home = Home::new();
    home.write("bad.json", "[]");
    home.write("bad.pem", "no certificate");
    for (arguments, part) in [
        (vec!["--measurements", "missing.json"], "missing.json"),
        (vec!["--measurements", "bad.json"], "bad.json"),
        (vec!["--allow-simulated-root", "bad.pem"], "bad.pem"),
        (vec!["--allow-simulated-root", "missing.pem"], "missing.pem"),
        (vec!["--ca-cert", "bad.pem", "--ca-key", "bad.pem"], "bad.pem"),
        (vec!["--state-dir", "bad.json"], "bad.json"),
    ] {
        let (code, text) = run_to_end(&home, &[vec!["127.0.0.1:0"], arguments.clone()].concat()).await;
        assert!(code == 1 && text.contains(part), "{arguments:?}: {code} {text}");
    }
}

#[tokio::test]
async fn a_taken_port_ends_the_start_with_1() {
    let home = Home::new();
    let server = Server::start(&home, &[]).await;
    let (code, text) = run_to_end(&home, &[&server.address.to_string()]).await;
    assert!(code == 1 && text.contains("another process"), "{code} {text}");
}

#[tokio::test]
async fn an_open_address_is_served_only_on_demand_and_with_a_warning() {
    let home = Home::new();
    let mut server = Server::start_on(&home, "0.0.0.0:0", &["--insecure-no-auth"]).await;
    server.logged("INSECURE: plain HTTP without authentication").await;
    server.stop().await;
}

#[tokio::test]
async fn log_lines_can_be_json() {
    let home = Home::new();
    let log = Server::start(&home, &["--json-log"]).await.stop().await;
    assert!(!log.is_empty());
    for line in log.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    }
}
