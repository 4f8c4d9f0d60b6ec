//! What is wrong with what a peer sent, and with what we were asked to send.

use crate::limits::{MAX_CONTROL_BYTES, MAX_MESSAGE_BYTES};

/// Why a stream of messages cannot go on: where the next message begins is not known, or not worth waiting for. The
/// connection must be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The announced length is beyond [`MAX_MESSAGE_BYTES`].
    #[error(
        "the peer announced a message of {announced} bytes, the limit is {MAX_MESSAGE_BYTES}: it does not speak this \
         protocol, or a large file must go by chunks"
    )]
    TooLong {
        /// The length that the peer sent.
        announced: u64,
    },
    /// The stream ended inside a message.
    #[error("the connection ended inside a message, {missing} bytes before its end: send it again on a new connection")]
    Cut {
        /// Bytes that were still to come, of the message or of its length.
        missing: u64,
    },
}

impl FrameError {
    /// The stable name, for scripts.
    pub const fn code(&self) -> &'static str {
        match self {
            FrameError::TooLong { .. } => "frame-too-long",
            FrameError::Cut { .. } => "frame-cut",
        }
    }
}

/// Why one message is refused although the stream can go on: the message has been skipped to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Refusal {
    code: RefusalCode,
    detail: String,
}

impl Refusal {
    pub(crate) fn new(code: RefusalCode, detail: impl Into<String>) -> Self {
        Refusal { code, detail: detail.into() }
    }

    pub(crate) fn protobuf(detail: impl Into<String>) -> Self {
        Refusal::new(RefusalCode::BadProtobuf, detail)
    }

    pub(crate) fn control_too_large() -> Self {
        let detail =
            format!("the message has more than {MAX_CONTROL_BYTES} bytes beside its payload; shorten its names");
        Refusal::new(RefusalCode::ControlTooLarge, detail)
    }

    /// Which rule refused it.
    pub const fn code(&self) -> RefusalCode {
        self.code
    }

    /// What is wrong, where, and what to do next. Shows no content of the message.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

/// The rules that a message must meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusalCode {
    /// The bytes are no protobuf message of this protocol.
    BadProtobuf,
    /// The message is longer than this peer takes.
    MessageTooLarge,
    /// The message without its payload is longer than [`MAX_CONTROL_BYTES`].
    ControlTooLarge,
    /// A name is longer than a path can be.
    NameTooLong,
    /// A nonce does not have 32 bytes.
    BadNonce,
    /// A run is to be cancelled by the number 0, which names none.
    BadRun,
    /// A reply has a value that its type does not have.
    BadReply,
}

impl RefusalCode {
    /// Every rule, for tests and documentation.
    pub const ALL: &'static [RefusalCode] = &[
        RefusalCode::BadProtobuf,
        RefusalCode::MessageTooLarge,
        RefusalCode::ControlTooLarge,
        RefusalCode::NameTooLong,
        RefusalCode::BadNonce,
        RefusalCode::BadRun,
        RefusalCode::BadReply,
    ];

    /// The stable name, for scripts; it is what [`Failure::code`](crate::Failure::code) says on the wire.
    pub const fn code(self) -> &'static str {
        match self {
            RefusalCode::BadProtobuf => "bad-protobuf",
            RefusalCode::MessageTooLarge => "message-too-large",
            RefusalCode::ControlTooLarge => "control-too-large",
            RefusalCode::NameTooLong => "name-too-long",
            RefusalCode::BadNonce => "bad-nonce",
            RefusalCode::BadRun => "bad-run",
            RefusalCode::BadReply => "bad-reply",
        }
    }
}

/// Why a message cannot be sent: a peer that keeps the limits would refuse it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The message with its payload is longer than [`MAX_MESSAGE_BYTES`].
    #[error("{payload} bytes do not fit into one message of at most {MAX_MESSAGE_BYTES}: send them by chunks")]
    PayloadTooLarge {
        /// Bytes of the payload.
        payload: u64,
    },
    /// The message without its payload is longer than [`MAX_CONTROL_BYTES`].
    #[error(
        "the message has {length} bytes beside its payload, at most {MAX_CONTROL_BYTES} are taken: shorten its names"
    )]
    ControlTooLarge {
        /// Bytes of the message.
        length: usize,
    },
}

impl EncodeError {
    /// The stable name, for scripts.
    pub const fn code(&self) -> &'static str {
        match self {
            EncodeError::PayloadTooLarge { .. } => RefusalCode::MessageTooLarge.code(),
            EncodeError::ControlTooLarge { .. } => RefusalCode::ControlTooLarge.code(),
        }
    }
}
