//! Files in and out: bounded reading, and writing that leaves either nothing or the whole file.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use anyhow::{Context, bail};

/// Bytes that are read of one input: a policy is at most 16 MiB, and evidence is far smaller.
const MAX_INPUT_BYTES: u64 = 64 << 20;

/// Bytes that are read of an image or a program: enclave images are a few hundred MiB and must fit the memory.
const MAX_IMAGE_BYTES: u64 = 4 << 30;

/// The bytes of a document, or of standard input for `-`.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    read_at_most(path, MAX_INPUT_BYTES)
}

/// The bytes of an image or a program.
pub(crate) fn read_whole(path: &Path) -> anyhow::Result<Vec<u8>> {
    read_at_most(path, MAX_IMAGE_BYTES)
}

fn read_at_most(path: &Path, limit: u64) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let source: Box<dyn Read> = if path == Path::new("-") { Box::new(io::stdin()) } else { Box::new(open(path)?) };
    source.take(limit + 1).read_to_end(&mut bytes).with_context(|| format!("cannot read {}", path.display()))?;
    if bytes.len() as u64 > limit {
        bail!("{} has more than {limit} bytes; is it the right file?", path.display());
    }
    Ok(bytes)
}

/// The same, as UTF-8 text.
pub(crate) fn read_text(path: &Path) -> anyhow::Result<String> {
    String::from_utf8(read(path)?).with_context(|| format!("{} is no UTF-8 text", path.display()))
}

/// Opens a file for reading.
pub(crate) fn open(path: &Path) -> anyhow::Result<File> {
    File::open(path).with_context(|| format!("cannot open {}", path.display()))
}

/// Whether a new file may be read by others.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Anyone,
    /// Readable by its owner alone, from the first byte.
    OwnerOnly,
}

/// Writes a new file; an existing one is only replaced when told so. What stood there before stays until all is written.
pub(crate) fn write_new(path: &Path, bytes: &[u8], access: Access, replace: bool) -> anyhow::Result<()> {
    if !replace && path.exists() {
        bail!("{} exists; remove it, choose another name, or say --force", path.display());
    }
    let aside = path.with_added_extension("new");
    let written = write_aside(&aside, bytes, access).and_then(|()| {
        // Without --force a file that appeared meanwhile is kept: a hard link does not replace.
        if replace { std::fs::rename(&aside, path) } else { std::fs::hard_link(&aside, path) }
    });
    if !(replace && written.is_ok()) {
        let _ = std::fs::remove_file(&aside);
    }
    written.with_context(|| format!("cannot write {}", path.display()))
}

fn write_aside(path: &Path, bytes: &[u8], access: Access) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if access == Access::OwnerOnly {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
