//! What S3 says no with, in our words.
//!
//! Nothing of S3's own messages is shown: some repeat credentials. Of its codes only letters and digits are.

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use crate::names::Region;

/// Characters of a code of S3 that are shown; the longest are around fifty.
const MAX_CODE_CHARACTERS: usize = 64;

/// Why an object cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// Nobody gave credentials.
    #[error(
        "there are no credentials: give aws_access_key_id and aws_secret_access_key, or have the service's machine given \
         some"
    )]
    NoCredentials,
    /// S3 does not know the credentials, or no longer, or their signature is wrong.
    #[error("S3 refuses the credentials ({0}); check the key, its secret, the session token, and this machine's clock")]
    BadCredentials(String),
    /// The credentials are good, and may not read the object. S3 says so too of objects that are missing, to those who
    /// may not list the bucket.
    #[error("S3 denies access to it; check that these credentials may read it, and that it exists")]
    AccessDenied,
    /// The bucket is missing.
    #[error("there is no such bucket; check its name")]
    NoSuchBucket,
    /// The object is missing.
    #[error("there is no such object; check the bucket's and the object's name")]
    NoSuchKey,
    /// The bucket is in another region.
    #[error("the bucket is in another region{}; give its region as region_name", there(elsewhere.as_ref()))]
    WrongRegion {
        /// Where it is, as far as S3 said so.
        elsewhere: Option<Region>,
    },
    /// The request cannot be made of these names.
    #[error("S3 takes no such name of a bucket or region; check them")]
    BadName,
    /// The object lies in an archive.
    #[error("the object lies in an archive; restore it first")]
    Archived,
    /// The object is another one than when the copy began.
    #[error("the object was changed or removed while it was being copied; copy it again")]
    Changed,
    /// Nobody answers.
    #[error("S3 cannot be reached; check the service's endpoint, the region, and the network")]
    Unreachable,
    /// Silence.
    #[error("S3 was silent for {seconds} s; copy it again later")]
    Stalled {
        /// Seconds of silence that are borne.
        seconds: u64,
    },
    /// The connection broke again and again, or the object ended before its length.
    #[error("S3 ended the object at byte {at} of {length}, again and again; copy it again later")]
    Short {
        /// Bytes that came.
        at: u64,
        /// Bytes that were announced.
        length: u64,
    },
    /// The bytes are not those that S3 keeps a checksum of.
    #[error("the bytes that came do not have the checksum that S3 keeps; copy it again")]
    Damaged,
    /// S3 asks for a pause.
    #[error("S3 is busy ({0}); copy it again later")]
    Busy(String),
    /// The server says what S3 does not say.
    #[error("the server does not answer as S3 does: {0}; check the service's endpoint")]
    Protocol(&'static str),
    /// Some other no.
    #[error("S3 refuses it: {code}, status {status}")]
    Refused {
        /// S3's own code.
        code: String,
        /// The HTTP status.
        status: u16,
    },
}

impl StorageError {
    /// A stable name of the reason, in kebab case.
    pub const fn code(&self) -> &'static str {
        match self {
            StorageError::NoCredentials => "s3-no-credentials",
            StorageError::BadCredentials(_) => "s3-bad-credentials",
            StorageError::AccessDenied => "s3-access-denied",
            StorageError::NoSuchBucket => "s3-no-such-bucket",
            StorageError::NoSuchKey => "s3-no-such-key",
            StorageError::WrongRegion { .. } => "s3-wrong-region",
            StorageError::BadName => "s3-bad-name",
            StorageError::Archived => "s3-archived",
            StorageError::Changed => "object-changed",
            StorageError::Unreachable => "s3-unreachable",
            StorageError::Stalled { .. } => "s3-stalled",
            StorageError::Short { .. } => "s3-short-body",
            StorageError::Damaged => "s3-damaged",
            StorageError::Busy(_) => "s3-busy",
            StorageError::Protocol(_) => "s3-protocol",
            StorageError::Refused { .. } => "s3-refused",
        }
    }
}

fn there(elsewhere: Option<&Region>) -> String {
    elsewhere.map(|region| format!(", {region}")).unwrap_or_default()
}

/// What became of a request.
pub(super) fn fault_of<E>(error: &SdkError<E, HttpResponse>) -> StorageError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let unanswered = match error {
        SdkError::ServiceError(answer) => {
            let region = answer.raw().headers().get("x-amz-bucket-region").and_then(|name| Region::parse(name).ok());
            return refused(answer.err().code(), answer.raw().status().as_u16(), region);
        }
        SdkError::ResponseError(_) => return StorageError::Protocol("an answer that cannot be read"),
        SdkError::TimeoutError(_) => StorageError::Unreachable,
        _ if causes(error).any(|cause| cause.is::<CredentialsError>()) => StorageError::NoCredentials,
        SdkError::DispatchFailure(failure) if failure.is_user() => StorageError::BadName,
        SdkError::DispatchFailure(_) => StorageError::Unreachable,
        _ => StorageError::BadName,
    };
    // Of answers nothing is logged: those to wrong signatures repeat the request's headers, session token included.
    let why: Vec<String> = causes(error).map(ToString::to_string).collect();
    tracing::warn!(code = unanswered.code(), why = why.join(": "), "S3 did not answer");
    unanswered
}

fn causes<'e>(
    error: &'e (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'e (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| error.source())
}

/// S3's codes ("List of error codes" in its API reference), and the statuses of answers without one: those to `HEAD` have
/// no body.
fn refused(code: Option<&str>, status: u16, region: Option<Region>) -> StorageError {
    let said = || shown(code.unwrap_or_default(), status);
    match (code.unwrap_or_default(), status) {
        ("NoSuchBucket", _) => StorageError::NoSuchBucket,
        ("NoSuchKey" | "NoSuchVersion", _) => StorageError::NoSuchKey,
        (
            "InvalidAccessKeyId"
            | "SignatureDoesNotMatch"
            | "InvalidToken"
            | "ExpiredToken"
            | "TokenRefreshRequired"
            | "RequestTimeTooSkewed"
            | "NotSignedUp"
            | "InvalidSecurity",
            _,
        ) => StorageError::BadCredentials(said()),
        ("InvalidObjectState", _) => StorageError::Archived,
        ("InvalidBucketName", _) => StorageError::BadName,
        ("PreconditionFailed", _) | (_, 412) => StorageError::Changed,
        (
            "PermanentRedirect"
            | "TemporaryRedirect"
            | "AuthorizationHeaderMalformed"
            | "IllegalLocationConstraintException",
            _,
        )
        | (_, 301 | 307) => StorageError::WrongRegion { elsewhere: region },
        ("SlowDown" | "ServiceUnavailable", _) | (_, 429 | 503) => StorageError::Busy(said()),
        (_, 401 | 403) => StorageError::AccessDenied,
        (_, 404) => StorageError::NoSuchKey,
        _ => StorageError::Refused { code: said(), status },
    }
}

fn shown(code: &str, status: u16) -> String {
    let letters = code.chars().filter(char::is_ascii_alphanumeric).take(MAX_CODE_CHARACTERS);
    let code: String = letters.collect();
    if code.is_empty() { format!("status {status}") } else { code }
}
