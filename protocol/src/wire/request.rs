//! What a client sends.

use bytes::Bytes;
use prost::{Message, Oneof};

/// One request of a client.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub struct RuntimeManagerRequest {
    /// Unused; 0 in Veracruz.
    #[prost(uint32, tag = "1")]
    pub context: u32,
    /// What is asked for.
    #[prost(oneof = "RequestMessage", tags = "2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19")]
    pub message: Option<RequestMessage>,
}

/// What is asked for: `message_oneof`. Numbers from 13 on are ours.
#[derive(Clone, PartialEq, Oneof)]
#[prost(skip_debug)]
pub enum RequestMessage {
    /// Create or replace a file.
    #[prost(message, tag = "2")]
    WriteFile(Data),
    /// Append to a file.
    #[prost(message, tag = "3")]
    AppendFile(Data),
    /// Never answered by any runtime.
    #[prost(message, tag = "4")]
    RequestPiHash(RequestPiHash),
    /// Run a program.
    #[prost(message, tag = "5")]
    RequestResult(RequestResult),
    /// Never answered by any runtime.
    #[prost(message, tag = "6")]
    RequestProxyPsaAttestationToken(RequestProxyPsaAttestationToken),
    /// End the instance.
    #[prost(message, tag = "8")]
    RequestShutdown(RequestShutdown),
    /// Never answered by any runtime.
    #[prost(message, tag = "9")]
    PsaAttestationInit(PsaAttestationInit),
    /// The SHA-256 of the policy's text.
    #[prost(message, tag = "10")]
    RequestPolicyHash(RequestPolicyHash),
    /// Read a whole file.
    #[prost(message, tag = "11")]
    ReadFile(Read),
    /// Run a pipeline.
    #[prost(message, tag = "12")]
    RequestPipeline(RequestResult),
    /// Ours: evidence for this connection.
    #[prost(message, tag = "13")]
    Evidence(Evidence),
    /// Ours: end a run.
    #[prost(message, tag = "14")]
    Cancel(Cancel),
    /// Ours: the entries of a directory.
    #[prost(message, tag = "15")]
    List(List),
    /// Ours: kind, size and time of one file.
    #[prost(message, tag = "16")]
    Stat(Stat),
    /// Ours: one part of a file that is written in parts.
    #[prost(message, tag = "17")]
    WriteChunk(WriteChunk),
    /// Ours: one part of a file.
    #[prost(message, tag = "18")]
    ReadChunk(ReadChunk),
    /// Ours: the runs of the asking principal.
    #[prost(message, tag = "19")]
    Runs(Runs),
}

/// A file with its content.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub struct Data {
    /// The path in the instance.
    #[prost(string, tag = "1")]
    pub file_name: String,
    /// The content.
    #[prost(bytes = "bytes", tag = "2")]
    pub data: Bytes,
}

/// Which file to read.
#[derive(Clone, PartialEq, Message)]
pub struct Read {
    /// The path in the instance.
    #[prost(string, tag = "1")]
    pub file_name: String,
}

/// Which program or pipeline to run.
#[derive(Clone, PartialEq, Message)]
pub struct RequestResult {
    /// The program's path, or the pipeline's number in the policy as text.
    #[prost(string, tag = "1")]
    pub file_name: String,
    /// Ours: end the run after so many milliseconds; 0 for as long as the instance allows.
    #[prost(uint64, tag = "2")]
    pub timeout_ms: u64,
    /// Ours: the number by which the client can cancel this run; 0 for none.
    #[prost(uint64, tag = "3")]
    pub run: u64,
}

/// Never answered by any runtime.
#[derive(Clone, PartialEq, Message)]
pub struct RequestPiHash {
    /// The program's path.
    #[prost(string, tag = "1")]
    pub file_name: String,
}

/// Never answered by any runtime.
#[derive(Clone, PartialEq, Message)]
pub struct RequestProxyPsaAttestationToken {
    /// The verifier's challenge.
    #[prost(bytes = "bytes", tag = "1")]
    pub challenge: Bytes,
}

/// Never answered by any runtime.
#[derive(Clone, PartialEq, Message)]
pub struct PsaAttestationInit {
    /// The verifier's challenge.
    #[prost(bytes = "bytes", tag = "1")]
    pub challenge: Bytes,
    /// The device's number.
    #[prost(int32, tag = "2")]
    pub device_id: i32,
}

/// End the instance.
#[derive(Clone, PartialEq, Message)]
pub struct RequestShutdown {}

/// The SHA-256 of the policy's text.
#[derive(Clone, PartialEq, Message)]
pub struct RequestPolicyHash {}

/// Ours: evidence for this connection.
#[derive(Clone, PartialEq, Message)]
pub struct Evidence {
    /// 32 fresh random bytes.
    #[prost(bytes = "bytes", tag = "1")]
    pub nonce: Bytes,
}

/// Ours: end a run of the same principal.
#[derive(Clone, PartialEq, Message)]
pub struct Cancel {
    /// The number that the client gave the run.
    #[prost(uint64, tag = "1")]
    pub run: u64,
}

/// Ours: the entries of a directory, one page.
#[derive(Clone, PartialEq, Message)]
pub struct List {
    /// The directory.
    #[prost(string, tag = "1")]
    pub path: String,
    /// Only entries whose names sort after this one, byte by byte; empty for the first page.
    #[prost(string, tag = "2")]
    pub after: String,
}

/// Ours: kind, size and time of one file.
#[derive(Clone, PartialEq, Message)]
pub struct Stat {
    /// The path in the instance.
    #[prost(string, tag = "1")]
    pub file_name: String,
}

/// Ours: one part of a file that is written in parts. It appears when the last part has come.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub struct WriteChunk {
    /// The path in the instance.
    #[prost(string, tag = "1")]
    pub file_name: String,
    /// Where this part begins, counted from the first part's first byte. 0 begins anew.
    #[prost(uint64, tag = "2")]
    pub offset: u64,
    /// Whether this is the last part.
    #[prost(bool, tag = "3")]
    pub last: bool,
    /// Whether the parts together are appended to the file, rather than replacing it.
    #[prost(bool, tag = "4")]
    pub append: bool,
    /// The part's content.
    #[prost(bytes = "bytes", tag = "5")]
    pub data: Bytes,
}

/// Ours: one part of a file.
#[derive(Clone, PartialEq, Message)]
pub struct ReadChunk {
    /// The path in the instance.
    #[prost(string, tag = "1")]
    pub file_name: String,
    /// Where the part begins.
    #[prost(uint64, tag = "2")]
    pub offset: u64,
    /// Bytes at most.
    #[prost(uint64, tag = "3")]
    pub length: u64,
    /// Only of this version of the file, as an earlier chunk named it; 0 for whatever is there.
    #[prost(uint64, tag = "4")]
    pub version: u64,
}

/// Ours: the runs of the asking principal.
#[derive(Clone, PartialEq, Message)]
pub struct Runs {}
