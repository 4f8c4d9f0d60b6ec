//! Settings: what is wrong is said, and what is made is kept.

use std::os::unix::fs::PermissionsExt as _;

use crate::daemon::Daemon;
use crate::home::Home;

#[tokio::test]
async fn the_loader_is_made_once_and_its_key_is_for_nobody_else() {
    let home = Home::new(22_600, 1);
    let certificate = home.path("ccfaas-server-state/loader/certificate.pem");
    let mut seen = Vec::new();
    for _ in 0..2 {
        let daemon = home.ccfaas("http://127.0.0.1:9").await;
        seen.push(std::fs::read_to_string(&certificate).unwrap());
        daemon.stop().await;
    }
    assert_eq!(seen[0], seen[1]);
    let mode = |name: &str| std::fs::metadata(home.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("ccfaas-server-state/loader/key.pem"), 0o600);
    assert_eq!(mode("ccfaas-server-state"), 0o700);

    // The i-poc's way: two arguments.
    let key = rcgen::KeyPair::generate().unwrap();
    let own = rcgen::CertificateParams::default().self_signed(&key).unwrap();
    std::fs::write(home.path("PROGCert.pem"), own.pem()).unwrap();
    std::fs::write(home.path("PROGKey.pem"), key.serialize_pem()).unwrap();
    let fingerprint = veracruz_policy::Sha256Digest::of(own.der()).to_string();
    let mut daemon =
        Daemon::start(home.ccfaas_command(&["PROGCert.pem", "PROGKey.pem", "--listen", "127.0.0.1:0"])).await;
    daemon.logged(&fingerprint).await;
}

#[tokio::test]
async fn one_folder_has_one_service() {
    let home = Home::new(22_650, 1);
    let daemon = home.ccfaas("http://127.0.0.1:9").await;
    let (code, told) = Daemon::try_start(home.ccfaas_command(&["--listen", "127.0.0.1:0"])).await.err().unwrap();
    assert_eq!(code, Some(1));
    assert!(told.contains("another process uses the state folder ccfaas-server-state"), "{told}");
    daemon.kill().await;
    home.ccfaas("http://127.0.0.1:9").await.stop().await;
}

#[tokio::test]
async fn what_is_wrong_is_said_with_the_next_step() {
    let home = Home::new(22_700, 1);
    std::fs::write(home.path("token"), "secret").unwrap();
    std::fs::set_permissions(home.path("token"), std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::write(home.path("trust.toml"), "allow_simulatde = true").unwrap();
    std::fs::write(home.path("state"), "a file").unwrap();
    for (arguments, code, told) in [
        (&["--vaas", "vaas:5000"][..], 2, "`vaas` (on the command line) is refused"),
        (&["--vaas", "https://vaas:5000", "--vaas-cert", "cert.pem"], 2, "give both or none"),
        (&["--vaas-cert", "cert.pem"], 2, "`vaas-cert` (on the command line) needs an https URL"),
        (&["--vaas-token-file", "token"], 2, "chmod 600"),
        (&["--vaas", "https://vaas:5000", "--vaas-ca", "token"], 2, "`vaas-ca` (on the command line) is refused"),
        (&["--load-timeout", "900", "--request-timeout", "900"], 2, "`request-timeout`"),
        (&["--trust", "trust.toml"], 2, "allow_simulatde"),
        (&["--vaas-instance-id", "a/b"], 2, "`vaas-instance-id`"),
        (&["--max-program-bytes", "0"], 2, "--max-program-bytes"),
        (&["cert.pem"], 2, "CERT and KEY"),
        (&["--listen", "0.0.0.0:0"], 2, "--insecure-no-auth"),
        (&["cert.pem", "key.pem", "--listen", "127.0.0.1:0"], 1, "the loader's identity: key.pem: No such file"),
        (&["--state", "state", "--listen", "127.0.0.1:0"], 1, "state"),
    ] {
        let (found, text) = Daemon::try_start(home.ccfaas_command(arguments)).await.err().expect("no start");
        assert_eq!(found, Some(code), "{arguments:?}: {text}");
        assert!(text.contains(told), "{arguments:?}: {text}");
        assert!(!text.contains("secret\n"), "{text}");
    }
}
