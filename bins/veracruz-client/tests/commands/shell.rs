//! A folder with a policy, identities and keys, and the command run in it as a shell would.

use std::path::PathBuf;
use std::process::{Command, Output};

use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;
use veracruz_policy::{
    Authorities, Certificate, Ciphersuite, Endpoint, FullPolicy, Platform, PolicyBuilder, Sha256Digest, Timepoint,
};

/// What is measured of the runtime in these tests.
pub(crate) const RUNTIME: &[u8] = b"a runtime";

pub(crate) struct Folder(TempDir);

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// The lines on standard error.
    pub(crate) fn lines(&self) -> Vec<&str> {
        self.err.lines().collect()
    }
}

impl Folder {
    /// Alice may do everything with files, Bob reads below `/output/`; the instance is at this address.
    pub(crate) fn new(address: &str) -> Self {
        Folder::with(address, |policy| policy)
    }

    pub(crate) fn with(address: &str, change: impl FnOnce(PolicyBuilder) -> PolicyBuilder) -> Self {
        let folder = Folder(tempfile::tempdir().unwrap());
        let alice = folder.person("alice");
        let bob = folder.person("bob");
        folder.person("eve");
        let authority = veracruz_attestation::certificate::Authority::generate(
            time::OffsetDateTime::now_utc(),
            time::Duration::days(1),
        );
        let authorities = Authorities::from_pem(&authority.unwrap().certificate_pem()).unwrap();
        let endpoint = |text: &str| Endpoint::parse(text).unwrap();
        let expiry = Timepoint::new(2036, 1, 1, 0, 0).unwrap();
        let builder = PolicyBuilder::new(endpoint(address), endpoint("127.0.0.1:3010"), authorities, expiry)
            .ciphersuite(Ciphersuite::Aes128GcmSha256)
            .runtime(Platform::Simulated, Sha256Digest::of(RUNTIME))
            .identity(alice, "/:rwx,stdin:w,stdout:r,stderr:r")
            .unwrap()
            .identity(bob, "/output/:r")
            .unwrap();
        let policy = change(builder).build().unwrap();
        folder.write("policy.json", policy.text());
        folder
    }

    fn person(&self, name: &str) -> Certificate {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let certificate = params.self_signed(&key).unwrap().pem();
        self.write(&format!("{name}.pem"), &certificate);
        self.write(&format!("{name}.key"), key.serialize_pem());
        Certificate::from_pem(&certificate).unwrap()
    }

    pub(crate) fn policy(&self) -> FullPolicy {
        FullPolicy::parse(&self.text("policy.json")).unwrap()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_veracruz-client"));
        command.current_dir(self.0.path()).args(line.split_whitespace());
        command.env_remove("VERACRUZ_ALLOW_SIMULATED").env_remove("VERACRUZ_TRUST").env_remove("RUST_LOG");
        command
    }

    /// Runs the command with the words of `line`, as they are.
    pub(crate) fn run(&self, line: &str) -> Ended {
        ended(self.command(line).output().unwrap())
    }

    /// Runs it for Alice, with simulated instances allowed.
    pub(crate) fn alice(&self, line: &str) -> Ended {
        self.run(&format!("policy.json -i alice.pem -k alice.key --allow-simulated {line}"))
    }
}

pub(crate) fn ended(output: Output) -> Ended {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { status: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}
