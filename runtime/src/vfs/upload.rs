//! Content on its way in: nobody sees it before it is committed, and dropping it leaves nothing.

use std::fmt;

use aws_lc_rs::digest;
use veracruz_policy::Sha256Digest;

use super::content::Content;
use super::error::VfsError;
use super::snapshot::{Snapshot, finish};

/// Bytes that are being taken in, charged to the instance as they come.
#[must_use = "an upload does nothing until it is committed"]
pub struct Upload {
    content: Content,
    hash: Option<digest::Context>,
    limit: u64,
}

/// What an upload brought.
pub(super) struct Staged {
    pub(super) content: Content,
    pub(super) digest: Option<Sha256Digest>,
}

impl Upload {
    pub(super) fn new(content: Content, hashed: bool, limit: u64) -> Self {
        let hash = hashed.then(|| digest::Context::new(&digest::SHA256));
        Upload { content, hash, limit }
    }

    /// Adds bytes to the end.
    ///
    /// # Errors
    /// [`VfsError::OverBudget`] and [`VfsError::TooLarge`]; the upload is of no use then and should be dropped.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), VfsError> {
        if bytes.len() as u64 > self.limit.saturating_sub(self.len()) {
            return Err(VfsError::TooLarge { limit: self.limit });
        }
        if let Some(hash) = &mut self.hash {
            hash.update(bytes);
        }
        let mut left = bytes;
        while !left.is_empty() {
            let piece = self.content.write_piece(self.content.len(), left)?;
            left = left.get(piece..).unwrap_or_default();
        }
        Ok(())
    }

    /// Bytes so far.
    pub fn len(&self) -> u64 {
        self.content.len()
    }

    /// Whether nothing came yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        self.content.snapshot()
    }

    pub(super) fn finish(self) -> Staged {
        Staged { digest: self.hash.map(finish), content: self.content }
    }
}

/// Sizes only: content is never printed.
impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Upload({} bytes)", self.len())
    }
}
