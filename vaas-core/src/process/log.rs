//! What an instance's process says, followed and copied into the service's own log.
//!
//! It is foreign text: lines are bounded and escaped, and the file does not grow without end.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use rustix::fs::{FallocateFlags, SeekFrom, fallocate, seek};
use rustix::io::Errno;

use super::folder::Folder;
use super::watch::{LogWatch, Watched};

/// Bytes of a line that are copied; of a longer one the rest is left out. Log lines of the runtime are a few hundred.
const LINE_BYTES: usize = 2048;

/// Bytes that the file takes on the disk, after which those that were copied are given back: they are in the service's log.
const FILE_BYTES: u64 = 1024 * 1024;

/// Bytes that are read at once.
const CHUNK_BYTES: usize = 16 * 1024;

/// Lines that are kept to say why an instance died.
const LAST_LINES: usize = 4;

/// Follows one log.
pub(super) struct Follower {
    file: File,
    grown: Watched,
    name: String,
    offset: u64,
    /// Up to here the file takes no space any more.
    freed: u64,
    /// The beginning of a line whose end was not written yet.
    open: Vec<u8>,
    last: VecDeque<String>,
}

impl Follower {
    /// Follows the log of `folder` from its beginning.
    pub(super) fn new(folder: &Folder, watch: &LogWatch, name: String) -> io::Result<Self> {
        let file = File::options().read(true).write(true).open(folder.log())?;
        let grown = watch.watch(&folder.log())?;
        // What an earlier life of the service gave back is no text.
        let offset = match seek(&file, SeekFrom::Data(0)) {
            Err(Errno::NXIO) => file.metadata()?.len(),
            // File systems that do not know holes have none.
            offset => offset.unwrap_or_default(),
        };
        Ok(Follower { file, grown, name, offset, freed: offset, open: Vec::new(), last: VecDeque::new() })
    }

    /// Passes over what was said before; it counts for [`Follower::last_line`] alone.
    pub(super) fn skip(&mut self) -> io::Result<()> {
        self.lines(|_| ())
    }

    /// Returns when there is something new to copy.
    pub(super) async fn grown(&self) {
        self.grown.grown().await;
    }

    /// Copies what is new; `see` sees each line as the process wrote it, cut to its bound.
    pub(super) fn copy(&mut self, mut see: impl FnMut(&str)) -> io::Result<()> {
        let name = self.name.clone();
        self.lines(|line| {
            see(line);
            tracing::info!(instance = name, "{}", shown(line));
        })?;
        if self.offset - self.freed > FILE_BYTES {
            self.free()?;
        }
        Ok(())
    }

    /// Gives back what was copied. The file is not cut: what is written at the very moment would be lost with it.
    fn free(&mut self) -> io::Result<()> {
        match fallocate(&self.file, FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE, 0, self.offset) {
            // The file grows where the file system cannot do that.
            Ok(()) | Err(Errno::OPNOTSUPP) => self.freed = self.offset,
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// The last line, escaped.
    pub(super) fn last_line(&self) -> Option<&str> {
        self.last.back().map(String::as_str)
    }

    /// The last lines, escaped.
    pub(super) fn last_lines(&self) -> String {
        let lines: Vec<_> = self.last.iter().map(String::as_str).collect();
        lines.join(" | ")
    }

    fn lines(&mut self, mut see: impl FnMut(&str)) -> io::Result<()> {
        if self.file.metadata()?.len() < self.offset {
            // Somebody else emptied it.
            (self.offset, self.freed) = (0, 0);
        }
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let read = self.file.read_at(&mut chunk, self.offset)?;
            let Some(new) = chunk.get(..read).filter(|new| !new.is_empty()) else {
                return Ok(());
            };
            self.offset += new.len() as u64;
            for piece in new.split_inclusive(|byte| *byte == b'\n') {
                self.take(piece, &mut see);
            }
        }
    }

    fn take(&mut self, piece: &[u8], see: &mut impl FnMut(&str)) {
        let (content, ends) = match piece.strip_suffix(b"\n") {
            Some(content) => (content, true),
            None => (piece, false),
        };
        let room = LINE_BYTES.saturating_sub(self.open.len());
        self.open.extend_from_slice(content.get(..room).unwrap_or(content));
        if ends {
            let line = String::from_utf8_lossy(&self.open).into_owned();
            see(&line);
            if self.last.len() == LAST_LINES {
                self.last.pop_front();
            }
            self.last.push_back(shown(&line));
            self.open.clear();
        }
    }
}

/// As a log may have it.
fn shown(line: &str) -> String {
    line.chars()
        .flat_map(
            |character| if character.is_control() { character.escape_default().collect() } else { vec![character] },
        )
        .collect()
}
