//! The real `openssl` reads what is made here, and authorities that it made are taken. Skipped, and saying so, where
//! there is no such program.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;
use time::{Duration, OffsetDateTime};
use veracruz_attestation::certificate::{Authority, PinnedAuthorities, VerifiedRequest};

use super::world::{EVIDENCE, NOW, World, expectation, result};

#[test]
fn openssl_verifies_the_request() {
    let Some(openssl) = Openssl::find() else { return };
    let world = World::new();
    openssl.write("csr.der", &world.key.request().unwrap());
    let output = openssl.run("req -inform DER -in csr.der -verify -noout -text -nameopt RFC2253");
    let shown = text(&output);
    assert!(shown.contains("verify OK"), "{shown}");
    assert!(shown.contains("CN=VeracruzCompute,OU=Compute Enclave,O=Veracruz,L=Austin,ST=Texas,C=US"), "{shown}");
}

#[test]
fn requests_that_openssl_made_prove_possession() {
    let Some(openssl) = Openssl::find() else { return };
    for curve in ["P-256", "P-384"] {
        for digest in ["sha256", "sha384"] {
            openssl.run(&format!("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:{curve} -out key.pem"));
            openssl.run(&format!("req -new -key key.pem -{digest} -subj /CN=any -outform DER -out csr.der"));
            let csr = fs::read(openssl.path("csr.der")).unwrap();
            openssl.run("pkey -in key.pem -pubout -outform DER -out spki.der");
            let request = VerifiedRequest::check(&csr).unwrap();
            assert_eq!(request.spki_der(), fs::read(openssl.path("spki.der")).unwrap(), "{curve} {digest}");
        }
    }
}

#[test]
fn openssl_verifies_the_issued_certificate_and_shows_its_extensions() {
    let Some(openssl) = Openssl::find() else { return };
    let world = World::new();
    let leaf = world.authority.issue(&world.request, &result(), Some(EVIDENCE), NOW).unwrap();
    openssl.write("leaf.der", &leaf);
    openssl.write("ca.pem", format!("{}\n", world.authority.certificate_pem()).as_bytes());
    openssl.run("x509 -inform DER -in leaf.der -out leaf.pem");
    let at = NOW.unix_timestamp();
    let verified = openssl.run(&format!("verify -x509_strict -purpose sslserver -attime {at} -CAfile ca.pem leaf.pem"));
    assert!(text(&verified).contains("leaf.pem: OK"), "{}", text(&verified));
    let shown = text(&openssl.run("x509 -in leaf.pem -noout -text"));
    for part in [
        "CA:FALSE",
        "Digital Signature",
        "TLS Web Server Authentication",
        "DNS:instance-1",
        "2.5.30.1",
        "2.25.1364961260.1256466468",
        "1.3.6.1.5.5.7.1.35",
        "NIST CURVE: P-256",
        "Mar  1 13:00:00 2026 GMT",
    ] {
        assert!(shown.contains(part), "{part} is missing in {shown}");
    }
}

#[test]
fn authorities_that_openssl_made_are_taken() {
    let Some(openssl) = Openssl::find() else { return };
    let world = World::new();
    let keys = [
        // As the i-poc makes them: a SEC1 key behind a block of parameters.
        "ecparam -name prime256v1 -genkey -out key.pem",
        "ecparam -name prime256v1 -genkey -noout -out key.pem",
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem",
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out key.pem",
    ];
    for key in keys {
        openssl.run(key);
        openssl.certify("critical,CA:true");
        // After the certificate, which is valid from the second in which it was made.
        let now = OffsetDateTime::now_utc();
        let authority = Authority::from_pem(&openssl.read("cert.pem"), &openssl.read("key.pem"), now)
            .unwrap_or_else(|error| panic!("{key}: {error}"));
        let mut result = result();
        result.claims.issued_at = now.replace_nanosecond(0).unwrap();
        result.valid_until = now + Duration::HOUR;
        let leaf = authority.issue(&world.request, &result, None, now).unwrap();
        let pins = PinnedAuthorities::from_pem(&openssl.read("cert.pem")).unwrap();
        expectation().check(&leaf, None, &pins, now).unwrap_or_else(|refusal| panic!("{key}: {refusal}"));
        openssl.write("leaf.der", &leaf);
        let verified = openssl.run("verify -CAfile cert.pem leaf.der");
        assert!(text(&verified).contains("OK"), "{key}: {}", text(&verified));
    }
}

#[test]
fn files_of_openssl_that_make_no_authority_are_refused() {
    let Some(openssl) = Openssl::find() else { return };
    let now = OffsetDateTime::now_utc();
    openssl.run("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem");
    openssl.certify("critical,CA:false");
    let refused = || Authority::from_pem(&openssl.read("cert.pem"), &openssl.read("key.pem"), now).unwrap_err().code();
    assert_eq!(refused(), "authority-not-a-ca");
    openssl.run("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key.pem");
    openssl.certify("critical,CA:true");
    assert_eq!(refused(), "authority-key");
}

struct Openssl(TempDir);

impl Openssl {
    fn find() -> Option<Self> {
        let found = Command::new("openssl").arg("version").output().is_ok_and(|output| output.status.success());
        if !found {
            eprintln!("skipped: there is no `openssl` here to compare with");
        }
        found.then(|| Openssl(TempDir::new().unwrap()))
    }

    fn run(&self, arguments: &str) -> Output {
        let arguments: Vec<_> = arguments.split(' ').collect();
        let output = Command::new("openssl").args(&arguments).current_dir(&self.0).output().unwrap();
        assert!(output.status.success(), "openssl {arguments:?}: {}", text(&output));
        output
    }

    fn certify(&self, basic_constraints: &str) {
        let constraints = format!("basicConstraints={basic_constraints}");
        let arguments = ["req", "-x509", "-new", "-key", "key.pem", "-out", "cert.pem", "-days", "30"];
        let names = ["-subj", "/C=US/ST=Texas/L=Austin/O=Veracruz/OU=Proxy/CN=VeracruzProxyServer", "-addext"];
        let command =
            Command::new("openssl").args(arguments).args(names).arg(constraints).current_dir(&self.0).output();
        assert!(command.unwrap().status.success());
    }

    fn write(&self, name: &str, content: &[u8]) {
        fs::write(self.path(name), content).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        Path::new(self.0.path()).join(name)
    }
}

fn text(output: &Output) -> String {
    [&output.stdout[..], &output.stderr[..]].map(String::from_utf8_lossy).concat()
}
