//! AES-128 in counter mode (NIST SP 800-38A, section 6.5), piece by piece. The whole block counts, big-endian.

use anyhow::anyhow;
use aws_lc_rs::cipher::{AES_128, EncryptionContext, StreamingEncryptingKey, UnboundCipherKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rand;
use zeroize::Zeroizing;

const BLOCK_BYTES: usize = 16;

/// One stream under a key of its own.
pub(super) struct Cipher(StreamingEncryptingKey);

/// A key.
type Key = Zeroizing<[u8; BLOCK_BYTES]>;

impl Cipher {
    /// With a fresh key and a fresh first counter block.
    pub(super) fn fresh() -> anyhow::Result<(Self, Key, [u8; BLOCK_BYTES])> {
        let (mut key, mut iv) = (Zeroizing::new([0; BLOCK_BYTES]), [0; BLOCK_BYTES]);
        rand::fill(&mut *key).and_then(|()| rand::fill(&mut iv)).map_err(|_| anyhow!("there is no randomness"))?;
        Ok((Cipher::new(&key, iv)?, key, iv))
    }

    fn new(key: &[u8; BLOCK_BYTES], iv: [u8; BLOCK_BYTES]) -> anyhow::Result<Self> {
        let context = EncryptionContext::Iv128(FixedLength::from(&iv));
        let key = UnboundCipherKey::new(&AES_128, key).map_err(failed)?;
        Ok(Cipher(StreamingEncryptingKey::less_safe_ctr(key, context).map_err(failed)?))
    }

    /// The next bytes of the stream.
    pub(super) fn encrypt(&mut self, plain: &[u8]) -> anyhow::Result<Vec<u8>> {
        let mut sealed = vec![0; plain.len() + BLOCK_BYTES];
        let written = self.0.update(plain, &mut sealed).map_err(failed)?.written().len();
        // Counter mode holds nothing back, so there is nothing to ask for at the end.
        anyhow::ensure!(written == plain.len(), "AES-128-CTR kept bytes back");
        sealed.truncate(written);
        Ok(sealed)
    }
}

fn failed(_: Unspecified) -> anyhow::Error {
    anyhow!("AES-128-CTR failed")
}

/// NIST SP 800-38A, F.5.1.
#[test]
fn it_is_the_published_counter_mode_in_pieces_of_any_size() -> anyhow::Result<()> {
    let key = 0x2b7e_1516_28ae_d2a6_abf7_1588_09cf_4f3c_u128.to_be_bytes();
    let counter = 0xf0f1_f2f3_f4f5_f6f7_f8f9_fafb_fcfd_feff_u128.to_be_bytes();
    let plain = [0x6bc1_bee2_2e40_9f96_e93d_7e11_7393_172a_u128, 0xae2d_8a57_1e03_ac9c_9eb7_6fac_45af_8e51];
    let sealed = [0x874d_6191_b620_e326_1bef_6864_990d_b6ce_u128, 0x9806_f66b_7970_fdff_8617_187b_b9ff_fdff];
    let bytes = |blocks: [u128; 2]| blocks.map(u128::to_be_bytes).concat();
    for size in [1, 7, 16, 32] {
        let mut cipher = Cipher::new(&key, counter)?;
        let mut out = Vec::new();
        for piece in bytes(plain).chunks(size) {
            out.extend(cipher.encrypt(piece)?);
        }
        assert_eq!(out, bytes(sealed), "in pieces of {size}");
    }
    Ok(())
}
