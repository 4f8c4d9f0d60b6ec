//! A program as the engine is asked to run it: a name for its code, and a way to its bytes.

use std::fmt;

use veracruz_policy::Sha256Digest;

use super::limits::MAX_MODULE_BYTES;
use super::refusal::ModuleRefusal;
use crate::vfs::ProgramFile;

/// A program: the digest of its bytes, and how to get these. They are asked for once, and only if no module of that
/// digest is known.
pub(crate) struct Program {
    pub(super) digest: Sha256Digest,
    /// As far as it is known before they are read.
    pub(super) bytes: u64,
    pub(super) read: Box<dyn FnOnce() -> Result<Vec<u8>, ModuleRefusal> + Send>,
}

impl Program {
    pub(crate) fn new(digest: Sha256Digest, read: impl FnOnce() -> Vec<u8> + Send + 'static) -> Self {
        Program { digest, bytes: u64::MAX, read: Box::new(|| Ok(read())) }
    }

    /// Tells how large it is, so that a small one need not wait behind large ones.
    pub(crate) fn of_size(self, bytes: u64) -> Self {
        Program { bytes, ..self }
    }
}

/// The file as it was when it was asked for, whatever happens to it until it is compiled.
impl From<ProgramFile> for Program {
    fn from(file: ProgramFile) -> Self {
        let bytes = file.content.len();
        let read = move || {
            let too_large = ModuleRefusal::TooLarge(usize::try_from(file.content.len()).unwrap_or(usize::MAX));
            file.content.to_vec(MAX_MODULE_BYTES as u64).map_err(|_| too_large)
        };
        Program { digest: file.digest, bytes, read: Box::new(read) }
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("digest", &self.digest).finish_non_exhaustive()
    }
}
