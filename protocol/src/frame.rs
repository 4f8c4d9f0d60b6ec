//! Decoding a stream of messages, without I/O: bytes in as they arrive, events out.
//!
//! Each message is an 8-byte big-endian length and so many bytes of protobuf (Veracruz main). The payload of the
//! messages that carry files is never gathered here: it passes through as slices of the input. All else of a message is
//! small, and bounded by [`MAX_CONTROL_BYTES`](crate::MAX_CONTROL_BYTES). Nothing is allocated by an announced length.
//!
//! What protobuf itself means is left to prost: [`walk`] only finds the fields, [`assemble`] hands each small one to
//! prost, which merges it.

mod assemble;
mod decoder;
mod direction;
mod varint;
mod walk;

pub use decoder::{Decoder, Event};
pub use direction::{Direction, Requests, Responses};
pub(crate) use varint::{push_varint, varint_len};
pub(crate) use walk::{LENGTH_DELIMITED, key};

/// What a server reads: requests.
pub type RequestDecoder = Decoder<Requests>;

/// What a client reads: responses.
pub type ResponseDecoder = Decoder<Responses>;
