//! Why a run ends: always with the file that is to blame.

use std::io;

use crate::files::VIDEO;
use crate::letters::is_plain;

/// Characters of a message; what is quoted in it may come from anybody.
const LONGEST_MESSAGE: usize = 400;

/// What stops the detector. The text is `FILE: why`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be opened, read or written.
    #[error("{file}: {source}")]
    Io {
        /// The file.
        file: String,
        /// What the system says.
        source: io::Error,
    },
    /// A key, or a first counter, of another length.
    #[error("{file}: has {found} bytes instead of 16 bytes")]
    BlockLength {
        /// The file.
        file: &'static str,
        /// Its length in bytes.
        found: u64,
    },
    /// A text longer than any that is real.
    #[error("{file}: is longer than {limit} bytes")]
    TooLong {
        /// The file.
        file: &'static str,
        /// The bound.
        limit: u64,
    },
    /// Bytes where text is expected.
    #[error("{file}: is no text in UTF-8, from byte {at} on")]
    NotText {
        /// The file.
        file: &'static str,
        /// Where the text ends.
        at: usize,
    },
    /// A file without a byte.
    #[error("{file}: is empty")]
    Empty {
        /// The file.
        file: &'static str,
    },
    /// A name of a class that cannot be printed.
    #[error("{file}: line {line}: {what}")]
    Name {
        /// The file.
        file: &'static str,
        /// Its line, from 1.
        line: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Classes without a name.
    #[error("{file}: has {found} names, the network has {classes} classes")]
    TooFewNames {
        /// The file.
        file: &'static str,
        /// How many there are.
        found: usize,
        /// How many it takes.
        classes: usize,
    },
    /// Decryption gave no video.
    #[error("{file}: is no H.264 byte stream after decryption: another key or IV?")]
    NotVideo {
        /// The file.
        file: &'static str,
    },
    /// The video cannot be decoded.
    #[error("{VIDEO}: {0}")]
    Video(#[from] h264::Error),
    /// The network cannot be made, or cannot compute.
    #[error("{file}: {source}")]
    Network {
        /// The cfg or the weights.
        file: &'static str,
        /// What is wrong with it.
        source: darknet::Error,
    },
    /// A network that sees no colours.
    #[error("{file}: the network takes {channels} channels, a picture has 3")]
    Channels {
        /// The file.
        file: &'static str,
        /// How many it takes.
        channels: usize,
    },
    /// A network that finds nothing, whatever it sees.
    #[error("{file}: the network has no [yolo] layer, so it finds no objects")]
    NoObjects {
        /// The file.
        file: &'static str,
    },
    /// The memory of this program ends.
    #[error("{file}: no memory for a picture of this size")]
    Memory {
        /// The file that says the size.
        file: &'static str,
    },
    /// A picture cannot be encoded.
    #[error("{file}: {source}")]
    Picture {
        /// The picture.
        file: String,
        /// What the encoder says.
        source: jpeg_encoder::EncodingError,
    },
}

impl Error {
    /// A file that cannot be opened, read or written.
    pub(crate) fn io(file: &str, source: io::Error) -> Self {
        Error::Io { file: file.to_owned(), source }
    }

    /// The message for people: one line, bounded, and without characters that could confuse a terminal.
    #[must_use]
    pub fn line(&self) -> String {
        let text = self.to_string();
        let mut line = String::new();
        for (count, character) in text.chars().enumerate() {
            if count == LONGEST_MESSAGE {
                return line + "...";
            }
            match character {
                plain if is_plain(plain) => line.push(plain),
                hidden => line.extend(hidden.escape_default()),
            }
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_bounded_line_whatever_it_quotes() {
        for (quoted, expected) in [
            ("no such layer", "program_data/yolov3.cfg: no such layer".to_owned()),
            ("a\nb\r\u{1b}[2J", "program_data/yolov3.cfg: a\\nb\\r\\u{1b}[2J".to_owned()),
            ("a\u{202e}b\u{2028}\u{feff}", "program_data/yolov3.cfg: a\\u{202e}b\\u{2028}\\u{feff}".to_owned()),
            ("ü".repeat(1000).as_str(), format!("program_data/yolov3.cfg: {}...", "ü".repeat(375))),
        ] {
            let error = Error::io("program_data/yolov3.cfg", io::Error::other(quoted));
            assert_eq!(error.line(), expected);
        }
    }
}
