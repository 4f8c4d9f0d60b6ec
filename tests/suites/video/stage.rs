//! One instance with the detector in it: `veracruz-server` as a process, a user, and the files of a good run.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use veracruz_client::{Client, Compute, Identity, Session, Transfer, Trust};
use veracruz_policy::{
    Authorities, Certificate, Endpoint, FullPolicy, Platform, PolicyBuilder, Sha256Digest, Timepoint,
};
use veracruz_tests::guests::{encrypted_under, guest};
use veracruz_tests::services::{Daemon, binary, root};

/// The detector under two names: the second may keep the clear video.
pub(crate) const DETECTOR: &str = "/program/detector.wasm";
pub(crate) const KEEPING: &str = "/program/keeping.wasm";
const RIGHTS: &str = "/s3_app_input/:r,/user_input/:r,/program_data/:r,/output/:w,stdout:w,stderr:w";

/// Where the program reads.
pub(crate) const VIDEO: &str = "/s3_app_input/in_enc.h264";
pub(crate) const KEY: &str = "/user_input/key";
pub(crate) const IV: &str = "/user_input/iv";
pub(crate) const NAMES: &str = "/program_data/coco.names";
pub(crate) const CFG: &str = "/program_data/yolov3.cfg";
pub(crate) const WEIGHTS: &str = "/program_data/yolov3.weights";

/// Bytes of any one result.
const MAX_RESULT: u64 = 64 << 20;

/// Key and initial counter; the counter is about to carry.
pub(crate) const SECRETS: ([u8; 16], [u8; 16]) = ([0x2b; 16], [0xff; 16]);

/// Files of the instance.
pub(crate) type Files = BTreeMap<&'static str, Vec<u8>>;

/// How a run ended.
pub(crate) struct Ran {
    pub(crate) exit_code: u32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The instance. Cases take turns: what a run left is there until the next.
pub(crate) struct Stage {
    inside: Mutex<Inside>,
    _server: Daemon,
    _folder: TempDir,
}

struct Inside {
    runtime: Runtime,
    session: Session,
    uploaded: Files,
}

impl Stage {
    pub(crate) fn start() -> Self {
        let key = KeyPair::generate().unwrap();
        let pem = CertificateParams::default().self_signed(&key).unwrap().pem();
        let detector = guest("detector");
        let policy = policy(&pem, &detector);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("policy.json"), policy.text()).unwrap();
        let mut server = Command::new(binary("veracruz-server"));
        server.args(["policy.json", "--self-attested", "--listen", "127.0.0.1:0", "--simulated-root", "root"]);
        server.current_dir(folder.path());
        let server = Daemon::of(server, folder.path().join("log"));
        let address = Endpoint::parse(server.address().rsplit(' ').next().unwrap()).unwrap();
        let identity = Identity::from_pem(&pem, &key.serialize_pem()).unwrap();
        let client = Client::builder(policy, identity).address(address).trust(Trust::default().allow_simulated());
        let runtime = Runtime::new().unwrap();
        let session = runtime.block_on(client.build().unwrap().connect()).unwrap();
        let mut inside = Inside { runtime, session, uploaded: Files::new() };
        for program in [DETECTOR, KEEPING] {
            inside.upload(program, &detector);
        }
        Stage { inside: Mutex::new(inside), _server: server, _folder: folder }
    }

    /// One run of a program on exactly these files.
    pub(crate) fn run(&self, program: &str, files: &Files) -> Ran {
        self.inside().run(program, files)
    }

    /// A result of the run before.
    pub(crate) fn read(&self, name: &str) -> Option<Vec<u8>> {
        self.inside().read(name)
    }

    /// A case that failed leaves it usable: each run brings its own files.
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    fn run(&mut self, program: &str, files: &Files) -> Ran {
        for (name, bytes) in files {
            if self.uploaded.get(name) != Some(bytes) {
                self.upload(name, bytes);
                self.uploaded.insert(name, bytes.clone());
            }
        }
        assert_eq!(self.uploaded.len(), files.len(), "a file of an earlier run is left");
        let exit_code = self.runtime.block_on(self.session.compute(program, Compute::new())).unwrap();
        let text = |bytes: Option<Vec<u8>>| String::from_utf8(bytes.unwrap_or_default()).unwrap();
        Ran { exit_code, stdout: text(self.read("stdout")), stderr: text(self.read("stderr")) }
    }

    fn upload(&mut self, name: &str, bytes: &[u8]) {
        let transfer = Transfer::new().length(bytes.len() as u64);
        self.runtime.block_on(self.session.upload(name, bytes, transfer)).unwrap();
    }

    fn read(&mut self, name: &str) -> Option<Vec<u8>> {
        self.runtime.block_on(self.session.read(name, MAX_RESULT)).ok()
    }
}

/// What a good run needs: the small network of the demo, and its video.
pub(crate) fn good() -> Files {
    BTreeMap::from([
        (VIDEO, encrypted(&shapes("video.h264"))),
        (KEY, SECRETS.0.to_vec()),
        (IV, SECRETS.1.to_vec()),
        (NAMES, shapes("shapes.names")),
        (CFG, shapes("shapes.cfg")),
        (WEIGHTS, shapes("shapes.weights")),
    ])
}

/// A file of the demo.
pub(crate) fn shapes(name: &str) -> Vec<u8> {
    std::fs::read(root().join("examples/shapes").join(name)).unwrap()
}

/// Under [`SECRETS`].
pub(crate) fn encrypted(clear: &[u8]) -> Vec<u8> {
    encrypted_under(&SECRETS.0, &SECRETS.1, clear)
}

fn policy(pem: &str, detector: &[u8]) -> FullPolicy {
    let runtime = std::fs::read(binary("veracruz-server")).unwrap();
    let endpoint = |text| Endpoint::parse(text).unwrap();
    // It is self-attested: the authority and its server are never asked.
    let user = Certificate::from_pem(pem.trim_end()).unwrap();
    let authority = Authorities::from_pem(&user.to_pem()).unwrap();
    let expiry = Timepoint::new(2099, 1, 1, 0, 0).unwrap();
    let hash = Some(Sha256Digest::of(detector));
    PolicyBuilder::new(endpoint("127.0.0.1:3017"), endpoint("127.0.0.1:9"), authority, expiry)
        .runtime(Platform::Simulated, Sha256Digest::of(&runtime))
        .max_memory_mib(512)
        .enable_clock(true)
        .identity(user, "/:rwx,stdout:r,stderr:r")
        .unwrap()
        .program(DETECTOR, hash, RIGHTS)
        .unwrap()
        .program(KEEPING, hash, &format!("{RIGHTS},/program_internal/:w"))
        .unwrap()
        .build()
        .unwrap()
}
