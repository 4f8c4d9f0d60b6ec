//! What an instance's process says, followed and copied into the service's own log.
//!
//! It is foreign text: lines are bounded and escaped, and the file does not grow without end.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use super::folder::Folder;
use super::watch::{LogWatch, Watched};

/// Bytes of a line that are copied; of a longer one the rest is left out. Log lines of the runtime are a few hundred.
const LINE_BYTES: usize = 2048;

/// Bytes of the file, after which it is emptied: what was copied is in the service's log.
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
    /// The beginning of a line whose end was not written yet.
    open: Vec<u8>,
    last: VecDeque<String>,
}

impl Follower {
    /// Follows the log of `folder` from its beginning.
    pub(super) fn new(folder: &Folder, watch: &LogWatch, name: String) -> io::Result<Self> {
        let file = File::options().read(true).write(true).open(folder.log())?;
        let grown = watch.watch(&folder.log())?;
        Ok(Follower { file, grown, name, offset: 0, open: Vec::new(), last: VecDeque::new() })
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
        if self.offset > FILE_BYTES {
            self.file.set_len(0)?;
            self.offset = 0;
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
            self.offset = 0;
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
