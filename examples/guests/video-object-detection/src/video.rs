//! The video: decrypted piece by piece, decoded frame by frame; never held whole.

use std::fs::File;
use std::io::Write as _;

use h264::{Decoder, Frame};

use crate::Error;
use crate::cipher::Decrypting;
use crate::files::{CLEAR_VIDEO, Folder, IV, KEY, VIDEO};

/// A video whose first bytes look like one.
pub struct Video {
    stream: Decrypting<File>,
    /// Gets the clear video, where the policy grants that.
    copy: Option<File>,
}

impl Video {
    /// Opens the video with its key, and looks at its first bytes.
    ///
    /// # Errors
    /// When a file is missing or the key is no key, and when decryption gives no H.264.
    pub fn open(folder: &Folder) -> Result<Self, Error> {
        let (key, iv) = (folder.block(KEY)?, folder.block(IV)?);
        let file = folder.open(VIDEO)?;
        let mut stream = Decrypting::new(file, &key, &iv);
        let first = stream.peek().map_err(|source| Error::io(VIDEO, source))?;
        if first.is_empty() {
            return Err(Error::Empty { file: VIDEO });
        }
        if !may_be_a_stream(first) {
            return Err(Error::NotVideo { file: VIDEO });
        }
        let copy = folder.create_if_granted(CLEAR_VIDEO)?;
        Ok(Video { stream, copy })
    }

    /// Hands every frame to `sink`, in order of display.
    ///
    /// # Errors
    /// When the video cannot be read or decoded, and what `sink` returned.
    pub fn decode(mut self, sink: &mut dyn FnMut(&Frame<'_>) -> Result<(), Error>) -> Result<(), Error> {
        let mut decoder = Decoder::new()?;
        loop {
            let piece = self.stream.next_piece().map_err(|source| Error::io(VIDEO, source))?;
            if piece.is_empty() {
                return decoder.finish(sink);
            }
            if let Some(copy) = &mut self.copy {
                copy.write_all(piece).map_err(|source| Error::io(CLEAR_VIDEO, source))?;
            }
            decoder.push(piece, sink)?;
        }
    }
}

/// Whether a start code may come: only zeros stand before its one (ITU-T H.264, B.1.1).
fn may_be_a_stream(first: &[u8]) -> bool {
    let zeros = first.iter().take_while(|byte| **byte == 0).count();
    match first.get(zeros) {
        Some(byte) => zeros >= 2 && *byte == 1,
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_starts_with_zeros_and_a_one() {
        for (first, may_be) in [
            (&[0, 0, 1, 0x67][..], true),
            (&[0, 0, 0, 0, 0, 1, 0x67], true),
            (&[0, 0], true),
            (&[0, 1, 0x67], false),
            (&[1], false),
            (&[0, 0, 2], false),
            (b"\0\0\0\x18ftypmp42", false),
        ] {
            assert_eq!(may_be_a_stream(first), may_be, "{first:?}");
        }
    }
}
