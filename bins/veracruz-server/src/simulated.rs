//! The platform that protects nobody: a simulated secure module under a root of one's own.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process;
use std::sync::Arc;
use std::thread;

use anyhow::{Context as _, anyhow};
use time::OffsetDateTime;
use veracruz_attestation::attester::{SimulatedNsm, SimulatedRoot};
use veracruz_attestation::measure::measure_program;
use veracruz_policy::{FullPolicy, Platform};
use zeroize::Zeroizing;

use crate::host::tell;

/// The running program's own file, whatever name it was started by.
const OWN_PROGRAM: &str = "/proc/self/exe";

/// A module whose registers measure this very program, as ADR 0008 has it, for a policy that accepts the platform. The
/// operator is told what that means, and when the policy names another program.
pub(crate) fn module(root: Option<&Path>, policy: &FullPolicy) -> anyhow::Result<SimulatedNsm> {
    let accepted = policy.runtime_hash(Platform::Simulated).context(
        "the policy accepts no simulated runtime: start it with --platform nitro, or, to try it out, write the SHA-256 of \
         this program into its runtime_manager_hash_linux (`veracruz attest measure FILE` prints it)",
    )?;
    // Both take tens of milliseconds: the one reads tens of megabytes, the other waits for entropy.
    let (program, root) = thread::scope(|scope| {
        let measuring = scope.spawn(|| File::open(OWN_PROGRAM).and_then(measure_program));
        let root = match root {
            Some(path) => kept_root(path),
            None => SimulatedRoot::generate(OffsetDateTime::now_utc()).map_err(Into::into),
        };
        (measuring.join(), root)
    });
    let program = program.map_err(|_| anyhow!("measuring this program failed"))?;
    let program = program.with_context(|| format!("cannot read this program ({OWN_PROGRAM})"))?;
    let module = SimulatedNsm::under_root(Arc::new(root?), program.into(), OffsetDateTime::now_utc)?;
    if program.sha256 != accepted {
        tell(&format!(
            "the policy accepts another runtime: its runtime_manager_hash_linux is {accepted}, this program's SHA-256 is \
             {}; clients that verify will not talk to this instance",
            program.sha256
        ));
    }
    tell(&format!(
        "INSECURE: platform simulated, which protects nobody from the owner of this machine; its root has the SHA-256 {}",
        module.root().fingerprint()
    ));
    Ok(module)
}

/// The root in `path`, made there if there is none. Instances that start at the same time get the same one.
fn kept_root(path: &Path) -> anyhow::Result<SimulatedRoot> {
    let root = match read_root(path)? {
        Some(root) => root,
        None => {
            let root = SimulatedRoot::generate(OffsetDateTime::now_utc())?;
            match write_new(path, root.export().as_bytes()) {
                Ok(()) => root,
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    read_root(path)?.with_context(|| format!("{} comes and goes", path.display()))?
                }
                Err(error) => {
                    return Err(error)
                        .with_context(|| format!("cannot write the simulated root to {}", path.display()));
                }
            }
        }
    };
    let certificate = path.with_added_extension("pem");
    // What is right stays: others may be reading it.
    if fs::read(&certificate).is_ok_and(|written| written == root.pem().as_bytes()) {
        return Ok(root);
    }
    fs::write(&certificate, root.pem()).with_context(|| format!("cannot write {}", certificate.display()))?;
    Ok(root)
}

fn read_root(path: &Path) -> anyhow::Result<Option<SimulatedRoot>> {
    match fs::read_to_string(path).map(Zeroizing::new) {
        Ok(text) => {
            let root = SimulatedRoot::import(&text);
            root.with_context(|| format!("the simulated root in {}", path.display())).map(Some)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Writes a file that is not there yet; it appears with its whole content.
fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let aside = path.with_added_extension(format!("new.{}", process::id()));
    let options = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside);
    let written = options.and_then(|mut file| file.write_all(content));
    let linked = written.and_then(|()| fs::hard_link(&aside, path));
    fs::remove_file(&aside).and(linked)
}
