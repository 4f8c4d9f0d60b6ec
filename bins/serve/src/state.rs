//! A state folder that one process holds at a time.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// The file in the folder that is locked. It stays, as removing it would race with who opens it.
const LOCK: &str = "lock";

/// The folder; others may have it when this is dropped, or when the process ends in whatever way.
#[derive(Debug)]
pub struct StateFolder {
    path: PathBuf,
    _lock: File,
}

/// Why a folder cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// Another process has it.
    #[error("another process uses the state folder {}: stop it, or name another --state", path.display())]
    Taken {
        /// The folder.
        path: PathBuf,
    },
    /// The folder, or the file in it that is locked, cannot be made or used.
    #[error("cannot use the state folder: {}: {source}", path.display())]
    File {
        /// Which of the two.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl StateFolder {
    /// Makes the folder where it is not there, readable by its owner alone, and takes it.
    ///
    /// # Errors
    /// [`StateError`]; nothing is waited for.
    pub fn open(path: &Path) -> Result<Self, StateError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.map_err(|source| StateError::File { path: path.to_owned(), source })?;
        let file = path.join(LOCK);
        let failed = |source| StateError::File { path: file.clone(), source };
        let lock = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&file);
        let lock = lock.map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(StateFolder { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StateError::Taken { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file or folder in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}
