//! What to do now: one sentence for each error.

use super::Error;
use crate::session::FIRST_REQUEST;

impl Error {
    /// What to do now, in one sentence; empty where the error itself says it.
    pub fn next_step(&self) -> &'static str {
        match self {
            Error::Refused(refusal) => refusal.next_step(),
            Error::NoAddress => "give the instance's address beside the policy",
            Error::Connect { .. } | Error::ConnectTimeout { .. } => {
                "check that the instance runs and listens at this address; it may still be starting"
            }
            Error::Handshake { .. } => {
                "check that an instance listens there: the other side speaks no TLS 1.3 with the policy's ciphersuite"
            }
            Error::IdentityRefused(_) => {
                "check that the instance holds this very policy, and that the certificate has not expired"
            }
            Error::Lost { operation: FIRST_REQUEST, .. } => {
                "the instance may have refused this identity's certificate without a word, or is ending; check that it \
                 holds this very policy"
            }
            Error::Lost { .. } | Error::Broken => {
                "connect again; before you repeat an append or a compute, look whether it was done"
            }
            Error::Name { .. } => "give a path without `..`, or stdin, stdout, stderr",
            Error::NoPipeline(_) => "give the name or the number of one of the policy's `pipelines`",
            Error::Failed { failure, .. } if failure.detail().is_empty() => {
                "the server gives no reason: check the rights of this identity, that the file exists, and its declared hash"
            }
            Error::NoResult { .. } => "servers of Veracruz answer so for an empty file",
            Error::Protocol { .. } => "the other side is of another version, or no instance; compare the versions",
            Error::TooLarge { .. } => "download it to a file",
            Error::Source { .. } | Error::Sink { .. } => "check the file, its rights and the space on its disk",
            Error::System { .. } => "check the machine's limits and its source of randomness",
            Error::Identity(_)
            | Error::Trust(_)
            | Error::TrustFile(_)
            | Error::Ciphersuite(_)
            | Error::Request { .. }
            | Error::Failed { .. } => "",
        }
    }
}
