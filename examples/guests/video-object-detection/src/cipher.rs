//! Decrypts a stream piece by piece: AES-128 in counter mode, the whole block counts, big-endian (NIST SP 800-38A,
//! section 6.5), as `openssl enc -aes-128-ctr` writes it.
//!
//! Counter mode hides and does not protect: a changed byte or another key is noticed only by who reads the result. At
//! no time more than a piece of the clear stream is held here.

use std::io::{self, Read};

use aes::Aes128;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit as _, StreamCipher as _};
use zeroize::Zeroizing;

use crate::files::BLOCK;

/// Bytes of a piece.
pub const PIECE: usize = 64 * 1024;

/// A stream that is decrypted while it is read.
pub struct Decrypting<R> {
    encrypted: R,
    keystream: Ctr128BE<Aes128>,
    piece: Zeroizing<Vec<u8>>,
    /// Bytes of the piece that was looked at and not yet taken.
    seen: Option<usize>,
}

impl<R: Read> Decrypting<R> {
    /// Nothing is read yet.
    pub fn new(encrypted: R, key: &[u8; BLOCK], iv: &[u8; BLOCK]) -> Self {
        let keystream = Ctr128BE::new(key.into(), iv.into());
        Decrypting { encrypted, keystream, piece: Zeroizing::new(vec![0; PIECE]), seen: None }
    }

    /// The next bytes of the clear stream, [`PIECE`] of them or what is left; empty at the end.
    ///
    /// # Errors
    /// When the encrypted stream cannot be read.
    pub fn next_piece(&mut self) -> io::Result<&[u8]> {
        let length = match self.seen.take() {
            Some(length) => length,
            None => self.fill()?,
        };
        Ok(self.piece.get(..length).unwrap_or_default())
    }

    /// What [`Self::next_piece`] gives next.
    ///
    /// # Errors
    /// When the encrypted stream cannot be read.
    pub fn peek(&mut self) -> io::Result<&[u8]> {
        let length = self.next_piece()?.len();
        self.seen = Some(length);
        Ok(self.piece.get(..length).unwrap_or_default())
    }

    fn fill(&mut self) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(rest) = self.piece.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.encrypted.read(rest) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.keystream.apply_keystream(self.piece.get_mut(..filled).unwrap_or_default());
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NIST SP 800-38A, F.5.1.
    const KEY: [u8; 16] =
        [0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c];
    const COUNTER: [u8; 16] =
        [0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff];
    const CLEAR: [u8; 32] = [
        0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96, 0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a, //
        0xae, 0x2d, 0x8a, 0x57, 0x1e, 0x03, 0xac, 0x9c, 0x9e, 0xb7, 0x6f, 0xac, 0x45, 0xaf, 0x8e, 0x51,
    ];
    const ENCRYPTED: [u8; 32] = [
        0x87, 0x4d, 0x61, 0x91, 0xb6, 0x20, 0xe3, 0x26, 0x1b, 0xef, 0x68, 0x64, 0x99, 0x0d, 0xb6, 0xce, //
        0x98, 0x06, 0xf6, 0x6b, 0x79, 0x70, 0xfd, 0xff, 0x86, 0x17, 0x18, 0x7b, 0xb9, 0xff, 0xfd, 0xff,
    ];

    /// Gives at most so many bytes at a time.
    struct Trickle<'a>(&'a [u8], usize);

    impl Read for Trickle<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let count = into.len().min(self.1);
            self.0.read(&mut into[..count])
        }
    }

    fn pieces(encrypted: &[u8], at_a_time: usize) -> Vec<Vec<u8>> {
        let mut stream = Decrypting::new(Trickle(encrypted, at_a_time), &KEY, &COUNTER);
        let mut pieces = Vec::new();
        loop {
            match stream.next_piece().unwrap() {
                [] => return pieces,
                piece => pieces.push(piece.to_vec()),
            }
        }
    }

    #[test]
    fn the_published_example_is_decrypted() {
        for at_a_time in [1, 7, 16, 100] {
            assert_eq!(pieces(&ENCRYPTED, at_a_time), [CLEAR], "read {at_a_time} bytes at a time");
        }
    }

    #[test]
    fn the_stream_goes_on_over_pieces() {
        let long = vec![0x5a; 2 * PIECE + 5];
        let mut whole = long.clone();
        Ctr128BE::<Aes128>::new(&KEY.into(), &COUNTER.into()).apply_keystream(&mut whole);
        let pieces = pieces(&long, 1000);
        assert_eq!(pieces.iter().map(Vec::len).collect::<Vec<_>>(), [PIECE, PIECE, 5]);
        assert_eq!(pieces.concat(), whole);
    }

    #[test]
    fn a_look_takes_nothing() {
        let mut stream = Decrypting::new(&ENCRYPTED[..], &KEY, &COUNTER);
        assert_eq!(stream.peek().unwrap(), CLEAR);
        assert_eq!(stream.peek().unwrap(), CLEAR);
        assert_eq!(stream.next_piece().unwrap(), CLEAR);
        assert!(stream.peek().unwrap().is_empty() && stream.next_piece().unwrap().is_empty());
    }

    #[test]
    fn the_counter_carries_through_the_whole_block() {
        let ones = [0xff; 16];
        let mut clear = [0; 32];
        Ctr128BE::<Aes128>::new(&KEY.into(), &[0; 16].into()).apply_keystream(&mut clear[16..]);
        let mut stream = Decrypting::new(&[0; 32][..], &KEY, &ones);
        assert_eq!(stream.next_piece().unwrap()[16..], clear[16..], "after all ones comes zero");
    }
}
