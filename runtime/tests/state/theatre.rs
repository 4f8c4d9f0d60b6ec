//! The instance that scripts are played on: made once, then begun afresh for each script.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use time::macros::datetime;
use tokio::runtime::Runtime as Executor;
use veracruz_attestation::attester::{BootMeasurements, SimulatedNsm, SimulatedRoot};
use veracruz_policy::{
    Authorities, Certificate, Endpoint, ExecutionStrategy, FullPolicy, Platform, PolicyBuilder, Sha256Digest,
    Timepoint, VfsPath,
};
use veracruz_runtime::fuzzing::Stage;
use veracruz_runtime::vfs::Vfs;
use veracruz_runtime::{Clock, Limits, Runtime};

use crate::files::{Files, Node};
use crate::guests::Guests;
use crate::script::payload;
use crate::world::MAX_RUNS;

pub(crate) const PARTICIPANTS: u32 = 3;

/// What the participants may do. Entries overlap, so that the longest has to decide.
const RIGHTS: [&str; PARTICIPANTS as usize] = [
    "/ : rwx, /in/secret : r, stdin : w, stdout : r, stderr : r",
    "/shared/ : rw, /shared/dir/ : r, /in/ : w, /made/ : r, /fixed : w, /program/ : x, stdin : w, stdout : r",
    "/shared/ : r, /shared/y : PATH_OPEN|FD_WRITE|FD_SEEK, /made/log : rw, /in/secret : rw, /program/a.wasm : rwx, /out/ : none, stdout : r",
];

/// The content that the policy declares for `/fixed`, as seed and size of a payload.
pub(crate) const FIXED: (u8, usize) = (1, 100);

pub(crate) struct Theatre {
    pub(crate) executor: Executor,
    pub(crate) guests: Guests,
    template: Stage,
    policy: Arc<FullPolicy>,
}

impl Theatre {
    /// # Panics
    /// When the instance cannot be started.
    pub(crate) fn open() -> Self {
        let executor = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let policy = policy();
        let started = executor.block_on(async {
            let clock = || datetime!(2026-01-01 00:00 UTC);
            let root = Arc::new(SimulatedRoot::generate(clock()).unwrap());
            let boot = BootMeasurements::of_program(b"runtime");
            let nsm = SimulatedNsm::under_root(root, boot, clock).unwrap();
            let mut limits = Limits::default();
            (limits.runs, limits.waiting_runs) = (MAX_RUNS, 0);
            let builder = Runtime::builder(policy.clone()).limits(limits).clock(Arc::new(Stopped));
            builder.start(Arc::new(nsm), Platform::Simulated).await.unwrap()
        });
        Theatre { executor, guests: Guests::build(), template: Stage::of(started), policy: Arc::new(policy) }
    }

    /// Bytes that are taken while no script is played.
    pub(crate) fn used(&self) -> u64 {
        self.template.files().budget().used()
    }

    pub(crate) fn stage(&self) -> (Stage, Files) {
        let stage = self.template.afresh().unwrap();
        let files = Files::new(Arc::clone(&self.policy), self.guests.clone(), nodes(stage.files()));
        (stage, files)
    }
}

/// What the instance holds.
pub(crate) fn nodes(files: &Vfs) -> BTreeMap<String, Node> {
    let exported = files.export(&VfsPath::parse("/").unwrap()).unwrap();
    let node = |content: Option<veracruz_runtime::vfs::Snapshot>| match content {
        None => Node::Directory,
        Some(content) => Node::File { content: content.to_vec(u64::MAX).unwrap(), sealed: false },
    };
    let nodes = exported.into_iter().map(|found| (found.path.as_str().to_owned(), node(found.content)));
    nodes.filter(|(path, _)| path != "/").collect()
}

fn policy() -> FullPolicy {
    let place = |text| Endpoint::parse(text).unwrap();
    let authorities = Authorities::from_pem(&certificate("authority").to_pem()).unwrap();
    let expiry = Timepoint::new(2099, 1, 1, 0, 0).unwrap();
    let (seed, size) = FIXED;
    let mut builder = PolicyBuilder::new(place("127.0.0.1:3017"), place("127.0.0.1:3010"), authorities, expiry)
        .runtime(Platform::Simulated, Sha256Digest::of(b"runtime"))
        .execution_strategy(ExecutionStrategy::Interpretation)
        .enable_clock(true)
        .max_memory_mib(256)
        .file_hash("/fixed", Sha256Digest::of(&payload(seed, size)))
        .unwrap();
    for (id, rights) in RIGHTS.iter().enumerate() {
        builder = builder.identity(certificate(&format!("participant {id}")), rights).unwrap();
    }
    let of_guests = "/made/ : rw, stdout : w";
    builder = program(builder, "/program/a.wasm", of_guests);
    builder = program(builder, "/program/b.wasm", of_guests);
    let text = "/program/a.wasm; if /shared/x { /program/b.wasm } else { { /program/a.wasm } }";
    builder.pipeline("both", text, of_guests).unwrap().pipeline("none", "", of_guests).unwrap().build().unwrap()
}

fn program(builder: PolicyBuilder, path: &str, rights: &str) -> PolicyBuilder {
    builder.program(path, None, rights).unwrap()
}

fn certificate(name: &str) -> Certificate {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    Certificate::from_pem(&params.self_signed(&key).unwrap().pem()).unwrap()
}

struct Stopped;

impl Clock for Stopped {
    fn wall(&self) -> OffsetDateTime {
        datetime!(2026-01-01 00:00 UTC)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(7)
    }
}
