//! `veracruz identity new`.

use crate::shell::Folder;

#[test]
fn a_key_and_its_certificate_are_made_for_every_algorithm() {
    let folder = Folder::new();
    for (algorithm, kind) in [("p256", "P-256"), ("p384", "P-384"), ("ed25519", "Ed25519"), ("rsa2048", "RSA 2048")] {
        let said = folder.ok(&format!("identity new {algorithm} --algorithm {algorithm}"));
        assert!(said.contains(kind), "{said}");
        let (certificate, key) = (format!("{algorithm}.cert.pem"), format!("{algorithm}.key.pem"));
        assert!(folder.text(&certificate).trim_end().ends_with("-----END CERTIFICATE-----"));
        let secret = folder.text(&key);
        assert!(secret.contains("PRIVATE KEY"));
        let body: String = secret.lines().nth(1).unwrap().chars().take(30).collect();
        assert!(!said.contains(&body), "the key is not shown");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(folder.path(&key)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "the key is its owner's alone");
        }
    }
}

#[test]
fn an_existing_file_is_not_replaced_unless_told_so() {
    let folder = Folder::new();
    folder.ok("identity new alice");
    let before = folder.text("alice.key.pem");
    folder.wrong_use("identity new alice", "exists");
    assert_eq!(folder.text("alice.key.pem"), before);
    folder.ok("identity new alice --force");
    assert_ne!(folder.text("alice.key.pem"), before);
    assert!(!folder.path("alice.key.pem.new").exists(), "nothing half-done stays behind");
}

#[test]
fn nothing_is_left_behind_when_the_place_does_not_exist() {
    let folder = Folder::new();
    folder.wrong_use("identity new alice --key no/such/folder/key.pem --cert cert.pem", "no/such/folder");
    assert!(!folder.path("cert.pem").exists());
    folder.wrong_use("identity new a/b", "no file name");
    folder.wrong_use("identity new alice --days 0", "days");
    folder.wrong_use("identity new alice --cert x --key x", "same file");
}

#[test]
fn openssl_reads_what_is_made() {
    let folder = Folder::new();
    folder.ok("identity new ca --authority --days 30");
    let read = std::process::Command::new("openssl")
        .args(["x509", "-noout", "-text", "-in"])
        .arg(folder.path("ca.cert.pem"))
        .output();
    let Ok(read) = read else {
        eprintln!("skipped: no openssl command here");
        return;
    };
    let text = String::from_utf8(read.stdout).unwrap();
    assert!(text.contains("CA:TRUE") && text.contains("CN = ca"), "{text}");
}
