//! A file's content at one moment, lent to readers. It holds chunks, never a lock.

use std::sync::Arc;

use aws_lc_rs::digest;
use bytes::Bytes;
use veracruz_policy::Sha256Digest;

use super::chunk::{CHUNK_BYTES, Chunk};
use super::content::{Slot, split};
use super::error::VfsError;

/// What a hole reads as, in pieces.
const ZEROS: &[u8] = &[0; 64 * 1024];

/// A file's content at one moment: later writes do not show in it.
///
/// Taking one costs a reference for each chunk of 256 KiB; a clone costs one. Its memory stays charged to the instance
/// while it lives.
#[derive(Clone)]
pub struct Snapshot {
    chunks: Arc<[Slot]>,
    len: u64,
    version: u64,
}

impl Snapshot {
    pub(super) fn new(chunks: Arc<[Slot]>, len: u64, version: u64) -> Self {
        Snapshot { chunks, len, version }
    }

    /// Bytes of the file.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether the file has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Changes with every change of the file, so that a reader in parts can tell that its parts belong together.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// All bytes in order, in pieces of at most 256 KiB.
    pub fn chunks(&self) -> impl Iterator<Item = &[u8]> {
        self.range(0, self.len)
    }

    /// The bytes from `offset` on, at most `len` of them and none beyond the end, in pieces of at most 256 KiB.
    pub fn range(&self, offset: u64, len: u64) -> impl Iterator<Item = &[u8]> {
        let end = offset.saturating_add(len).min(self.len);
        let mut next = offset;
        std::iter::from_fn(move || {
            let left = usize::try_from(end.checked_sub(next).filter(|left| *left > 0)?).unwrap_or(usize::MAX);
            let (chunk, at) = self.slot(next);
            let piece = stored(chunk, at, left).unwrap_or_else(|| hole(at, left));
            next += piece.len() as u64;
            Some(piece)
        })
    }

    /// As [`Snapshot::range`], each piece with its own reference to the chunk, so that it can be sent later.
    pub fn pieces(&self, offset: u64, len: u64) -> impl Iterator<Item = Bytes> {
        let end = offset.saturating_add(len).min(self.len);
        let mut next = offset;
        std::iter::from_fn(move || {
            let left = usize::try_from(end.checked_sub(next).filter(|left| *left > 0)?).unwrap_or(usize::MAX);
            let (chunk, at) = self.slot(next);
            let piece = match (chunk, stored(chunk, at, left)) {
                (Some(chunk), Some(bytes)) => Bytes::from_owner(Lent(chunk.clone())).slice(at..at + bytes.len()),
                _ => Bytes::from_static(hole(at, left)),
            };
            next += piece.len() as u64;
            Some(piece)
        })
    }

    /// All bytes in one piece of memory, which the caller has to pay for.
    ///
    /// # Errors
    /// [`VfsError::TooLargeAtOnce`] beyond `at_most` bytes: a file with holes may be far larger than all memory.
    pub fn to_vec(&self, at_most: u64) -> Result<Vec<u8>, VfsError> {
        let refused = || VfsError::TooLargeAtOnce { size: self.len, limit: at_most };
        let size = usize::try_from(self.len).ok().filter(|_| self.len <= at_most).ok_or_else(refused)?;
        let mut all = Vec::new();
        all.try_reserve_exact(size).map_err(|_| refused())?;
        for piece in self.chunks() {
            all.extend_from_slice(piece);
        }
        Ok(all)
    }

    /// The SHA-256 of all bytes; takes as long as reading them.
    pub fn digest(&self) -> Sha256Digest {
        let mut context = digest::Context::new(&digest::SHA256);
        for piece in self.chunks() {
            context.update(piece);
        }
        finish(context)
    }

    fn slot(&self, offset: u64) -> (Option<&Arc<Chunk>>, usize) {
        let (index, at) = split(offset);
        (self.chunks.get(index).and_then(Option::as_ref), at)
    }
}

/// Sizes only: content is never printed.
impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Snapshot({} bytes, version {})", self.len, self.version)
    }
}

struct Lent(Arc<Chunk>);

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        self.0.bytes()
    }
}

/// What the chunk holds from `at` on, at most `left` bytes; nothing there is a hole.
fn stored(chunk: Option<&Arc<Chunk>>, at: usize, left: usize) -> Option<&[u8]> {
    let bytes = chunk?.bytes().get(at..)?;
    let bytes = bytes.get(..left).unwrap_or(bytes);
    (!bytes.is_empty()).then_some(bytes)
}

/// Zeros up to the end of the chunk, at most `left` bytes.
fn hole(at: usize, left: usize) -> &'static [u8] {
    let zeros = (CHUNK_BYTES - at).min(left).min(ZEROS.len());
    ZEROS.get(..zeros).unwrap_or_default()
}

pub(super) fn finish(context: digest::Context) -> Sha256Digest {
    let mut bytes = [0; 32];
    for (to, from) in bytes.iter_mut().zip(context.finish().as_ref()) {
        *to = *from;
    }
    Sha256Digest::from(bytes)
}
