//! Adding what was staged to the end of a file, at one moment, without copying it under the file's lock.
//!
//! Chunks start at multiples of their size, so what is staged from 0 has to be shifted to where the file ends. That is
//! done before the lock is taken; if the file changed meanwhile it is done again.

use std::sync::Arc;

use super::content::{Content, split};
use super::error::VfsError;
use super::file::File;
use super::limits::VfsLimits;
use crate::budget::OverBudget;

/// Times that a shift is prepared without the lock. A file that changes this often gets it with the lock held.
const FREE_ATTEMPTS: usize = 3;

/// Staged bytes, preceded by `skip` bytes that belong to the file before them.
struct Run {
    content: Content,
    skip: usize,
}

/// Adds all of `staged` to the end of `file`.
pub(super) fn append(file: &File, staged: Content, limits: &VfsLimits, now: u64) -> Result<(), VfsError> {
    let mut run = Run { content: staged, skip: 0 };
    for _ in 0..FREE_ATTEMPTS {
        let (end, tail) = file.with(|content| (content.len(), tail(content)));
        run = run.after(end, &tail)?;
        let spliced = file.change(now, |content| {
            if content.version() != tail.version {
                return Ok(Some(run));
            }
            splice(content, run, limits).map(|()| None)
        })?;
        match spliced {
            Some(again) => run = again,
            None => return Ok(()),
        }
    }
    file.change(now, |content| {
        let run = run.after(content.len(), &tail(content))?;
        splice(content, run, limits)
    })
}

/// The last chunk of a file, if it is not full.
struct Tail {
    chunk: Option<Arc<super::chunk::Chunk>>,
    version: u64,
}

fn tail(content: &Content) -> Tail {
    let (index, _) = split(content.len());
    Tail { chunk: content.chunks.get(index).cloned().flatten(), version: content.version() }
}

impl Run {
    /// The same bytes, ready to follow a file that ends at `end` with `tail`.
    fn after(self, end: u64, tail: &Tail) -> Result<Run, OverBudget> {
        let (_, phase) = split(end);
        let mut run = if self.skip == phase { self } else { self.shifted(phase)? };
        if let Some(chunk) = &tail.chunk {
            let bytes = chunk.bytes();
            let kept = bytes.get(..phase).unwrap_or(bytes);
            run.content.write_piece(0, kept)?;
        }
        Ok(run)
    }

    /// Each source chunk is given up once it is copied, so this needs one chunk of memory more, not all of them.
    fn shifted(self, phase: usize) -> Result<Run, OverBudget> {
        let mut shifted = Content::new(self.content.budget())?;
        let mut end = phase as u64;
        let mut skip = self.skip;
        for chunk in self.content.chunks.into_iter().flatten() {
            let mut bytes = chunk.bytes().get(skip..).unwrap_or_default();
            skip = 0;
            while !bytes.is_empty() {
                let piece = shifted.write_piece(end, bytes)?;
                bytes = bytes.get(piece..).unwrap_or_default();
                end += piece as u64;
            }
        }
        Ok(Run { content: shifted, skip: phase })
    }
}

fn splice(content: &mut Content, run: Run, limits: &VfsLimits) -> Result<(), VfsError> {
    let added = run.content.len().saturating_sub(run.skip as u64);
    let len = content.len().saturating_add(added);
    if len > limits.file_bytes {
        return Err(VfsError::TooLarge { limit: limits.file_bytes });
    }
    if added == 0 {
        return Ok(());
    }
    let (index, _) = split(content.len());
    content.reserve_slots(index + run.content.chunks.len())?;
    content.chunks.truncate(index);
    content.chunks.resize(index, None);
    content.chunks.extend(run.content.chunks);
    content.len = len;
    content.touch();
    Ok(())
}
