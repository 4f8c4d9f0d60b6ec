//! The protobuf messages as they are on the wire: proto3, package `transport_protocol` of Veracruz main, and ours in
//! numbers that Veracruz does not use.
//!
//! They are mirrors: nothing here is checked. Use [`Request`](crate::Request) and [`Response`](crate::Response), which
//! are; these are public for whoever tests against the wire. Types that can hold a file's content have no `Debug`, so
//! that it reaches no log.

mod request;
mod response;

pub use request::{
    Cancel, Data, Evidence, List, PsaAttestationInit, Read, ReadChunk, RequestMessage, RequestPiHash,
    RequestPolicyHash, RequestProxyPsaAttestationToken, RequestResult, RequestShutdown, Runs, RuntimeManagerRequest,
    Stat, WriteChunk,
};
pub use response::{
    Cert, Chunk, ErrorCode, EvidenceReply, FileStat, ListedFile, Listing, PiHash, PolicyHash, ResponseMessage,
    ResultData, Run, RunList, RuntimeManagerResponse, State, Written,
};
