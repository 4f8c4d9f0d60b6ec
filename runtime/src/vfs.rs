//! The files of one instance: in memory, shared by all participants and guests, gone with the instance.
//!
//! Files are lists of chunks shared by reference: a snapshot costs no copy, an append moves no data, and what is written
//! while somebody reads goes into chunks of its own. Two kinds of lock exist. The tree's is held to look names up or to
//! change them; a file's own is held to copy at most one chunk. None is held while hashing, waiting, or copying what is
//! large, so no session waits for another one's.
//!
//! Who may do what is the policy's decision, taken in here for participants and in [`wasi`](crate::wasi) for guests.
//! Content never reaches a log, an error or `Debug`.

mod append;
mod chunk;
mod commit;
mod content;
mod directory;
mod embedder;
mod error;
mod file;
mod limits;
mod maker;
mod participant;
mod report;
mod snapshot;
mod streams;
mod tree;
mod upload;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use parking_lot::{Mutex, RwLock};
use veracruz_policy::{FullPolicy, Target, VfsPath};

pub use commit::CommitError;
pub use error::{Place, VfsError};
pub use limits::{MAX_DEPTH, MAX_ENTRIES, MAX_FILE_BYTES, MAX_HANDLES, MAX_INODES, MAX_PROGRAM_BYTES, VfsLimits};
pub use participant::WriteMode;
pub use report::{Committed, Exported, Kind, ListEntry, ProgramFile, Stat};
pub use snapshot::Snapshot;
pub use streams::Stdio;
pub use upload::Upload;

use crate::budget::Budget;
use crate::clock::Clock;
use content::Content;
pub(crate) use directory::{Directory, Node};
pub(crate) use file::{File, Times};
use maker::Maker;
pub(crate) use tree::{Spot, Tree, below};

/// The file system of one instance. Clones share it.
#[derive(Clone)]
pub struct Vfs(Arc<Shared>);

/// What all handles of one file system share.
pub(crate) struct Shared {
    pub(crate) policy: Arc<FullPolicy>,
    pub(crate) limits: VfsLimits,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) tree: RwLock<Tree>,
    budget: Budget,
    seats: Budget,
    inos: AtomicU64,
    streams: Mutex<Stdio>,
}

impl Vfs {
    /// An empty file system under `policy`. Its bytes are charged to `budget`.
    ///
    /// The directories that the policy's entries name with a trailing slash are made right away.
    ///
    /// # Errors
    /// [`VfsError::OverBudget`], [`VfsError::TooManyFiles`]: too little for the root, the streams, those directories.
    pub fn new(
        policy: Arc<FullPolicy>,
        budget: Budget,
        limits: VfsLimits,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, VfsError> {
        let inos = AtomicU64::new(1);
        let seats = Budget::new(limits.inodes);
        let (root, streams) = {
            let maker = Maker { budget: &budget, seats: &seats, limits: &limits, inos: &inos, now: clock.wall_nanos() };
            (maker.directory()?, fresh(&maker, None)?)
        };
        let (tree, streams) = (RwLock::new(Tree::new(root)), Mutex::new(streams));
        let vfs = Vfs(Arc::new(Shared { policy, limits, clock, tree, budget, seats, inos, streams }));
        vfs.make_named_directories()?;
        Ok(vfs)
    }

    /// Streams for a new run: `stdin` as it was written last, `stdout` and `stderr` empty. Readers of the streams see the
    /// new ones from now on.
    ///
    /// # Errors
    /// [`VfsError::OverBudget`], [`VfsError::TooManyFiles`].
    pub fn fresh_stdio(&self) -> Result<Stdio, VfsError> {
        let mut streams = self.0.streams.lock();
        let new = fresh(&self.0.maker(), Some(&streams))?;
        let old = std::mem::replace(&mut *streams, new.clone());
        drop(streams);
        drop(old);
        Ok(new)
    }

    /// The memory that this file system draws from.
    pub fn budget(&self) -> &Budget {
        &self.0.budget
    }

    /// What guests' calls work on.
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.0
    }

    fn make_named_directories(&self) -> Result<(), VfsError> {
        let policy = &self.0.policy;
        let participants = policy.identities.iter().map(|identity| &identity.file_rights);
        let programs = policy.programs.iter().map(|program| &program.file_rights);
        let pipelines = policy.pipelines().iter().map(|pipeline| &pipeline.file_rights);
        for entry in participants.chain(programs).chain(pipelines).flat_map(|table| table.entries()) {
            let Target::Path(path) = entry.target() else { continue };
            // A slash behind the name of a declared file says nothing: it will be a file.
            if entry.name().ends_with('/') && policy.declared_hash(path).is_none() {
                self.provision_directory(path)?;
            }
        }
        Ok(())
    }
}

impl Shared {
    pub(crate) fn maker(&self) -> Maker<'_> {
        Maker {
            budget: &self.budget,
            seats: &self.seats,
            limits: &self.limits,
            inos: &self.inos,
            now: self.clock.wall_nanos(),
        }
    }

    /// The digest that the policy declares for `path`, if any.
    pub(crate) fn is_declared(&self, path: &VfsPath) -> bool {
        self.policy.declared_hash(path).is_some()
    }

    pub(crate) fn make_directories(&self, path: &VfsPath) -> Result<Arc<Directory>, VfsError> {
        let maker = self.maker();
        self.tree.write().make_directories(path, &maker)
    }

    /// Whether `bytes` more could be had right now.
    pub(crate) fn check_budget(&self, bytes: u64) -> Result<(), VfsError> {
        Ok(self.budget.take(bytes).map(drop)?)
    }

    fn stage(&self, hashed: bool) -> Result<Upload, VfsError> {
        Ok(Upload::new(Content::new(&self.budget)?, hashed, self.limits.file_bytes))
    }
}

fn fresh(maker: &Maker<'_>, before: Option<&Stdio>) -> Result<Stdio, VfsError> {
    let stdin = match before {
        Some(before) => before.stdin.clone(),
        None => maker.empty_file()?,
    };
    Ok(Stdio { stdin, stdout: maker.empty_file()?, stderr: maker.empty_file()? })
}

impl fmt::Debug for Vfs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vfs({:?})", self.0.budget)
    }
}
