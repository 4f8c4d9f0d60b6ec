//! The platform that protects nobody: a simulated secure module under a root of one's own.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use anyhow::{Context as _, anyhow};
use time::OffsetDateTime;
use veracruz_attestation::attester::{SimulatedNsm, SimulatedRoot};
use veracruz_attestation::measure::measure_program;
use veracruz_policy::{FullPolicy, Platform};

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

/// The root in `path`, made there if there is none.
fn kept_root(path: &Path) -> anyhow::Result<SimulatedRoot> {
    let root = match fs::read_to_string(path) {
        Ok(text) => {
            let text = zeroize::Zeroizing::new(text);
            SimulatedRoot::import(&text).with_context(|| format!("the simulated root in {}", path.display()))?
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let root = SimulatedRoot::generate(OffsetDateTime::now_utc())?;
            let options = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
            let written = options.and_then(|mut file| file.write_all(root.export().as_bytes()));
            written.with_context(|| format!("cannot write the simulated root to {}", path.display()))?;
            root
        }
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let certificate = path.with_added_extension("pem");
    fs::write(&certificate, root.pem()).with_context(|| format!("cannot write {}", certificate.display()))?;
    Ok(root)
}
