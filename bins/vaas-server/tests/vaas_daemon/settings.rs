//! Settings, from each of their sources.

use crate::daemon::{Daemon, Home, Participant};

/// What a start that fails says, and its exit code.
async fn fails(home: &Home, arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String) {
    let output = home.command(arguments).envs(variables.iter().copied()).output().await.unwrap();
    assert!(output.stdout.is_empty());
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[tokio::test]
async fn what_is_wrong_is_said_all_at_once_with_the_next_step() {
    let home = Home::with_ports(1);
    let good = ["--attestation-cert", "ca.pem", "--listen", "127.0.0.1:0"];
    for (more, told) in [
        (&["--ports", "9-8"][..], "`ports`"),
        (&["--host", "a b"], "`host`"),
        (&["--attestation-server", "x"], "`attestation-server`"),
        (&["--runtime-hash-nitro", "ab"], "64 hexadecimal digits"),
        (&["--platform", "nitro"], "--enclave-image"),
        (&["--platform", "sgx"], "not a platform"),
        (&["--enclave-image", "x"], "--platform nitro"),
        (&["--max-memory-mib", "0"], "max-memory-mib"),
    ] {
        let (code, text) = fails(&home, &[&good[..], more].concat(), &[]).await;
        assert!(code == 2 && text.contains(told), "{more:?}: {code} {text}");
    }
    let (code, text) = fails(&home, &["--attestation-cert", "ca.pem", "--listen", "192.0.2.1:80"], &[]).await;
    assert!(code == 2 && text.contains("--insecure-no-auth"), "{code} {text}");
    let (code, text) = fails(&home, &["--ports", "x", "--host", ""], &[("VERACRUZ_PORT_MIN", "1")]).await;
    assert_eq!(code, 2);
    for told in ["/proxy/v1/ca", "`ports`", "`host`"] {
        assert!(text.contains(told), "{told} in {text}");
    }
    let (code, text) = fails(&home, &[&good[..], &["--veracruz-server", "absent"]].concat(), &[]).await;
    assert!(code == 1 && text.contains("absent") && text.contains("--veracruz-server"), "{code} {text}");
    let (_, text) = fails(&home, &good[..2], &[("VERACRUZ_PORT_MIN", "1")]).await;
    assert!(text.contains("go together"), "{text}");
}

#[tokio::test]
async fn a_second_daemon_does_not_take_the_first_ones_folder() {
    let home = Home::with_ports(1);
    let daemon = home.start().await;
    let (code, text) = fails(&home, &["--attestation-cert", "ca.pem", "--listen", "127.0.0.1:0"], &[]).await;
    assert!(code == 1 && text.contains("another service uses it"), "{code} {text}");
    daemon.stop().await;
}

#[tokio::test]
async fn the_variables_of_the_i_poc_count_where_nothing_else_says_the_same() {
    let (home, participant) = (Home::with_ports(2), Participant::new());
    let authority = std::fs::read_to_string(home.path("ca.pem")).unwrap();
    let mut command = home.command(&["--listen", "127.0.0.1:0", "--self-attested"]);
    let (first, last, hash) = (home.port(0).to_string(), home.port(1).to_string(), "ab".repeat(32));
    command.envs([
        ("PROXY_ENDPOINT", "veracruz-nitro-proxy:3010"),
        ("PROXY_CERTIFICATE", authority.as_str()),
        ("RUNTIME_MANAGER_HASH_NITRO", &hash),
        ("VERACRUZ_PORT_MIN", &first),
        ("VERACRUZ_PORT_MAX", &last),
        ("VERACRUZ_ENDPOINT_HOSTNAME", "enclaves.example"),
        ("VAAS_SERVER_STATE", "elsewhere"),
    ]);
    let mut daemon = Daemon::start(command).await;
    daemon.logged("instances listen on loopback only").await;
    let created = daemon.create(&participant.request("x")).await;
    let policy: serde_json::Value = serde_json::from_str(&created.policy()).unwrap();
    assert_eq!(policy["proxy_attestation_server_url"], "veracruz-nitro-proxy:3010");
    assert_eq!(policy["runtime_manager_hash_nitro"], hash);
    assert_eq!(policy["veracruz_server_url"], format!("enclaves.example:{first}"));
    assert_eq!(daemon.delete(&created.path()).await.status, 200, "the policy's own name names it");
    assert!(home.path("elsewhere/instances").exists());
    daemon.stop().await;
}

#[tokio::test]
async fn help_teaches() {
    let home = Home::with_ports(1);
    let output = home.command(&["--help"]).output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    for taught in [
        "--attestation-cert",
        "VAAS_SERVER_PORTS",
        "VERACRUZ_PORT_MIN",
        "curl",
        "/openapi.json",
        "SIGTERM",
        "Exit codes",
    ] {
        assert!(text.contains(taught), "{taught} in {text}");
    }
}
