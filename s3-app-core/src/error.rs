//! Why a copy did not come about, and the HTTP status that says so.
//!
//! Codes are stable: those of S3 begin with `s3-`, those of the instance are the SDK's own. No text holds a credential.

use veracruz_client::Error;
use veracruz_rest::Problem;

use crate::storage::{Source, StorageError};

/// Seconds after which a repetition makes sense where a server is busy.
const BUSY_SECONDS: u64 = 5;

/// Why an object is not in the instance.
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
    /// The instance, or the way there.
    #[error("Not able to write file to veracruz instance: {0}")]
    Instance(#[source] Box<Error>),
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

impl CopyError {
    pub(crate) fn storage(source: &Source, error: StorageError) -> Self {
        CopyError::Storage { bucket: source.bucket.clone(), key: source.key.escape_debug().collect(), error }
    }

    /// A stable name of the reason, in kebab case.
    pub fn code(&self) -> &str {
        match self {
            CopyError::Storage { error, .. } => error.code(),
            CopyError::Instance(error) => error.code(),
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
            CopyError::InstanceStalled { .. } | CopyError::Timeout { .. } => 504,
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
        Error::ConnectTimeout { .. } => 504,
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
