//! A certificate and its key that a daemon makes at its first start and keeps in its state folder.
//!
//! A pair is never replaced and never completed: others pin the certificate, so a new one must be somebody's decision. It
//! appears with one rename of a synced folder, so a crash leaves both files or none, and the next start removes what was
//! half-made. What is in the files is the daemon's matter.

use std::error::Error;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use uuid::Uuid;
use zeroize::Zeroizing;

const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";
/// Between a pair's name and a number, for the folder in which it is made.
const SCRATCH: &str = ".new.";

/// A certificate and its key, both in PEM.
pub struct Pair {
    /// The certificate.
    pub certificate: String,
    /// The key.
    pub key: Zeroizing<String>,
}

/// Why there is no pair.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeptError {
    /// A file or folder cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// One of the two files is gone.
    #[error(
        "{there} exists and {missing} does not: put {missing} back from a backup, or move the folder {} away to have a \
         new pair made, whose certificate then has to be given to all who know the old one",
        folder.display()
    )]
    Half {
        /// Where.
        folder: PathBuf,
        /// The file that is there.
        there: &'static str,
        /// The other one.
        missing: &'static str,
    },
    /// A new pair cannot be made.
    #[error("a new pair cannot be made: {0}")]
    Make(#[source] Box<dyn Error + Send + Sync>),
}

/// The pair in the folder `name` of the state folder, made by `make` if the folder is not there.
///
/// # Errors
/// [`KeptError`]; nothing half-made is left where the pair belongs.
pub fn pair<E: Into<Box<dyn Error + Send + Sync>>>(
    state: &Path,
    name: &str,
    make: impl FnOnce() -> Result<Pair, E>,
) -> Result<Pair, KeptError> {
    if let Err(error) = sweep(state, name) {
        tracing::warn!(folder = %state.display(), %error, "what is half-made of an earlier start cannot be removed");
    }
    let folder = state.join(name);
    let exists = |file: &str| {
        let path = folder.join(file);
        path.try_exists().map_err(|source| KeptError::File { path, source })
    };
    match (exists(CERTIFICATE)?, exists(KEY)?) {
        (true, true) => read(&folder.join(CERTIFICATE), &folder.join(KEY)),
        (false, false) => {
            let pair = make().map_err(|error| KeptError::Make(error.into()))?;
            write(state, &folder, &pair)?;
            tracing::info!(folder = %folder.display(), "made a new key: others have to be given its certificate");
            Ok(pair)
        }
        (true, false) => Err(KeptError::Half { folder, there: CERTIFICATE, missing: KEY }),
        (false, true) => Err(KeptError::Half { folder, there: KEY, missing: CERTIFICATE }),
    }
}

/// The pair in the operator's own two files. A key that others may read is warned of.
///
/// # Errors
/// [`KeptError::File`].
pub fn read(certificate: &Path, key: &Path) -> Result<Pair, KeptError> {
    let text = |path: &Path| fs::read_to_string(path).map_err(|source| KeptError::File { path: path.into(), source });
    let pair = Pair { key: Zeroizing::new(text(key)?), certificate: text(certificate)? };
    if fs::metadata(key).is_ok_and(|metadata| metadata.mode() & 0o077 != 0) {
        tracing::warn!(file = %key.display(), "other users may read this key: chmod 600 it");
    }
    Ok(pair)
}

fn write(state: &Path, folder: &Path, pair: &Pair) -> Result<(), KeptError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| KeptError::File { path, source }
    };
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let scratch = state.join(format!("{name}{SCRATCH}{}", Uuid::new_v4().simple()));
    DirBuilder::new().recursive(true).mode(0o700).create(&scratch).map_err(failed(&scratch))?;
    // As long as it is held, nobody takes the folder for left over.
    let held = File::open(&scratch).map_err(failed(&scratch))?;
    held.try_lock().map_err(|error| failed(&scratch)(error.into()))?;
    let (key, certificate) = (scratch.join(KEY), scratch.join(CERTIFICATE));
    write_synced(&key, pair.key.trim_end(), 0o600).map_err(failed(&key))?;
    write_synced(&certificate, pair.certificate.trim_end(), 0o644).map_err(failed(&certificate))?;
    sync(&scratch).map_err(failed(&scratch))?;
    // Fails where another process was faster and its folder is not empty.
    fs::rename(&scratch, folder).map_err(failed(folder))?;
    sync(state).map_err(failed(state))
}

/// Removes what a process left that ended while it made a pair.
fn sweep(state: &Path, name: &str) -> io::Result<()> {
    let entries = match fs::read_dir(state) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let entry_name = entry.file_name();
        let number = entry_name.to_str().and_then(|entry| entry.strip_prefix(name)?.strip_prefix(SCRATCH));
        if number.is_some_and(|number| Uuid::try_parse(number).is_ok()) {
            let held = File::open(entry.path())?;
            if held.try_lock().is_ok() {
                fs::remove_dir_all(entry.path())?;
            }
        }
    }
    Ok(())
}

fn write_synced(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
