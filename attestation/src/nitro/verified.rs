//! Documents that were authenticated and appraised.

use std::collections::BTreeMap;

use time::OffsetDateTime;
use veracruz_policy::Platform;

use super::genuine::Genuine;
use crate::measurement::{Measurements, Pcr};

/// Evidence that a relying party's expectation accepted. Only an appraisal makes one.
#[derive(Clone, Debug)]
pub struct Verified {
    pub(crate) genuine: Genuine,
    pub(crate) matched: Option<Measurements>,
}

impl Verified {
    /// The platform that the anchor stands for.
    pub fn platform(&self) -> Platform {
        self.genuine.platform()
    }

    /// The accepted measurements that the evidence shows; `None` only for an enclave in debug mode, which the expectation
    /// dangerously allowed and whose code nobody knows.
    pub fn matched(&self) -> Option<&Measurements> {
        self.matched.as_ref()
    }

    /// Whether the enclave runs in debug mode; true only where the expectation dangerously allowed it.
    pub fn is_debug(&self) -> bool {
        self.genuine.is_debug()
    }

    /// The enclave's id as the platform names it: on Nitro `<instance>-enc<id>`.
    pub fn module_id(&self) -> &str {
        self.genuine.module_id()
    }

    /// When the evidence was made, by the platform's clock, to the millisecond.
    pub fn timestamp(&self) -> OffsetDateTime {
        self.genuine.timestamp()
    }

    /// All registers that the evidence shows, also those that nobody compared.
    pub fn pcrs(&self) -> &BTreeMap<u8, Pcr> {
        self.genuine.pcrs()
    }

    /// The nonce, if one was asked for.
    pub fn nonce(&self) -> Option<&[u8]> {
        self.genuine.nonce()
    }

    /// The user data, if the enclave gave any.
    pub fn user_data(&self) -> Option<&[u8]> {
        self.genuine.user_data()
    }

    /// The public key, if the enclave gave one. No check of this crate looks into it.
    pub fn public_key(&self) -> Option<&[u8]> {
        self.genuine.public_key()
    }

    /// Until when the signing certificate is valid; what is derived from this evidence should not live longer.
    pub fn leaf_not_after(&self) -> OffsetDateTime {
        self.genuine.leaf_not_after()
    }

    /// SHA-384 over the document as received. It names these bytes in a log or a certificate; it is no replay key.
    pub fn evidence_sha384(&self) -> [u8; 48] {
        self.genuine.evidence_sha384()
    }
}
