//! What a client can ask for, checked as far as the wire alone allows. Whether a name is a path and whether the principal
//! may, is for others to decide.

use std::num::NonZeroU64;
use std::time::Duration;

use bytes::Bytes;
use veracruz_policy::MAX_PATH_BYTES;

use crate::error::{Refusal, RefusalCode};
use crate::wire::{self, RequestMessage};

/// A request that has no payload.
///
/// Names are UTF-8 of at most [`MAX_PATH_BYTES`] bytes, as the client wrote them; they may be empty or no path at all.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// Run a program; the reply is a result with the exit code.
    Compute {
        /// The program's path.
        program: String,
        /// Timeout and number of the run.
        options: ComputeOptions,
    },
    /// Run a pipeline of the policy; the reply is a result with the exit code.
    Pipeline {
        /// The pipeline's number in the policy, as decimal text; Veracruz's client library puts a slash before it.
        name: String,
        /// Timeout and number of the run.
        options: ComputeOptions,
    },
    /// Read a whole file; the reply is a result.
    ReadFile {
        /// The path in the instance.
        name: String,
    },
    /// The SHA-256 of the policy's text.
    PolicyHash,
    /// End the instance.
    Shutdown,
    /// Evidence for this connection.
    Evidence {
        /// 32 fresh random bytes of the client.
        nonce: [u8; 32],
    },
    /// End a run that this principal started, on whichever connection.
    Cancel {
        /// The number that the client gave it.
        run: RunNumber,
    },
    /// The entries of a directory, one page.
    List {
        /// The directory.
        path: String,
        /// Only entries whose names sort after this one, byte by byte. Nothing for the first page.
        after: Option<String>,
    },
    /// Kind, size and time of one file.
    Stat {
        /// The path in the instance.
        name: String,
    },
    /// One part of a file; the reply is a chunk.
    ReadChunk(ReadChunk),
    /// The runs of this principal.
    Runs,
    /// What no runtime does, by its name in the protocol; answered with a failure.
    Unsupported(&'static str),
}

impl Request {
    /// The name of the protocol for this request, for logs.
    pub const fn kind(&self) -> &'static str {
        match self {
            Request::Compute { .. } => "request_result",
            Request::Pipeline { .. } => "request_pipeline",
            Request::ReadFile { .. } => "read_file",
            Request::PolicyHash => "request_policy_hash",
            Request::Shutdown => "request_shutdown",
            Request::Evidence { .. } => "evidence",
            Request::Cancel { .. } => "cancel",
            Request::List { .. } => "list",
            Request::Stat { .. } => "stat",
            Request::ReadChunk(_) => "read_chunk",
            Request::Runs => "runs",
            Request::Unsupported(what) => what,
        }
    }
}

/// The number by which a client names a run of its own, so that it can cancel it. The client chooses it; never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunNumber(NonZeroU64);

impl RunNumber {
    /// The number, unless it is 0, which on the wire means none.
    pub const fn new(number: u64) -> Option<Self> {
        match NonZeroU64::new(number) {
            Some(number) => Some(RunNumber(number)),
            None => None,
        }
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0.get()
    }
}

impl std::fmt::Display for RunNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// How a program is to be run. Old clients send neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ComputeOptions {
    /// End the run after this time; the instance may end it earlier. Whole milliseconds go over the wire, rounded up.
    pub timeout: Option<Duration>,
    /// The number by which the run can be cancelled.
    pub run: Option<RunNumber>,
}

/// Which part of a file is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadChunk {
    /// The path in the instance.
    pub name: String,
    /// Where the part begins.
    pub offset: u64,
    /// Bytes at most; the reply may hold fewer.
    pub length: u64,
    /// Only of this version, as an earlier chunk named it, so that a download never mixes two; 0 for what is there now.
    pub version: u64,
}

/// A request that carries a payload: everything of it but the payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// The path in the instance.
    pub name: String,
    /// What to do with the payload.
    pub kind: UploadKind,
}

/// What to do with a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadKind {
    /// It is the file's new content.
    Write,
    /// It is appended to the file.
    Append,
    /// It is one part of a file that is written in parts.
    Chunk {
        /// Where this part begins, counted from the first part's first byte. 0 begins anew.
        offset: u64,
        /// Whether this is the last part, with which the file appears.
        last: bool,
        /// Whether the parts together are appended to the file, rather than replacing it.
        append: bool,
    },
}

/// A checked request of either kind.
pub(crate) enum AnyRequest {
    Small(Request),
    Upload(Upload),
}

