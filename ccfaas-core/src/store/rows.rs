//! What a store's calls take and give.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// One registration of a function. A name that is registered again gets another one, so that an upload that began before
/// cannot end in the new function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FunctionId(pub i64);

/// A registered function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionRow {
    /// This registration.
    pub id: FunctionId,
    /// The function policy, as it was registered.
    pub policy: String,
}

/// A part of a list of names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Only names behind this one.
    pub after: Option<String>,
    /// At most so many; all, where absent.
    pub limit: Option<u32>,
}

/// What came of a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    /// It is registered.
    Yes,
    /// The name is taken.
    Exists,
    /// There are too many already.
    Full,
}

/// What a file is to its function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// A program.
    Program,
    /// A data file.
    DataFile,
}

impl FileKind {
    /// As the routes have it: `program` or `data_file`.
    pub const fn name(self) -> &'static str {
        match self {
            FileKind::Program => "program",
            FileKind::DataFile => "data_file",
        }
    }
}

/// Where a file's content lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobKey(pub(crate) Uuid);

impl BlobKey {
    /// A key that nothing lies under.
    pub fn random() -> Self {
        BlobKey(Uuid::new_v4())
    }
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.simple(), f)
    }
}

impl FromStr for BlobKey {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(BlobKey)
    }
}

/// A file whose content was checked and is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedFile {
    /// Its name inside instances, in normal form.
    pub path: String,
    /// Where its content lies.
    pub blob: BlobKey,
    /// Its bytes.
    pub length: u64,
}

/// A function with what it is loaded with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedFunction {
    /// The function.
    pub function: FunctionRow,
    /// Its loaded programs in the order of their paths.
    pub programs: Vec<LoadedFile>,
    /// Its loaded data files in the order of their paths.
    pub data_files: Vec<LoadedFile>,
}

/// What came of noting a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddedFile {
    /// It is loaded.
    Yes,
    /// Somebody else was faster.
    Exists,
    /// The function is no longer registered.
    NoFunction,
}

/// One creation of an instance. A name that is used again gets another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InstanceKey(pub(crate) Uuid);

impl InstanceKey {
    /// A key that no other creation has.
    pub fn random() -> Self {
        InstanceKey(Uuid::new_v4())
    }
}

impl fmt::Display for InstanceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.simple(), f)
    }
}

impl FromStr for InstanceKey {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(InstanceKey)
    }
}

/// The name that an instance shall have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// This creation.
    pub key: InstanceKey,
    /// The name, unique among instances.
    pub name: String,
    /// Now, in seconds since 1970.
    pub since: i64,
}

/// What came of a reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// The name is taken; where an instance had to give it up, that one.
    Yes(Option<InstanceRow>),
    /// An instance has the name.
    Exists,
    /// There are too many already.
    Full,
}

/// How an instance ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// A participant shut it down.
    Finished,
    /// It ended by itself.
    Failed,
    /// VaaS does not list it any more: somebody ended it, or VaaS has not found it again yet. It may come back.
    Missed,
}

/// Where an instance stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// It is being made: only its name is there.
    Reserved,
    /// Its user has it.
    Ready,
    /// Its runtime has gone.
    Ended(Ending),
    /// It is being deleted.
    Deleting,
}

impl Phase {
    /// Stable, as stores write it.
    pub const fn name(self) -> &'static str {
        match self {
            Phase::Reserved => "reserved",
            Phase::Ready => "ready",
            Phase::Ended(Ending::Finished) => "finished",
            Phase::Ended(Ending::Failed) => "failed",
            Phase::Ended(Ending::Missed) => "missed",
            Phase::Deleting => "deleting",
        }
    }

    /// Whether a look at VaaS may show another one.
    pub(crate) const fn may_change(self) -> bool {
        matches!(self, Phase::Ready | Phase::Ended(Ending::Missed))
    }

    const ALL: [Phase; 6] = [
        Phase::Reserved,
        Phase::Ready,
        Phase::Ended(Ending::Finished),
        Phase::Ended(Ending::Failed),
        Phase::Ended(Ending::Missed),
        Phase::Deleting,
    ];
}

impl FromStr for Phase {
    type Err = UnknownPhase;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Phase::ALL.into_iter().find(|phase| phase.name() == text).ok_or(UnknownPhase)
    }
}

/// A word that is no [`Phase`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no phase of an instance has this name")]
pub struct UnknownPhase;

/// What is known of an instance once VaaS has made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// Where it listens, `host:port`.
    pub endpoint: String,
    /// The first digits of the policy hash, as VaaS tells them.
    pub hash: String,
    /// The full policy, a JSON text.
    pub policy: String,
}

/// An instance, without its policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceRow {
    /// This creation.
    pub key: InstanceKey,
    /// The name.
    pub name: String,
    /// Where it stands.
    pub phase: Phase,
    /// Since when, in seconds since 1970.
    pub since: i64,
    /// Where it listens and its hash; `None` while it is being made.
    pub address: Option<(String, String)>,
}

/// How many rows there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// Functions.
    pub functions: u64,
    /// Instances that are being made.
    pub reserved: u64,
    /// Instances that run.
    pub ready: u64,
    /// Instances whose runtime has gone.
    pub ended: u64,
    /// Instances that are being deleted.
    pub deleting: u64,
}
