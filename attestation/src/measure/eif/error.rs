//! Why a file is no image that can be measured.

use super::header::HEADER_BYTES;
use super::{MAX_SECTIONS, SectionKind};

/// What is not as the format says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EifError {
    /// The file ends too early.
    #[error("the file ends inside {0}; an image has a header of {HEADER_BYTES} bytes and then whole sections")]
    Truncated(&'static str),
    /// The first four bytes are not `.eif`.
    #[error("the file does not start with `.eif`: it is no enclave image")]
    Magic,
    /// A version of the format that is not read.
    #[error("the image has version {0} of the format; 2, 3 and 4 are read")]
    Version(u16),
    /// More sections than the tables have room for.
    #[error("the image announces {0} sections, at most {MAX_SECTIONS} are possible")]
    TooManySections(usize),
    /// A section of a kind that is not known.
    #[error("the image has a section of the unknown kind {0}")]
    Kind(u16),
    /// The header's tables say something else than the layout of the file.
    #[error("the header's offset or size of section {0} (counted from 0) is not that of the file's layout")]
    Tables(usize),
    /// Bytes after the last section.
    #[error("{0} bytes follow after the last section")]
    Trailing(usize),
    /// Kernel, command line and ramdisks are not there, or in another order.
    #[error("the image does not have one kernel, one command line and then its ramdisks, at least one, in this order")]
    Order,
    /// A section that can be there once is there twice.
    #[error("the image has more than one section of the kind {0:?}")]
    Repeated(SectionKind),
    /// The checksum is wrong.
    #[error("the image's checksum is {expected:08x}, its content has {found:08x}: the file is damaged, copy it again")]
    Checksum {
        /// The checksum in the header.
        expected: u32,
        /// The checksum of the content.
        found: u32,
    },
    /// The signature section cannot be read.
    #[error("the image's signature section cannot be read: {0}")]
    Signature(&'static str),
}

impl EifError {
    /// A stable name of the reason.
    pub const fn code(&self) -> &'static str {
        match self {
            EifError::Truncated(_) => "eif-truncated",
            EifError::Magic => "eif-magic",
            EifError::Version(_) => "eif-version",
            EifError::TooManySections(_) => "eif-too-many-sections",
            EifError::Kind(_) => "eif-section-kind",
            EifError::Tables(_) => "eif-tables",
            EifError::Trailing(_) => "eif-trailing-bytes",
            EifError::Order => "eif-section-order",
            EifError::Repeated(_) => "eif-section-repeated",
            EifError::Checksum { .. } => "eif-checksum",
            EifError::Signature(_) => "eif-signature",
        }
    }
}
