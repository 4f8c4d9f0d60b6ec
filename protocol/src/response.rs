//! What a runtime can answer, checked.

use std::fmt;

use bytes::Bytes;
use veracruz_policy::{Platform, Sha256Digest};

use crate::error::{Refusal, RefusalCode};
use crate::failure::{Failure, Status};
use crate::listing::{self, FileStat, Listing, RunList};
use crate::wire::{self, ResponseMessage};

/// An answer that has no payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// It was done.
    Success(Content),
    /// It was not. Whatever payload came in the same message is void.
    Failure(Failure),
}

/// What comes with a success.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// Nothing: after write, append, shutdown, cancel, and from Veracruz also for an empty file.
    Empty,
    /// The SHA-256 of the policy's text.
    PolicyHash(Sha256Digest),
    /// Evidence for this connection.
    Evidence {
        /// The platform's document.
        document: Bytes,
        /// The platform that the document is of.
        platform: Platform,
    },
    /// Entries of a directory.
    Listing(Listing),
    /// Kind, size and time of one file.
    Stat(FileStat),
    /// How many bytes of a file that is written in parts have come.
    Written {
        /// Bytes of all parts so far.
        size: u64,
    },
    /// The runs of the asking principal.
    Runs(RunList),
    /// What no runtime sends, by its name in the protocol.
    Unsupported(&'static str),
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Content::Empty => f.write_str("Empty"),
            Content::PolicyHash(hash) => f.debug_tuple("PolicyHash").field(hash).finish(),
            Content::Evidence { document, platform } => {
                write!(f, "Evidence {{ {} bytes of {platform} }}", document.len())
            }
            Content::Listing(listing) => f.debug_tuple("Listing").field(listing).finish(),
            Content::Stat(stat) => f.debug_tuple("Stat").field(stat).finish(),
            Content::Written { size } => write!(f, "Written {{ size: {size} }}"),
            Content::Runs(runs) => f.debug_tuple("Runs").field(runs).finish(),
            Content::Unsupported(what) => write!(f, "Unsupported({what})"),
        }
    }
}

/// A success that carries a payload: everything of it but the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Download {
    /// A whole file, or the exit code of a run; see [`exit_code`].
    Result,
    /// One part of a file.
    Chunk(ChunkInfo),
}

/// Which part of a file a chunk is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChunkInfo {
    /// Where it begins.
    pub offset: u64,
    /// Bytes of the whole file.
    pub size: u64,
    /// Which version of the file it is of.
    pub version: u64,
}

/// The exit code of a run: the payload of its result is the code's four bytes, little-endian (Veracruz main). Nothing
/// when the payload has another length.
pub fn exit_code(payload: &[u8]) -> Option<u32> {
    payload.try_into().ok().map(u32::from_le_bytes)
}

/// A checked response of either kind.
pub(crate) enum AnyResponse {
    Small(Response),
    Download(Download),
}

/// Reads the mirror, whose payload the caller has kept apart.
pub(crate) fn parse(response: wire::RuntimeManagerResponse) -> Result<AnyResponse, Refusal> {
    use ResponseMessage as M;
    let status = Status::from_number(response.status);
    if status != Status::Success {
        let failure = Failure::with_status(status, response.code, response.detail);
        return Ok(AnyResponse::Small(Response::Failure(failure)));
    }
    let content = match response.message {
        None => Content::Empty,
        Some(message @ (M::Result(_) | M::Chunk(_))) => return download(&message).map(AnyResponse::Download),
        Some(M::PolicyHash(hash)) => Content::PolicyHash(policy_hash(&hash.data)?),
        Some(M::Evidence(evidence)) => {
            Content::Evidence { document: evidence.document, platform: platform(&evidence.platform)? }
        }
        Some(M::Listing(list)) => Content::Listing(listing::parse_listing(list)?),
        Some(M::Stat(stat)) => Content::Stat(listing::parse_stat(stat)?),
        Some(M::Written(written)) => Content::Written { size: written.size },
        Some(M::Runs(runs)) => Content::Runs(listing::parse_runs(runs)?),
        Some(M::PiHash(_)) => Content::Unsupported("pi_hash"),
        Some(M::Error(_)) => Content::Unsupported("error"),
        Some(M::State(_)) => Content::Unsupported("state"),
        Some(M::Cert(_)) => Content::Unsupported("cert"),
    };
    Ok(AnyResponse::Small(Response::Success(content)))
}

/// What is known of a download while its payload comes.
pub(crate) fn download(message: &ResponseMessage) -> Result<Download, Refusal> {
    match message {
        ResponseMessage::Result(_) => Ok(Download::Result),
        ResponseMessage::Chunk(chunk) => {
            Ok(Download::Chunk(ChunkInfo { offset: chunk.offset, size: chunk.size, version: chunk.version }))
        }
        _ => Err(Refusal::protobuf("a payload in a reply that has none")),
    }
}

/// The mirror of a response without payload.
pub(crate) fn mirror(response: &Response) -> wire::RuntimeManagerResponse {
    match response {
        Response::Success(content) => wire::RuntimeManagerResponse {
            status: Status::Success.number(),
            message: mirror_content(content),
            ..Default::default()
        },
        Response::Failure(failure) => wire::RuntimeManagerResponse {
            status: failure.status().number(),
            code: failure.code().to_owned(),
            detail: failure.detail().to_owned(),
            ..Default::default()
        },
    }
}

fn mirror_content(content: &Content) -> Option<ResponseMessage> {
    use ResponseMessage as M;
    match content {
        Content::Empty | Content::Unsupported(_) => None,
        Content::PolicyHash(hash) => Some(M::PolicyHash(wire::PolicyHash { data: hash.to_string().into() })),
        Content::Evidence { document, platform } => {
            Some(M::Evidence(wire::EvidenceReply { document: document.clone(), platform: platform.name().to_owned() }))
        }
        Content::Listing(list) => Some(M::Listing(listing::mirror_listing(list))),
        Content::Stat(stat) => Some(M::Stat(listing::mirror_stat(stat))),
        Content::Written { size } => Some(M::Written(wire::Written { size: *size })),
        Content::Runs(runs) => Some(M::Runs(listing::mirror_runs(runs))),
    }
}

fn policy_hash(digits: &[u8]) -> Result<Sha256Digest, Refusal> {
    let text = std::str::from_utf8(digits).ok();
    text.and_then(|text| text.parse().ok()).ok_or_else(|| {
        Refusal::new(RefusalCode::BadReply, "the policy hash is not 64 hexadecimal digits; do not trust this peer")
    })
}

fn platform(name: &str) -> Result<Platform, Refusal> {
    name.parse().map_err(|_| {
        let shown: String = name.chars().take(32).collect();
        let detail = format!("the evidence is of a platform {shown:?} that this version does not know");
        Refusal::new(RefusalCode::BadReply, detail)
    })
}
