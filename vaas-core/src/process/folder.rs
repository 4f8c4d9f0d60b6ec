//! What lies on disk of one instance.
//!
//! | file | what |
//! |---|---|
//! | `policy.json` | the policy, which the process reads |
//! | `instance.json` | what its creator calls it, and since which start of the machine it runs |
//! | `log` | what the process says |
//! | `acknowledged` | there once its creator may have been told of it: without it, the instance is nobody's |
//!
//! The marker comes last and goes first, and is durable before anybody is told.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use veracruz_policy::{FullPolicy, Name};

use crate::driver::{InstanceKey, Order};

const POLICY: &str = "policy.json";
const RECORD: &str = "instance.json";
const LOG: &str = "log";
const ACKNOWLEDGED: &str = "acknowledged";

/// One instance's folder.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    path: PathBuf,
    generation: Uuid,
}

/// What the policy does not say.
#[derive(Serialize, Deserialize)]
struct Record {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    instance_id: Option<String>,
    /// The identity of the machine's start, as `/proc/sys/kernel/random/boot_id` has it.
    boot: String,
}

/// An instance as its folder describes it.
pub(super) struct Found {
    pub(super) order: Order,
    /// Whether the machine was started again since.
    pub(super) before_this_boot: bool,
}

impl Folder {
    pub(super) fn of(instances: &Path, generation: Uuid) -> Self {
        Folder { path: instances.join(generation.to_string()), generation }
    }

    /// All that are in `instances`. What is no instance's folder is left alone.
    pub(super) fn all(instances: &Path) -> io::Result<Vec<Self>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(instances)? {
            let name = entry?.file_name();
            if let Some(generation) = name.to_str().and_then(|name| Uuid::parse_str(name).ok()) {
                found.push(Folder::of(instances, generation));
            }
        }
        Ok(found)
    }

    pub(super) fn generation(&self) -> Uuid {
        self.generation
    }

    /// Absolute: what the process is found by.
    pub(super) fn policy(&self) -> PathBuf {
        self.path.join(POLICY)
    }

    pub(super) fn log(&self) -> PathBuf {
        self.path.join(LOG)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes it. Nothing is durable yet.
    pub(super) fn create(&self, order: &Order) -> io::Result<()> {
        DirBuilder::new().mode(0o700).create(&self.path)?;
        let instance_id = order.instance_id.as_ref().map(|id| id.as_str().to_owned());
        let record = serde_json::to_vec(&Record { instance_id, boot: boot()? })?;
        self.write(RECORD, &record)?;
        self.write(POLICY, order.policy.text().as_bytes())?;
        self.write(LOG, b"")
    }

    fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let options = OpenOptions::new().write(true).create_new(true).mode(0o600).open(self.path.join(name));
        options?.write_all(content)
    }

    /// Makes what [`Folder::create`] wrote durable.
    pub(super) fn sync(&self) -> io::Result<()> {
        for name in [RECORD, POLICY] {
            File::open(self.path.join(name))?.sync_all()?;
        }
        Ok(())
    }

    /// From now on the instance is found again. Durable when this returns.
    pub(super) fn acknowledge(&self) -> io::Result<()> {
        self.write(ACKNOWLEDGED, b"")?;
        File::open(&self.path)?.sync_all()?;
        match self.path.parent() {
            Some(instances) => File::open(instances)?.sync_all(),
            None => Ok(()),
        }
    }

    pub(super) fn is_acknowledged(&self) -> io::Result<bool> {
        self.path.join(ACKNOWLEDGED).try_exists()
    }

    /// The instance, if its files can be read.
    pub(super) fn read(&self) -> io::Result<Found> {
        let record: Record = serde_json::from_slice(&fs::read(self.path.join(RECORD))?)?;
        let name = |text: &String| Name::parse(text).map_err(|error| io::Error::new(ErrorKind::InvalidData, error));
        let instance_id = record.instance_id.as_ref().map(name).transpose()?;
        let policy = FullPolicy::parse(&fs::read_to_string(self.policy())?)
            .map_err(|error| io::Error::new(ErrorKind::InvalidData, error.code()))?;
        let port = policy.veracruz_server_url.port().ok_or(ErrorKind::InvalidData)?;
        let key = InstanceKey { port, hash: policy.hash(), generation: self.generation };
        let before_this_boot = record.boot != boot()?;
        Ok(Found { order: Order { key, policy, instance_id }, before_this_boot })
    }

    /// Takes the policy away: a process that was about to be started cannot become an instance any more.
    pub(super) fn discard(&self) -> io::Result<()> {
        absent_is_fine(fs::remove_file(self.path.join(ACKNOWLEDGED)))?;
        absent_is_fine(fs::remove_file(self.policy()))
    }

    /// Removes all of it.
    pub(super) fn remove(&self) -> io::Result<()> {
        self.discard()?;
        absent_is_fine(fs::remove_dir_all(&self.path))
    }
}

fn boot() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

fn absent_is_fine(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        done => done,
    }
}
