//! The file of the owner, in parts. It is read once, and never as a whole.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, ensure};

use super::bucket::MAX_PARTS;

/// Bytes of a part, unless the file needs larger ones. S3 takes 5 MiB or more.
const PART_BYTES: u64 = 8 << 20;

/// A file that is being read.
pub(super) struct Source<'f> {
    path: &'f Path,
    file: File,
    length: u64,
}

impl<'f> Source<'f> {
    /// A file on a disk: how long a part must be follows from its length, and it is never waited for.
    pub(super) fn open(path: &'f Path) -> anyhow::Result<Self> {
        let cannot_read = || format!("cannot read {}", path.display());
        let is_file = path.metadata().with_context(cannot_read)?.is_file();
        ensure!(is_file, "{} is a folder, a pipe or a device, and no file", path.display());
        let file = File::open(path).with_context(cannot_read)?;
        let length = file.metadata().with_context(cannot_read)?.len();
        Ok(Source { path, file, length })
    }

    /// Its bytes when it was opened.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Bytes of the largest part.
    pub(super) fn part_bytes(&self) -> u64 {
        part_bytes(self.length).min(self.length)
    }

    /// The next part; empty at the end of the file. It may have grown meanwhile: what is read is what counts.
    pub(super) fn next(&mut self) -> anyhow::Result<Vec<u8>> {
        let mut part = Vec::new();
        let read = (&mut self.file).take(part_bytes(self.length)).read_to_end(&mut part);
        read.with_context(|| format!("cannot read {}", self.path.display()))?;
        Ok(part)
    }
}

/// So many bytes a part that there are not too many parts.
fn part_bytes(length: u64) -> u64 {
    PART_BYTES.max(length.div_ceil(MAX_PARTS - 1))
}

#[test]
fn parts_are_never_too_many() {
    for length in [0, 1, PART_BYTES, PART_BYTES * MAX_PARTS, 5 << 40] {
        let bytes = part_bytes(length);
        assert!(bytes >= PART_BYTES && length.div_ceil(bytes) < MAX_PARTS, "{length}: {bytes} a part");
    }
}
