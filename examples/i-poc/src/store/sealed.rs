//! What goes to the store: the file's parts, encrypted, and what can be said of all of them together.

use aws_lc_rs::digest::{Context, SHA256};
use veracruz_policy::Sha256Digest;

use super::cipher::Cipher;
use super::source::Source;

/// An object on its way.
pub(super) struct Sealed<'f> {
    source: Source<'f>,
    cipher: Cipher,
    digest: Context,
    bytes: u64,
}

impl<'f> Sealed<'f> {
    pub(super) fn new(source: Source<'f>, cipher: Cipher) -> Self {
        Sealed { source, cipher, digest: Context::new(&SHA256), bytes: 0 }
    }

    /// The next part; empty at the end.
    pub(super) fn next(&mut self) -> anyhow::Result<Vec<u8>> {
        let part = self.cipher.encrypt(&self.source.next()?)?;
        self.digest.update(&part);
        self.bytes += part.len() as u64;
        Ok(part)
    }

    /// How many bytes were taken so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The SHA-256 of what was taken so far.
    pub(super) fn sha256(&self) -> Sha256Digest {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.digest.clone().finish().as_ref());
        Sha256Digest::from(bytes)
    }
}