/// Reads the mirror, whose payload the caller has kept apart.
pub(crate) fn parse(message: wire::RuntimeManagerRequest) -> Result<AnyRequest, Refusal> {
    use RequestMessage as M;
    let Some(message) = message.message else {
        return Ok(AnyRequest::Small(Request::Unsupported("no request of this version")));
    };
    let request = match message {
        M::WriteFile(_) | M::AppendFile(_) | M::WriteChunk(_) => return upload(&message).map(AnyRequest::Upload),
        M::RequestResult(run) => Request::Compute { options: options(&run), program: name(run.file_name)? },
        M::RequestPipeline(run) => Request::Pipeline { options: options(&run), name: name(run.file_name)? },
        M::ReadFile(file) => Request::ReadFile { name: name(file.file_name)? },
        M::RequestPolicyHash(_) => Request::PolicyHash,
        M::RequestShutdown(_) => Request::Shutdown,
        M::Evidence(evidence) => Request::Evidence { nonce: nonce(&evidence.nonce)? },
        M::Cancel(cancel) => Request::Cancel { run: run_to_cancel(cancel.run)? },
        M::List(list) => {
            let after = name(list.after)?;
            Request::List { path: name(list.path)?, after: (!after.is_empty()).then_some(after) }
        }
        M::Stat(stat) => Request::Stat { name: name(stat.file_name)? },
        M::ReadChunk(chunk) => Request::ReadChunk(ReadChunk {
            name: name(chunk.file_name)?,
            offset: chunk.offset,
            length: chunk.length,
            version: chunk.version,
        }),
        M::Runs(_) => Request::Runs,
        M::RequestPiHash(_) => Request::Unsupported("request_pi_hash"),
        M::RequestProxyPsaAttestationToken(_) => Request::Unsupported("request_proxy_psa_attestation_token"),
        M::PsaAttestationInit(_) => Request::Unsupported("psa_attestation_init"),
    };
    Ok(AnyRequest::Small(request))
}

/// What is known of an upload; the name is empty while it has not come.
pub(crate) fn upload(message: &RequestMessage) -> Result<Upload, Refusal> {
    let (file_name, kind) = match message {
        RequestMessage::WriteFile(file) => (&file.file_name, UploadKind::Write),
        RequestMessage::AppendFile(file) => (&file.file_name, UploadKind::Append),
        RequestMessage::WriteChunk(part) => {
            let kind = UploadKind::Chunk { offset: part.offset, last: part.last, append: part.append };
            (&part.file_name, kind)
        }
        _ => return Err(Refusal::protobuf("a payload in a request that has none")),
    };
    Ok(Upload { name: name(file_name.clone())?, kind })
}

/// The mirror of a request without payload.
pub(crate) fn mirror(request: &Request) -> wire::RuntimeManagerRequest {
    use RequestMessage as M;
    let message = match request {
        Request::Compute { program, options } => Some(M::RequestResult(run_request(program, options))),
        Request::Pipeline { name, options } => Some(M::RequestPipeline(run_request(name, options))),
        Request::ReadFile { name } => Some(M::ReadFile(wire::Read { file_name: name.clone() })),
        Request::PolicyHash => Some(M::RequestPolicyHash(wire::RequestPolicyHash {})),
        Request::Shutdown => Some(M::RequestShutdown(wire::RequestShutdown {})),
        Request::Evidence { nonce } => Some(M::Evidence(wire::Evidence { nonce: Bytes::copy_from_slice(nonce) })),
        Request::Cancel { run } => Some(M::Cancel(wire::Cancel { run: run.get() })),
        Request::List { path, after } => {
            Some(M::List(wire::List { path: path.clone(), after: after.clone().unwrap_or_default() }))
        }
        Request::Stat { name } => Some(M::Stat(wire::Stat { file_name: name.clone() })),
        Request::ReadChunk(chunk) => Some(M::ReadChunk(wire::ReadChunk {
            file_name: chunk.name.clone(),
            offset: chunk.offset,
            length: chunk.length,
            version: chunk.version,
        })),
        Request::Runs => Some(M::Runs(wire::Runs {})),
        Request::Unsupported(_) => None,
    };
    wire::RuntimeManagerRequest { context: 0, message }
}

fn run_request(name: &str, options: &ComputeOptions) -> wire::RequestResult {
    let timeout_ms = options.timeout.map_or(0, |timeout| {
        let whole = u64::try_from(timeout.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX);
        whole.max(1) // 0 would mean: no timeout of the client's
    });
    wire::RequestResult { file_name: name.to_owned(), timeout_ms, run: options.run.map_or(0, RunNumber::get) }
}

fn options(run: &wire::RequestResult) -> ComputeOptions {
    let timeout = (run.timeout_ms > 0).then(|| Duration::from_millis(run.timeout_ms));
    ComputeOptions { timeout, run: RunNumber::new(run.run) }
}

fn name(name: String) -> Result<String, Refusal> {
    if name.len() > MAX_PATH_BYTES {
        let detail = format!("the name has {} bytes, a path has at most {MAX_PATH_BYTES}", name.len());
        return Err(Refusal::new(RefusalCode::NameTooLong, detail));
    }
    Ok(name)
}

fn nonce(bytes: &Bytes) -> Result<[u8; 32], Refusal> {
    bytes.as_ref().try_into().map_err(|_| {
        let detail = format!("the nonce has {} bytes, send 32 fresh random ones", bytes.len());
        Refusal::new(RefusalCode::BadNonce, detail)
    })
}

fn run_to_cancel(number: u64) -> Result<RunNumber, Refusal> {
    RunNumber::new(number).ok_or_else(|| {
        let detail = "run 0 names no run; give a number with the compute request and cancel by that";
        Refusal::new(RefusalCode::BadRun, detail)
    })
}
