//! Which processes belong to which instances' folders: looked up in the process table (proc(5)).

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::process::{Pid, geteuid};
use uuid::Uuid;

/// The flag that follows the policy's path in an instance's arguments. A person who looks at the file has no such second
/// argument.
pub(super) const LISTEN: &str = "--listen";

/// The processes of this user that run instances with folders in `instances`.
pub(super) fn processes(instances: &Path) -> io::Result<HashMap<Uuid, Pid>> {
    let mut found = HashMap::new();
    for entry in fs::read_dir("/proc")? {
        let entry = entry?;
        let number = entry.file_name().to_str().and_then(|name| name.parse().ok());
        let Some(pid) = number.and_then(Pid::from_raw) else {
            continue;
        };
        // A process that ends while it is looked at has no files any more.
        let own = entry.metadata().is_ok_and(|metadata| metadata.uid() == geteuid().as_raw());
        if own && let Some(generation) = instance_of(pid, instances) {
            found.insert(generation, pid);
        }
    }
    Ok(found)
}

/// The instance that `pid` runs.
pub(super) fn instance_of(pid: Pid, instances: &Path) -> Option<Uuid> {
    let arguments = fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero())).ok()?;
    let mut arguments = arguments.split(|byte| *byte == 0).skip(1);
    let policy = Path::new(OsStr::from_bytes(arguments.next()?));
    if arguments.next()? != LISTEN.as_bytes() {
        return None;
    }
    let folder = policy.parent()?;
    if folder.parent()? != instances {
        return None;
    }
    Uuid::parse_str(folder.file_name()?.to_str()?).ok()
}
