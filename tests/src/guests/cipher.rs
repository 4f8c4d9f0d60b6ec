//! Encryption as the video function's users do it.

use aws_lc_rs::cipher::{AES_128, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;

/// AES-128 in counter mode, as `openssl enc -aes-128-ctr` has it.
#[must_use]
#[expect(clippy::expect_used, reason = "no key of that length is refused")]
pub fn encrypted_under(key: &[u8; 16], iv: &[u8; 16], clear: &[u8]) -> Vec<u8> {
    let key = UnboundCipherKey::new(&AES_128, key).and_then(EncryptingKey::ctr).expect("a key");
    let mut bytes = clear.to_vec();
    key.less_safe_encrypt(&mut bytes, EncryptionContext::Iv128(FixedLength::from(iv))).expect("encrypted");
    bytes
}
