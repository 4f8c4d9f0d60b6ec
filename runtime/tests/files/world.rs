//! An instance's files under a policy that a test writes in a line.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use time::OffsetDateTime;
use time::macros::datetime;
use veracruz_policy::{
    Authorities, Certificate, Endpoint, FullPolicy, PolicyBuilder, Principal, Sha256Digest, Target, Timepoint, VfsPath,
};
use veracruz_runtime::budget::Budget;
use veracruz_runtime::clock::Clock;
use veracruz_runtime::vfs::{Committed, Vfs, VfsError, VfsLimits, WriteMode};

/// The largest chunk of a file: sizes around it are where mistakes are.
pub(crate) const CHUNK: usize = 256 * 1024;

/// 2024-03-01T00:00:00Z in nanoseconds: what the clock of these tests shows.
pub(crate) const NOW: u64 = 1_709_251_200_000_000_000;

pub(crate) struct StoppedClock;

impl Clock for StoppedClock {
    fn wall(&self) -> OffsetDateTime {
        datetime!(2024-03-01 00:00 UTC)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(7)
    }
}

/// A self-signed certificate with this common name; made once per process.
pub(crate) fn certificate(name: &str) -> Certificate {
    static MADE: Mutex<BTreeMap<String, Certificate>> = Mutex::new(BTreeMap::new());
    MADE.lock().unwrap().entry(name.to_owned()).or_insert_with(|| self_signed(name)).clone()
}

fn self_signed(name: &str) -> Certificate {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    Certificate::from_pem(&params.self_signed(&key).unwrap().pem()).unwrap()
}

pub(crate) fn builder() -> PolicyBuilder {
    let authorities = Authorities::from_pem(&certificate("authority").to_pem()).unwrap();
    let place = |text| Endpoint::parse(text).unwrap();
    let expiry = Timepoint::new(2034, 1, 1, 0, 0).unwrap();
    PolicyBuilder::new(place("127.0.0.1:3014"), place("127.0.0.1:3010"), authorities, expiry)
        .runtime(veracruz_policy::Platform::Simulated, Sha256Digest::of(b"runtime"))
}

/// A policy with one participant for each list of capabilities.
pub(crate) fn policy(capabilities: &[&str]) -> Arc<FullPolicy> {
    let mut policy = builder();
    for (id, capabilities) in capabilities.iter().enumerate() {
        policy = policy.identity(certificate(&format!("participant {id}")), capabilities).unwrap();
    }
    Arc::new(policy.build().unwrap())
}

pub(crate) fn vfs_with(policy: Arc<FullPolicy>, budget: u64, limits: VfsLimits) -> Vfs {
    Vfs::new(policy, Budget::new(budget), limits, Arc::new(StoppedClock)).unwrap()
}

pub(crate) fn vfs(policy: Arc<FullPolicy>) -> Vfs {
    vfs_with(policy, 64 << 20, VfsLimits::default())
}

pub(crate) const ME: Principal = Principal::Participant(0);

pub(crate) fn path(text: &str) -> VfsPath {
    VfsPath::parse(text).unwrap()
}

pub(crate) fn target(text: &str) -> Target {
    Target::parse(text).unwrap()
}

pub(crate) fn put(
    vfs: &Vfs,
    who: &Principal,
    name: &str,
    mode: WriteMode,
    bytes: &[u8],
) -> Result<Committed, VfsError> {
    let mut upload = vfs.stage()?;
    for piece in bytes.chunks(100_000) {
        upload.push(piece)?;
    }
    vfs.commit(who, &target(name), mode, upload)
}

pub(crate) fn write(vfs: &Vfs, name: &str, bytes: &[u8]) -> Result<Committed, VfsError> {
    put(vfs, &ME, name, WriteMode::Replace, bytes)
}

pub(crate) fn append(vfs: &Vfs, name: &str, bytes: &[u8]) -> Result<Committed, VfsError> {
    put(vfs, &ME, name, WriteMode::Append, bytes)
}

pub(crate) fn read(vfs: &Vfs, name: &str) -> Result<Vec<u8>, VfsError> {
    vfs.read(&ME, &target(name))?.to_vec(u64::MAX)
}

/// Bytes that differ at every place, so that a shifted chunk shows.
pub(crate) fn pattern(seed: u8, len: usize) -> Vec<u8> {
    let mut state = u32::from(seed) + 1;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..len).map(|_| next()).collect()
}
