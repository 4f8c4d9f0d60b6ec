//! A certificate chain as it came from a source, checked as far as an instance can: that it is for this key, and when.
//!
//! Whether anybody trusts it is for clients to judge.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::sign::CertifiedKey;
use time::OffsetDateTime;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::Identity;

/// Certificates in a chain: leaf, issuer, and room for an authority with intermediates.
const MAX_CERTIFICATES: usize = 4;

/// Bytes of a chain. A leaf with stapled evidence has about 6 KiB; every handshake sends it all.
const MAX_CHAIN_BYTES: usize = 64 << 10;

/// A chain for this instance's key, ready for handshakes.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) key: Arc<CertifiedKey>,
    pub(super) not_after: OffsetDateTime,
}

impl Chain {
    pub(super) fn accept(chain: Vec<Vec<u8>>, identity: &Identity, now: OffsetDateTime) -> Result<Self, ChainError> {
        if chain.len() > MAX_CERTIFICATES || chain.iter().map(Vec::len).sum::<usize>() > MAX_CHAIN_BYTES {
            return Err(ChainError::TooLarge);
        }
        let leaf = chain.first().ok_or(ChainError::Empty)?;
        let (trailing, leaf) = X509Certificate::from_der(leaf).map_err(|_| ChainError::Malformed)?;
        if !trailing.is_empty() {
            return Err(ChainError::Malformed);
        }
        if leaf.public_key().raw != identity.spki_der {
            return Err(ChainError::OtherKey);
        }
        let not_after = leaf.validity().not_after.to_datetime();
        if not_after <= now {
            return Err(ChainError::Ended(not_after));
        }
        let chain = chain.into_iter().map(CertificateDer::from).collect();
        Ok(Chain { key: Arc::new(CertifiedKey::new(chain, Arc::clone(&identity.signing))), not_after })
    }
}

/// Why a chain cannot be the instance's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// No certificate.
    #[error("the certificate source gave no certificate")]
    Empty,
    /// More or longer than any chain of an instance.
    #[error("the chain has more than {MAX_CERTIFICATES} certificates or {MAX_CHAIN_BYTES} bytes")]
    TooLarge,
    /// The first is no X.509 certificate.
    #[error("the first certificate of the chain is no X.509 certificate in DER")]
    Malformed,
    /// It certifies another key.
    #[error("the certificate is for another key than this instance's; ask the source for the key of the request")]
    OtherKey,
    /// Its time is over.
    #[error("the certificate ended at {0}, compare the clocks of this machine and of the attestation service")]
    Ended(OffsetDateTime),
}

impl ChainError {
    /// A stable name of the reason.
    pub const fn code(&self) -> &'static str {
        match self {
            ChainError::Empty => "chain-empty",
            ChainError::TooLarge => "chain-too-large",
            ChainError::Malformed => "chain-malformed",
            ChainError::OtherKey => "chain-of-other-key",
            ChainError::Ended(_) => "chain-ended",
        }
    }
}
