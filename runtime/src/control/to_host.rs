//! What the enclave says.

use veracruz_policy::{Platform, Sha256Digest};

use super::fields::{number, reason, text};
use super::frame::Message;
use super::frame::sealed::Parts;
use super::{FIELDS_OVERHEAD, MAX_APPLICATION_BYTES, MAX_REASON_BYTES, MAX_SMALL_BYTES};

/// A message of the enclave.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ToHost {
    /// A certificate is needed; the answer is a nonce or a refusal.
    NeedNonce {
        /// A number that no earlier attempt had.
        attempt: u32,
    },
    /// Evidence for the nonce; the answer is a chain or a refusal.
    Apply {
        /// The attempt that the nonce was for.
        attempt: u32,
        /// The platform that the evidence is of.
        platform: Platform,
        /// SHA-256 of the policy's text.
        policy_hash: Sha256Digest,
        /// The attestation document.
        evidence: Vec<u8>,
        /// The certificate request, DER of PKCS#10.
        csr: Vec<u8>,
    },
    /// Sessions are served from now on.
    Serving,
    /// A participant ended the instance and was answered.
    EndedByParticipant {
        /// The id of its identity in the policy.
        id: u32,
    },
    /// The instance ended because the host asked for it.
    EndedByHost {
        /// Sessions that were cut in the middle of a request.
        cut: u32,
    },
    /// The instance does not start.
    Failed {
        /// A stable name of the reason.
        code: String,
        /// Why, in words, at most [`MAX_REASON_BYTES`] bytes.
        reason: String,
    },
}

const NEED_NONCE: u8 = 65;
const APPLY: u8 = 66;
const SERVING: u8 = 67;
const ENDED_BY_PARTICIPANT: u8 = 68;
const ENDED_BY_HOST: u8 = 69;
const FAILED: u8 = 70;

impl ToHost {
    /// Whether nothing comes after it.
    pub fn is_last(&self) -> bool {
        match self {
            ToHost::EndedByParticipant { .. } | ToHost::EndedByHost { .. } | ToHost::Failed { .. } => true,
            ToHost::NeedNonce { .. } | ToHost::Apply { .. } | ToHost::Serving => false,
        }
    }
}

impl Message for ToHost {}

impl Parts for ToHost {
    fn most(kind: u8) -> Option<usize> {
        match kind {
            APPLY => Some(MAX_APPLICATION_BYTES),
            FAILED => Some(MAX_REASON_BYTES + FIELDS_OVERHEAD),
            NEED_NONCE | SERVING | ENDED_BY_PARTICIPANT | ENDED_BY_HOST => Some(MAX_SMALL_BYTES),
            _ => None,
        }
    }

    fn parts(&self) -> (u8, Vec<Vec<u8>>) {
        let number = |number: &u32| number.to_be_bytes().to_vec();
        match self {
            ToHost::NeedNonce { attempt } => (NEED_NONCE, vec![number(attempt)]),
            ToHost::Apply { attempt, platform, policy_hash, evidence, csr } => {
                let platform = platform.name().as_bytes().to_vec();
                let hash = policy_hash.as_bytes().to_vec();
                (APPLY, vec![number(attempt), platform, hash, evidence.clone(), csr.clone()])
            }
            ToHost::Serving => (SERVING, vec![]),
            ToHost::EndedByParticipant { id } => (ENDED_BY_PARTICIPANT, vec![number(id)]),
            ToHost::EndedByHost { cut } => (ENDED_BY_HOST, vec![number(cut)]),
            ToHost::Failed { code, reason: why } => (FAILED, vec![code.as_bytes().to_vec(), reason(why)]),
        }
    }

    fn of(kind: u8, fields: &[&[u8]]) -> Option<Self> {
        Some(match (kind, fields) {
            (NEED_NONCE, [attempt]) => ToHost::NeedNonce { attempt: number(attempt)? },
            (APPLY, [attempt, platform, hash, evidence, csr]) => ToHost::Apply {
                attempt: number(attempt)?,
                platform: text(platform)?.parse().ok()?,
                policy_hash: <[u8; 32]>::try_from(*hash).ok()?.into(),
                evidence: evidence.to_vec(),
                csr: csr.to_vec(),
            },
            (SERVING, []) => ToHost::Serving,
            (ENDED_BY_PARTICIPANT, [id]) => ToHost::EndedByParticipant { id: number(id)? },
            (ENDED_BY_HOST, [cut]) => ToHost::EndedByHost { cut: number(cut)? },
            (FAILED, [code, why]) => ToHost::Failed { code: text(code)?, reason: text(why)? },
            _ => return None,
        })
    }
}
