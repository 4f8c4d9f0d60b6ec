//! The session between a client and an instance: messages and framing, wire-compatible with Veracruz main.
//!
//! Inside TLS each message is an 8-byte big-endian length and a protobuf message. This crate turns bytes into checked
//! messages and back, for both sides:
//!
//! - [`Request`] and [`Response`]: messages without payload; [`Upload`] and [`Download`]: those with one, whose bytes
//!   travel beside them so that a file of any size passes through without being held;
//! - [`RequestDecoder`], [`ResponseDecoder`]: bytes in as they arrive, [`Event`]s out;
//! - [`encode_request`], [`encode_response`], [`upload_head`], [`download_head`]: bytes to send;
//! - [`Limits`] and the `MAX_…` constants: what a peer can make us do.
//!
//! What is ours and what is Veracruz's, with examples: `docs/PROTOCOL.md`.
//!
//! It does no I/O, spawns nothing, keeps no time, decides no right, and must never do so.

mod encode;
mod error;
mod failure;
mod frame;
mod limits;
mod listing;
mod request;
mod response;
pub mod wire;

pub use encode::{
    append_file_head, chunk_head, download_head, encode_exit_code, encode_request, encode_response, result_head,
    upload_head, write_file_head,
};
pub use error::{EncodeError, FrameError, Refusal, RefusalCode};
pub use failure::{Failure, Status};
pub use frame::{Decoder, Direction, Event, RequestDecoder, Requests, ResponseDecoder, Responses};
pub use limits::{
    Limits, MAX_CODE_BYTES, MAX_CONTROL_BYTES, MAX_DETAIL_BYTES, MAX_MESSAGE_BYTES, MAX_PAGE_BYTES, MAX_VARINT_BYTES,
    PREFIX_BYTES,
};
pub use listing::{FileKind, FileStat, ListEntry, Listing, RunInfo, RunList};
pub use request::{ComputeOptions, ReadChunk, Request, RunNumber, Upload, UploadKind};
pub use response::{ChunkInfo, Content, Download, Response, exit_code};
