//! A file here that shall go to the service: hashed first, and sent from the very handle that was hashed.

use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::path::Path;

use anyhow::{Context as _, ensure};
use sha2::{Digest as _, Sha256};
use veracruz_policy::Sha256Digest;

/// Bytes that are hashed at once.
const PIECE_BYTES: usize = 256 * 1024;

/// An open file at its beginning, with what is in it.
pub(super) struct Local {
    pub(super) file: File,
    pub(super) length: u64,
    pub(super) digest: Sha256Digest,
}

impl Local {
    /// Opens and hashes a file.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let mut file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        let is_file = file.metadata().is_ok_and(|metadata| metadata.is_file());
        ensure!(is_file, "{} is no regular file: it is read twice, first to compare its hash", path.display());
        let (length, digest) = hash(&mut file).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Local { file, length, digest })
    }
}

fn hash(file: &mut File) -> io::Result<(u64, Sha256Digest)> {
    let (mut hash, mut length, mut piece) = (Sha256::new(), 0, vec![0; PIECE_BYTES]);
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            break;
        }
        hash.update(piece.get(..read).unwrap_or_default());
        length += read as u64;
    }
    file.rewind()?;
    let digest: [u8; 32] = hash.finalize().into();
    Ok((length, digest.into()))
}
