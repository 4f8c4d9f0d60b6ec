//! Why a stream does not decode. A text never holds the stream's contents.

/// Pictures are counted from 0, in the order of the stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The first bytes are not a start code.
    #[error("not an H.264 byte stream: it does not begin with a start code")]
    NotH264,
    /// The stream has no byte at all.
    #[error("not an H.264 byte stream: it is empty")]
    Empty,
    /// The stream holds units, but no picture among them.
    #[error("the stream ends without a picture")]
    NoPicture,
    /// The stream ends inside a picture.
    #[error("truncated: the stream ends before picture {picture} is complete")]
    Truncated {
        /// The picture that is not complete.
        picture: u64,
    },
    /// What the stream says cannot be.
    #[error("damaged at picture {picture}: {what}")]
    Damaged {
        /// The picture that was being decoded.
        picture: u64,
        /// What is wrong with it.
        what: String,
    },
    /// The stream may be right, but is of a kind that is not decoded.
    #[error("unsupported: {what}; a stream must be progressive, 4:2:0, 8 bit, of the baseline, main or high profile")]
    Unsupported {
        /// The property that is not supported.
        what: String,
    },
    /// Something is larger than this crate takes.
    #[error("too large: {what} of {size}, the limit is {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// How large it is, or a part of it that exceeds the limit already.
        size: usize,
        /// How large it may be.
        limit: usize,
    },
    /// There is no memory for the stream's pictures.
    #[error("no memory for the decoder's pictures")]
    OutOfMemory,
    /// The decoder was asked for more after it had reported an error.
    #[error("the decoder stopped at an error earlier")]
    Stopped,
}
