//! Files that hold secrets: read within a bound, and not at all while every user of the machine may read them.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// Bytes of a key, of a chain of certificates or of a list of tokens: all stay well under it.
const MAX_BYTES: u64 = 1024 * 1024;
/// The mode's bits for users who are neither the file's owner nor of its group.
const OTHERS: u32 = 0o007;

/// Why a file was not read. Its content is never shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The system does not let us.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It may be read by all.
    #[error(
        "every user of this machine may read or change {}, which holds a secret: chmod 600 it (a volume of Kubernetes \
         secrets: defaultMode 0440)",
        path.display()
    )]
    Exposed {
        /// Which.
        path: PathBuf,
    },
    /// It is too long.
    #[error("{} is longer than {MAX_BYTES} bytes: name another file", path.display())]
    TooLong {
        /// Which.
        path: PathBuf,
    },
}

/// The bytes of a file that others than its owner and its group may not read.
///
/// # Errors
/// [`FileError`]; of a file that all may read not a byte is read.
pub fn read_secret(path: &Path) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let file = open(path)?;
    let mode = file.metadata().map_err(|source| failed(path, source))?.mode();
    if mode & OTHERS != 0 {
        return Err(FileError::Exposed { path: path.into() });
    }
    bytes(file, path)
}

/// The bytes of a file that all may read.
pub(crate) fn read_public(path: &Path) -> Result<Zeroizing<Vec<u8>>, FileError> {
    bytes(open(path)?, path)
}

fn open(path: &Path) -> Result<File, FileError> {
    File::open(path).map_err(|source| failed(path, source))
}

fn bytes(file: File, path: &Path) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|source| failed(path, source))?;
    match bytes.len() as u64 {
        0..=MAX_BYTES => Ok(bytes),
        _ => Err(FileError::TooLong { path: path.into() }),
    }
}

fn failed(path: &Path, source: io::Error) -> FileError {
    FileError::Read { path: path.into(), source }
}
