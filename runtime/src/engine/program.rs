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
    pub(super) read: Box<dyn FnOnce() -> Result<Vec<u8>, ModuleRefusal> + Send>,
}

impl Program {
    pub(crate) fn new(digest: Sha256Digest, read: impl FnOnce() -> Vec<u8> + Send + 'static) -> Self {
        Program { digest, read: Box::new(|| Ok(read())) }
    }
}

/// The file as it was when it was asked for, whatever happens to it until it is compiled.
impl From<ProgramFile> for Program {
    fn from(file: ProgramFile) -> Self {
        let read = move || {
            let too_large = ModuleRefusal::TooLarge(usize::try_from(file.content.len()).unwrap_or(usize::MAX));
            file.content.to_vec(MAX_MODULE_BYTES as u64).map_err(|_| too_large)
        };
        Program { digest: file.digest, read: Box::new(read) }
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("digest", &self.digest).finish_non_exhaustive()
    }
}
