//! The bodies of the S3 app.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// `POST /s3_stream_veracruz`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CopyRequest {
    /// The object.
    pub s3: Source,
    /// The file.
    pub veracruz: Destination,
}

/// An object in S3. The two keys are given together or not at all; without them the machine's own credentials are used.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The region of the bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region_name: Option<String>,
    /// The bucket.
    pub bucket: String,
    /// The object's key.
    pub filename: String,
    /// The access key's identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aws_access_key_id: Option<String>,
    /// The access key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aws_secret_access_key: Option<Secret>,
    /// Goes with a temporary access key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aws_session_token: Option<Secret>,
}

/// A file in an instance, and as whom to write it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Destination {
    /// The file's name inside the instance.
    pub filename: String,
    /// The instance's full policy, exactly as CCFaaS answered it.
    pub policy: String,
    /// The certificate of the identity that may write the file, PEM.
    pub certificate: String,
    /// Its private key, PEM.
    pub key: Secret,
}

/// A text that is never shown and is wiped when it is dropped.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "server", schema(value_type = String, format = Password))]
#[serde(transparent)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Keeps the text.
    pub fn new(text: impl Into<String>) -> Self {
        Secret(Zeroizing::new(text.into()))
    }

    /// The text, for the one who needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The object is in the instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Copied {
    /// How many bytes.
    pub bytes: u64,
    /// Their SHA-256, 64 hexadecimal digits.
    pub sha256: String,
}

/// What a copy in the background is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum CopyStatus {
    /// It waits or copies.
    Running,
    /// The object is in the instance.
    Done,
    /// It ended, and nothing of it is in the instance; unless the problem's code is `copy-unconfirmed`: then the last bytes
    /// went out, what became of them was not heard, and the file may be there.
    Failed,
    /// It was cancelled, and nothing of it is in the instance.
    Cancelled,
}

/// A copy in the background: what 202 answers, and `GET /s3_stream_veracruz/{job}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct CopyJob {
    /// Its name, hard to guess.
    pub job: String,
    /// What it is doing.
    pub status: CopyStatus,
    /// Bytes that were sent so far.
    pub bytes: u64,
    /// The object's size, once it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Of a copy that is done: the SHA-256 of the bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Of a copy that failed: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<crate::Problem>,
}
