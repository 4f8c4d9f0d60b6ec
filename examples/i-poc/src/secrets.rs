//! Files that hold secrets: read within bounds, and written for their owner alone.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use zeroize::Zeroizing;

/// Bytes of a key, a counter or a token.
const MAX_SECRET_BYTES: u64 = 64 * 1024;

/// A small secret. Its memory is wiped.
pub(crate) fn read_secret(path: &Path) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    // Room for all of it from the start: what grows leaves copies behind that nobody wipes.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_SECRET_BYTES as usize + 1));
    let read = File::open(path).and_then(|file| file.take(MAX_SECRET_BYTES + 1).read_to_end(&mut bytes));
    read.with_context(|| format!("cannot read {}", path.display()))?;
    let length = bytes.len() as u64;
    ensure!(length <= MAX_SECRET_BYTES, "{} has more than {MAX_SECRET_BYTES} bytes: the right file?", path.display());
    Ok(bytes)
}

/// Fresh secrets on their way to be kept. Those that nobody will need go again.
#[derive(Default)]
pub(crate) struct NewSecrets(Vec<PathBuf>);

impl NewSecrets {
    /// Writes one. A file that is there already stays as it is: it may be all that opens an earlier object.
    pub(crate) fn write(&mut self, path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let mut file = file.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => {
                anyhow::anyhow!("{} exists and may be what opens another object: name another file", path.display())
            }
            _ => anyhow::Error::new(error).context(format!("cannot write {}", path.display())),
        })?;
        self.0.push(path.to_owned());
        file.write_all(bytes).with_context(|| format!("cannot write {}", path.display()))
    }

    /// What they open is safe: they stay.
    pub(crate) fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for NewSecrets {
    fn drop(&mut self) {
        for path in &self.0 {
            // It opens nothing; what cannot be removed does no harm.
            let _ = fs::remove_file(path);
        }
    }
}
