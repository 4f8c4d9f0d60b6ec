//! An instance to measure: a policy, two participants' keys, and `veracruz-server` as a process.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;
use veracruz_client::{Client, Identity, Session, Transfer, Trust};
use veracruz_policy::{
    Authorities, Certificate, Ciphersuite, Endpoint, ExecutionStrategy, FullPolicy, Platform, PolicyBuilder,
    Sha256Digest, Timepoint,
};
use veracruz_tests::guests::guest;

/// What programs may do: the last folders are those of the video function.
const RIGHTS: &str = "/input/:r,/work/:rw,stdin:r,stdout:w,stderr:w,\
    /s3_app_input/:r,/user_input/:r,/program_data/:r,/output/:w";

/// What differs between instances.
pub(crate) struct Settings {
    pub(crate) suite: Ciphersuite,
    pub(crate) memory_mib: u32,
    pub(crate) strategy: ExecutionStrategy,
    /// Programs by name, with their WebAssembly: the policy names them as `/program/NAME.wasm`.
    pub(crate) guests: Vec<(&'static str, Vec<u8>)>,
}

impl Default for Settings {
    fn default() -> Self {
        let suite = Ciphersuite::Aes128GcmSha256;
        Settings { suite, memory_mib: 1024, strategy: ExecutionStrategy::Jit, guests: built(&["nop", "workload"]) }
    }
}

/// Guests of the project.
pub(crate) fn built(names: &[&'static str]) -> Vec<(&'static str, Vec<u8>)> {
    names.iter().map(|name| (*name, guest(name))).collect()
}

/// A running instance.
pub(crate) struct Stage {
    pub(crate) policy: FullPolicy,
    pub(crate) certificate_pem: String,
    pub(crate) key_pem: String,
    /// When the server was started; all that it needs was there.
    pub(crate) started: Instant,
    server: Child,
    _folder: TempDir,
}

impl Stage {
    pub(crate) fn start(settings: &Settings) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate_pem =
            CertificateParams::new(vec!["bench".to_owned()]).unwrap().self_signed(&key).unwrap().pem();
        let policy = policy(settings, certificate_pem.trim_end());
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("policy.json");
        std::fs::write(&path, policy.text()).unwrap();
        let started = Instant::now();
        let server = serve(&path);
        Stage { policy, certificate_pem, key_pem: key.serialize_pem(), started, server, _folder: folder }
    }

    pub(crate) fn client(&self) -> Client {
        let identity = Identity::from_pem(&self.certificate_pem, &self.key_pem).unwrap();
        let trust = Trust::default().allow_simulated();
        Client::builder(self.policy.clone(), identity).trust(trust).build().unwrap()
    }

    /// A session in which the guests are uploaded.
    pub(crate) async fn session(&self, settings: &Settings) -> Session {
        let mut session = self.client().connect().await.unwrap();
        for (name, wasm) in &settings.guests {
            let transfer = Transfer::new().length(wasm.len() as u64);
            session.upload(&format!("/program/{name}.wasm"), wasm.as_slice(), transfer).await.unwrap();
        }
        session
    }

    /// A line of the server's `/proc/PID/status`, in bytes.
    pub(crate) fn memory(&self, line: &str) -> u64 {
        memory_of(&self.server.id().to_string(), line)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ended = self.server.kill();
        let _ended = self.server.wait();
    }
}

/// `VmRSS` or `VmHWM` of a process (`self` for this one), in bytes.
pub(crate) fn memory_of(process: &str, line: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let row = status.lines().find(|row| row.starts_with(line)).expect("a line of the status");
    row.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// A release binary of this checkout, beside which the bench itself was built.
pub(crate) fn binary(name: &str) -> PathBuf {
    let bench = std::env::current_exe().unwrap();
    let path = bench.ancestors().nth(2).unwrap().join(name);
    assert!(path.exists(), "{} is missing: run `make bench-instance`", path.display());
    path
}

fn serve(policy: &Path) -> Child {
    let mut server = Command::new(binary("veracruz-server"))
        .arg(policy)
        .arg("--self-attested")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("Veracruz Server running on"), "{line}");
    server
}

fn policy(settings: &Settings, certificate_pem: &str) -> FullPolicy {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let authority = authority_pem();
    let runtime = std::fs::read(binary("veracruz-server")).unwrap();
    let mut builder = PolicyBuilder::new(
        Endpoint::parse(&format!("127.0.0.1:{port}")).unwrap(),
        Endpoint::parse("127.0.0.1:3010").unwrap(),
        Authorities::from_pem(authority.trim_end()).unwrap(),
        Timepoint::new(2036, 1, 1, 0, 0).unwrap(),
    )
    .ciphersuite(settings.suite)
    .max_memory_mib(settings.memory_mib)
    .enable_clock(true)
    .execution_strategy(settings.strategy)
    .runtime(Platform::Simulated, Sha256Digest::of(&runtime))
    .identity(Certificate::from_pem(certificate_pem).unwrap(), "/:rwx,stdin:w,stdout:r,stderr:r")
    .unwrap();
    for (name, wasm) in &settings.guests {
        let digest = Sha256Digest::of(wasm);
        let path = format!("/program/{name}.wasm");
        builder = builder.program(&path, Some(digest), RIGHTS).unwrap();
    }
    builder.build().unwrap()
}

/// The policy names an attestation server; this instance signs for itself and never asks one.
fn authority_pem() -> String {
    let mut params = CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem()
}
