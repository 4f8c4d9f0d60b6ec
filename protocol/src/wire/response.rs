//! What a runtime answers.

use bytes::Bytes;
use prost::{Message, Oneof};

/// The answer to one request.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub struct RuntimeManagerResponse {
    /// A `ResponseStatus`; 1 is success.
    #[prost(int32, tag = "1")]
    pub status: i32,
    /// Ours: what is wrong, where, and what to do next, for people.
    #[prost(string, tag = "2")]
    pub detail: String,
    /// Unused; 0 in Veracruz.
    #[prost(uint32, tag = "8")]
    pub context: u32,
    /// Ours: the failure's stable name, for programs.
    #[prost(string, tag = "9")]
    pub code: String,
    /// The content.
    #[prost(oneof = "ResponseMessage", tags = "4, 5, 6, 10, 11, 12, 13, 14, 15, 16, 17, 18")]
    pub message: Option<ResponseMessage>,
}

/// The content of an answer: `message_oneof`. Numbers from 13 on are ours.
#[derive(Clone, PartialEq, Oneof)]
#[prost(skip_debug)]
pub enum ResponseMessage {
    /// A file, or the exit code of a run: four bytes, little-endian.
    #[prost(message, tag = "4")]
    Result(ResultData),
    /// Never sent by any runtime.
    #[prost(message, tag = "5")]
    PiHash(PiHash),
    /// Never sent by any runtime.
    #[prost(message, tag = "6")]
    Error(ErrorCode),
    /// Never sent by any runtime.
    #[prost(message, tag = "10")]
    State(State),
    /// The policy's hash.
    #[prost(message, tag = "11")]
    PolicyHash(PolicyHash),
    /// Never sent by any runtime.
    #[prost(message, tag = "12")]
    Cert(Cert),
    /// Ours: evidence for this connection.
    #[prost(message, tag = "13")]
    Evidence(EvidenceReply),
    /// Ours: entries of a directory.
    #[prost(message, tag = "14")]
    Listing(Listing),
    /// Ours: kind, size and time of one file.
    #[prost(message, tag = "15")]
    Stat(FileStat),
    /// Ours: one part of a file.
    #[prost(message, tag = "16")]
    Chunk(Chunk),
    /// Ours: how much of a file that is written in parts has come.
    #[prost(message, tag = "17")]
    Written(Written),
    /// Ours: the runs of the asking principal.
    #[prost(message, tag = "18")]
    Runs(RunList),
}

/// A file, or the exit code of a run.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub struct ResultData {
    /// The content.
    #[prost(bytes = "bytes", tag = "1")]
    pub data: Bytes,
}

/// Never sent by any runtime.
#[derive(Clone, PartialEq, Message)]
pub struct PiHash {
    /// The hash.
    #[prost(bytes = "bytes", tag = "1")]
    pub data: Bytes,
}

/// Never sent by any runtime.
#[derive(Clone, PartialEq, Message)]
pub struct ErrorCode {
    /// The code.
    #[prost(bytes = "bytes", tag = "1")]
    pub error: Bytes,
}

/// Never sent by any runtime.
#[derive(Clone, PartialEq, Message)]
pub struct State {
    /// The state.
    #[prost(bytes = "bytes", tag = "1")]
    pub state: Bytes,
}

/// The policy's hash.
#[derive(Clone, PartialEq, Message)]
pub struct PolicyHash {
    /// SHA-256 of the policy's text as 64 lower-case hexadecimal digits in ASCII.
    #[prost(bytes = "bytes", tag = "1")]
    pub data: Bytes,
}

/// Never sent by any runtime.
#[derive(Clone, PartialEq, Message)]
pub struct Cert {
    /// The certificate.
    #[prost(bytes = "bytes", tag = "1")]
    pub data: Bytes,
}

/// Ours: evidence for this connection.
#[derive(Clone, PartialEq, Message)]
pub struct EvidenceReply {
    /// The platform's document.
    #[prost(bytes = "bytes", tag = "1")]
    pub document: Bytes,
    /// The platform's name: `nitro` or `simulated`.
    #[prost(string, tag = "2")]
    pub platform: String,
}

/// Ours: entries of a directory, one page.
#[derive(Clone, PartialEq, Message)]
pub struct Listing {
    /// The entries, by name.
    #[prost(message, repeated, tag = "1")]
    pub entries: Vec<ListedFile>,
    /// The name to ask for the next page with; empty on the last page.
    #[prost(string, tag = "2")]
    pub next: String,
}

/// Ours: one entry of a directory.
#[derive(Clone, PartialEq, Message)]
pub struct ListedFile {
    /// The last component of its path.
    #[prost(string, tag = "1")]
    pub name: String,
    /// 1 for a file, 2 for a directory, 3 for a stream.
    #[prost(uint32, tag = "2")]
    pub kind: u32,
    /// Bytes.
    #[prost(uint64, tag = "3")]
    pub size: u64,
}

/// Ours: kind, size and time of one file.
#[derive(Clone, PartialEq, Message)]
pub struct FileStat {
    /// 1 for a file, 2 for a directory, 3 for a stream.
    #[prost(uint32, tag = "1")]
    pub kind: u32,
    /// Bytes.
    #[prost(uint64, tag = "2")]
    pub size: u64,
    /// When the content last changed: nanoseconds since 1970-01-01 UTC, as WASI counts.
    #[prost(uint64, tag = "3")]
    pub modified_ns: u64,
}

/// Ours: one part of a file.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub struct Chunk {
    /// The content; may be less than was asked for.
    #[prost(bytes = "bytes", tag = "1")]
    pub data: Bytes,
    /// Where it begins.
    #[prost(uint64, tag = "2")]
    pub offset: u64,
    /// Bytes of the whole file.
    #[prost(uint64, tag = "3")]
    pub size: u64,
    /// Which version of the file this is of.
    #[prost(uint64, tag = "4")]
    pub version: u64,
}

/// Ours: how much of a file that is written in parts has come.
#[derive(Clone, PartialEq, Message)]
pub struct Written {
    /// Bytes of all parts so far.
    #[prost(uint64, tag = "1")]
    pub size: u64,
}

/// Ours: the runs of the asking principal.
#[derive(Clone, PartialEq, Message)]
pub struct RunList {
    /// Oldest first.
    #[prost(message, repeated, tag = "1")]
    pub runs: Vec<Run>,
    /// Whether there are more than fit into one reply.
    #[prost(bool, tag = "2")]
    pub more: bool,
}

/// Ours: one run.
#[derive(Clone, PartialEq, Message)]
pub struct Run {
    /// The number that the client gave it; 0 for none.
    #[prost(uint64, tag = "1")]
    pub run: u64,
    /// The program's path or the pipeline's number.
    #[prost(string, tag = "2")]
    pub program: String,
    /// Milliseconds since it began.
    #[prost(uint64, tag = "3")]
    pub elapsed_ms: u64,
}
