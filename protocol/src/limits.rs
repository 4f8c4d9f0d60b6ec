//! Every size that a peer controls, and what it is bounded by.
//!
//! Names inside messages are bounded by [`veracruz_policy::MAX_PATH_BYTES`]: a longer one names nothing.

/// Bytes of the length in front of each message: an unsigned big-endian number (Veracruz main).
pub const PREFIX_BYTES: usize = 8;

/// Bytes of a message at most, its payload included: protobuf's own limit of 2 GiB less one byte. No protobuf library
/// makes a longer message, so a longer announced length is no message and ends the connection. Larger files go by
/// chunks.
pub const MAX_MESSAGE_BYTES: u64 = i32::MAX as u64;

/// Bytes of a message without the payload: what a decoder may hold of one message. A name has at most 4 KiB and evidence
/// of every known platform at most 32 KiB, so this leaves room for both and for fields that are sent twice.
pub const MAX_CONTROL_BYTES: usize = 64 * 1024;

/// Bytes of the entries of one page of a list, so that the reply stays below [`MAX_CONTROL_BYTES`] with its other
/// fields. About a thousand files; the next page is one more request.
pub const MAX_PAGE_BYTES: usize = 48 * 1024;

/// Bytes of a failure's explanation: a trap's backtrace fits, and the reply stays below [`MAX_CONTROL_BYTES`]. A longer
/// text is cut when the failure is made.
pub const MAX_DETAIL_BYTES: usize = 16 * 1024;

/// Bytes of a failure's stable name: they are a few words in kebab case. A longer text is cut when the failure is made.
pub const MAX_CODE_BYTES: usize = 64;

/// Bytes of one protobuf number: ten groups of seven bits hold 64 (Protocol Buffers, "Encoding").
pub const MAX_VARINT_BYTES: usize = 10;

/// Which announced lengths a decoder takes.
///
/// A decoder allocates nothing by an announced length; these bound what it is willing to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    message: u64,
}

impl Limits {
    /// Takes messages of at most `message` bytes, never more than [`MAX_MESSAGE_BYTES`].
    ///
    /// A longer message up to [`MAX_MESSAGE_BYTES`] is skipped and refused, so that the peer gets an answer; beyond that
    /// the connection ends.
    pub const fn new(message: u64) -> Self {
        Limits { message: if message < MAX_MESSAGE_BYTES { message } else { MAX_MESSAGE_BYTES } }
    }

    /// Bytes of the longest message that is taken.
    pub const fn message(&self) -> u64 {
        self.message
    }
}

impl Default for Limits {
    /// Takes whatever protobuf can hold.
    fn default() -> Self {
        Limits::new(MAX_MESSAGE_BYTES)
    }
}
