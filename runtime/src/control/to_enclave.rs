//! What the host says.

use super::fields::{number, reason, text};
use super::frame::Message;
use super::frame::sealed::Parts;
use super::{FIELDS_OVERHEAD, MAX_CHAIN_BYTES, MAX_REASON_BYTES, MAX_SMALL_BYTES, MAX_START_BYTES};

/// Where the instance's certificates come from. The host chooses, and clients decide what they accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificates {
    /// From an attestation service that the host can reach; the enclave asks with [`ToHost`](super::ToHost).
    FromHost,
    /// The instance signs for itself.
    SelfSigned,
}

/// A message of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ToEnclave {
    /// Serve this policy. The first message, and the only one of its kind.
    Start {
        /// The policy's exact text, UTF-8.
        policy: String,
        /// Where certificates come from.
        certificates: Certificates,
    },
    /// The attestation service's nonce.
    Nonce {
        /// The attempt that asked.
        attempt: u32,
        /// 32 bytes.
        nonce: [u8; 32],
    },
    /// The certificate.
    Chain {
        /// The attempt that asked.
        attempt: u32,
        /// Certificates in DER, the instance's own first.
        chain: Vec<Vec<u8>>,
    },
    /// There is no nonce or no certificate.
    Refused {
        /// The attempt that asked.
        attempt: u32,
        /// Why, in words, at most [`MAX_REASON_BYTES`] bytes.
        reason: String,
    },
    /// End in order.
    Stop,
}

const START: u8 = 1;
const START_SELF_SIGNED: u8 = 2;
const NONCE: u8 = 3;
const CHAIN: u8 = 4;
const REFUSED: u8 = 5;
const STOP: u8 = 6;

impl Message for ToEnclave {}

impl Parts for ToEnclave {
    fn most(kind: u8) -> Option<usize> {
        match kind {
            START | START_SELF_SIGNED => Some(MAX_START_BYTES),
            CHAIN => Some(MAX_CHAIN_BYTES),
            REFUSED => Some(MAX_REASON_BYTES + FIELDS_OVERHEAD),
            NONCE | STOP => Some(MAX_SMALL_BYTES),
            _ => None,
        }
    }

    fn parts(&self) -> (u8, Vec<Vec<u8>>) {
        let numbered = |attempt: &u32| vec![attempt.to_be_bytes().to_vec()];
        match self {
            ToEnclave::Start { policy, certificates: Certificates::FromHost } => {
                (START, vec![policy.as_bytes().to_vec()])
            }
            ToEnclave::Start { policy, certificates: Certificates::SelfSigned } => {
                (START_SELF_SIGNED, vec![policy.as_bytes().to_vec()])
            }
            ToEnclave::Nonce { attempt, nonce } => (NONCE, [numbered(attempt), vec![nonce.to_vec()]].concat()),
            ToEnclave::Chain { attempt, chain } => (CHAIN, [numbered(attempt), chain.clone()].concat()),
            ToEnclave::Refused { attempt, reason: why } => (REFUSED, [numbered(attempt), vec![reason(why)]].concat()),
            ToEnclave::Stop => (STOP, vec![]),
        }
    }

    fn of(kind: u8, fields: &[&[u8]]) -> Option<Self> {
        let start = |policy: &[u8], certificates| Some(ToEnclave::Start { policy: text(policy)?, certificates });
        match (kind, fields) {
            (START, [policy]) => start(policy, Certificates::FromHost),
            (START_SELF_SIGNED, [policy]) => start(policy, Certificates::SelfSigned),
            (NONCE, [attempt, nonce]) => {
                Some(ToEnclave::Nonce { attempt: number(attempt)?, nonce: (*nonce).try_into().ok()? })
            }
            (CHAIN, [attempt, chain @ ..]) => {
                let chain = chain.iter().map(|certificate| certificate.to_vec()).collect();
                Some(ToEnclave::Chain { attempt: number(attempt)?, chain })
            }
            (REFUSED, [attempt, why]) => Some(ToEnclave::Refused { attempt: number(attempt)?, reason: text(why)? }),
            (STOP, []) => Some(ToEnclave::Stop),
            _ => None,
        }
    }
}
