//! Why a copy did not come about, or may not have, and the HTTP status that says so.
//!
//! Codes are stable: those of S3 begin with `s3-`, those of the instance are the SDK's own. No text holds a credential, and
//! none tells a caller what happened at an address where no instance answered.

use std::time::Duration;

use veracruz_client::Error;
use veracruz_rest::Problem;

use crate::storage::{Source, StorageError};

/// Seconds after which a repetition makes sense where a server is busy.
const BUSY_SECONDS: u64 = 5;

/// Why an object is not in the instance, or why that is not known.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// S3.
    #[error("Not able to read bucket {bucket} file {key} from S3: {error}")]
    Storage {
        /// The bucket.
        bucket: String,
        /// The object's key, escaped.
        key: String,
        /// What is wrong.
        #[source]
        error: StorageError,
    },
    /// The instance.
    #[error("Not able to write file to veracruz instance: {0}")]
    Instance(#[source] Box<Error>),
    /// No instance answered where the policy says. The text is one for all reasons: the address is the caller's to choose,
    /// and who may call is not to learn from here which machines and ports there are.
    #[error(
        "Not able to write file to veracruz instance: the instance cannot be reached; check that it runs where its \
             policy says, or ask the operator of this service, whose log has the reason"
    )]
    Unreachable(#[source] Box<Error>),
    /// The operator does not let copies go to this host.
    #[error(
        "Not able to write file to veracruz instance: copies to {host:?} are not allowed here; the operator of this \
             service says which hosts are"
    )]
    HostRefused {
        /// The host of the policy's `veracruz_server_url`.
        host: String,
    },
    /// All bytes went out, and what became of them was not heard.
    #[error(
        "the last bytes went to the veracruz instance, and {0}; the file may be there, or not: look before you \
             repeat the copy"
    )]
    Unconfirmed(#[source] Unanswered),
    /// The instance takes nothing any more.
    #[error(
        "Not able to write file to veracruz instance: it took nothing for {seconds} s; check that it runs, and copy again"
    )]
    InstanceStalled {
        /// Seconds of silence that are borne.
        seconds: u64,
    },
    /// The object is larger than the operator allows.
    #[error("the object has {length} bytes, this service copies {limit} at most")]
    TooLarge {
        /// Bytes of the object.
        length: u64,
        /// Bytes that are copied.
        limit: u64,
    },
    /// The whole copy took too long.
    #[error("the copy took more than {seconds} s; nothing of it is in the instance")]
    Timeout {
        /// Seconds that a copy may take.
        seconds: u64,
    },
    /// As many copies run as may.
    #[error("{running} copies run, and no more may at once; try again later")]
    Full {
        /// Copies that run.
        running: usize,
    },
    /// There is no such job, or none any more.
    #[error("there is no such job; finished ones are forgotten after a while, and all of them when the service ends")]
    NoSuchJob,
    /// A fault of this service.
    #[error("the service failed; its operator finds the reason in its log")]
    Internal,
}

/// Why an instance's answer to the last bytes was not heard.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unanswered {
    /// It did not come within the time of silence that is borne.
    #[error("it did not answer for {seconds} s")]
    Stalled {
        /// Seconds of silence that are borne.
        seconds: u64,
    },
    /// It had not come when the copy's time was over.
    #[error("it had not answered when the copy's {seconds} s were over")]
    Timeout {
        /// Seconds that a copy may take.
        seconds: u64,
    },
    /// The connection broke before, or the answer makes no sense.
    #[error("its answer was lost: {0}")]
    Lost(#[source] Box<Error>),
}

impl CopyError {
    /// A connection to an instance that did not come about.
    pub(crate) fn connecting(error: Error) -> Self {
        match error {
            Error::Connect { .. } | Error::ConnectTimeout { .. } | Error::Handshake { .. } => {
                CopyError::Unreachable(Box::new(error))
            }
            error => CopyError::Instance(Box::new(error)),
        }
    }

    /// The instance's answer did not come in time; `departed` when its last bytes may have gone out.
    pub(crate) fn stalled(stall: Duration, departed: bool) -> Self {
        let seconds = stall.as_secs();
        match departed {
            true => CopyError::Unconfirmed(Unanswered::Stalled { seconds }),
            false => CopyError::InstanceStalled { seconds },
        }
    }

    /// The copy's time was over; `departed` when its last bytes may have gone out.
    pub(crate) fn late(time: Duration, departed: bool) -> Self {
        let seconds = time.as_secs();
        match departed {
            true => CopyError::Unconfirmed(Unanswered::Timeout { seconds }),
            false => CopyError::Timeout { seconds },
        }
    }

