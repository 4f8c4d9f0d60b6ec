//! What can be wrong with CBOR, and where.

/// What is wrong with one CBOR item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.what())]
#[non_exhaustive]
#[cfg_attr(not(feature = "verifier"), expect(unreachable_pub, reason = "`nitro`, where it is public, is not compiled"))]
pub enum CborFault {
    /// The bytes end inside the item.
    Truncated,
    /// Bytes follow where the item should be the last.
    TrailingBytes,
    /// An integer or a length is written longer than needed.
    NotMinimal,
    /// Indefinite length where the format demands a definite one.
    Indefinite,
    /// Additional information 28 to 30, which RFC 8949 reserves, or a `break` where none may be.
    Reserved,
    /// An item of another type.
    #[error("expected {expected}, found {found}")]
    Type {
        /// What the format has here.
        expected: &'static str,
        /// What stands here.
        found: &'static str,
    },
    /// A text string that is not UTF-8.
    NotUtf8,
}

impl CborFault {
    /// The same in fixed words, for errors of formats that are made of CBOR.
    pub(crate) const fn what(self) -> &'static str {
        match self {
            CborFault::Truncated => "the bytes end inside the item",
            CborFault::TrailingBytes => "bytes follow after the end of the item",
            CborFault::NotMinimal => "an integer or length is written in more bytes than it needs",
            CborFault::Indefinite => "the item has indefinite length where only a definite one may be",
            CborFault::Reserved => "the item starts with a byte that CBOR reserves",
            CborFault::Type { .. } => "an item has the wrong type",
            CborFault::NotUtf8 => "the text is not UTF-8",
        }
    }
}

/// A fault and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CborError {
    /// How many bytes stand before the place, in the document of which the reader was given a part.
    pub(crate) offset: usize,
    pub(crate) fault: CborFault,
}