    /// An upload that failed; `departed` when its last bytes may have gone out. What the instance refused is not there.
    pub(crate) fn uploading(error: Error, departed: bool) -> Self {
        let lost =
            matches!(error, Error::Lost { .. } | Error::Protocol { .. } | Error::NoResult { .. } | Error::Broken);
        let error = Box::new(error);
        if departed && lost { CopyError::Unconfirmed(Unanswered::Lost(error)) } else { CopyError::Instance(error) }
    }

    /// For the operator's log: what callers are not told besides.
    pub(crate) fn reason(&self) -> String {
        match self {
            CopyError::Unreachable(error) => format!("{self} ({error})"),
            error => error.to_string(),
        }
    }

    pub(crate) fn storage(source: &Source, error: StorageError) -> Self {
        CopyError::Storage { bucket: source.bucket.clone(), key: source.key.escape_debug().collect(), error }
    }

    /// A stable name of the reason, in kebab case.
    pub fn code(&self) -> &str {
        match self {
            CopyError::Storage { error, .. } => error.code(),
            CopyError::Instance(error) => error.code(),
            CopyError::Unreachable(_) => "connect",
            CopyError::HostRefused { .. } => "instance-host-refused",
            CopyError::Unconfirmed(_) => "copy-unconfirmed",
            CopyError::InstanceStalled { .. } => "instance-stalled",
            CopyError::TooLarge { .. } => "object-too-large",
            CopyError::Timeout { .. } => "copy-timeout",
            CopyError::Full { .. } => "too-many-copies",
            CopyError::NoSuchJob => "no-such-job",
            CopyError::Internal => "internal",
        }
    }

    /// The HTTP status that says so.
    pub fn status(&self) -> u16 {
        match self {
            CopyError::Storage { error, .. } => status_of_storage(error),
            CopyError::Instance(error) => status_of_instance(error),
            CopyError::HostRefused { .. } => 403,
            CopyError::Unreachable(_) | CopyError::Unconfirmed(Unanswered::Lost(_)) => 502,
            CopyError::InstanceStalled { .. } | CopyError::Timeout { .. } | CopyError::Unconfirmed(_) => 504,
            CopyError::TooLarge { .. } => 413,
            CopyError::Full { .. } => 503,
            CopyError::NoSuchJob => 404,
            CopyError::Internal => 500,
        }
    }
}

fn status_of_storage(error: &StorageError) -> u16 {
    match error {
        StorageError::BadName | StorageError::WrongRegion { .. } => 400,
        StorageError::NoCredentials | StorageError::BadCredentials(_) | StorageError::AccessDenied => 403,
        StorageError::NoSuchBucket | StorageError::NoSuchKey => 404,
        StorageError::Changed | StorageError::Archived => 409,
        StorageError::Stalled { .. } => 504,
        StorageError::Busy(_) => 503,
        StorageError::Unreachable
        | StorageError::Short { .. }
        | StorageError::Damaged
        | StorageError::Protocol(_)
        | StorageError::Refused { .. } => 502,
    }
}

fn status_of_instance(error: &Error) -> u16 {
    match error {
        Error::Identity(_) | Error::IdentityRefused(_) | Error::Trust(_) => 403,
        Error::Name { .. } | Error::Request { .. } | Error::NoAddress | Error::Ciphersuite(_) => 400,
        Error::Failed { .. } => status_of_refusal(error.code()),
        Error::System { .. } | Error::Source { .. } | Error::Sink { .. } | Error::TrustFile(_) => 500,
        _ => 502,
    }
}

/// The instance's own codes.
fn status_of_refusal(code: &str) -> u16 {
    match code {
        "unknown-principal" | "no-entry" | "missing-rights" | "stream-direction" | "content-is-fixed" => 403,
        "bad-path" | "name-too-long" | "path-too-deep" => 400,
        "wrong-hash" | "is-a-directory" | "not-a-directory" | "not-found" => 409,
        "out-of-memory"
        | "file-too-large"
        | "file-too-large-at-once"
        | "message-too-large"
        | "too-many-files"
        | "too-many-entries"
        | "uploads-full" => 507,
        _ => 502,
    }
}

impl From<&CopyError> for Problem {
    fn from(error: &CopyError) -> Self {
        let next = match error {
            CopyError::Instance(error) => error.next_step(),
            _ => "",
        };
        let mut detail = error.to_string();
        if !next.is_empty() {
            detail = format!("{detail}; {next}");
        }
        let mut problem = Problem::new(error.status(), "internal", detail);
        problem.code = error.code().to_owned().into();
        match error.status() {
            503 => problem.with_retry_after(BUSY_SECONDS),
            _ => problem,
        }
    }
}
