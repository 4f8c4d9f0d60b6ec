//! Documents that were only read.
//!
//! Nothing turns an [`Unverified`] into a `Genuine` or a `Verified`: whoever wants trust starts again from the bytes.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::document::Document;
use super::refusal::Refusal;
use crate::measurement::Pcr;

/// What a document claims. Anyone can write one that claims anything.
#[derive(Clone, Debug)]
pub struct Unverified {
    pub(crate) document: Document,
}

/// Reads a document without checking certificates, signature or any value; for tools that show evidence.
///
/// # Errors
///
/// The refusals of envelope and payload.
pub fn parse_unverified(document: &[u8]) -> Result<Unverified, Refusal> {
    let (_, document) = Document::parse(document)?;
    Ok(Unverified { document })
}

impl Unverified {
    /// The claimed id of the enclave.
    pub fn module_id(&self) -> &str {
        &self.document.module_id
    }

    /// The claimed time, to the millisecond.
    pub fn timestamp(&self) -> OffsetDateTime {
        self.document.timestamp
    }

    /// The DER of the root that the document brings along, the first of its bundle. Trusting it because it is there would
    /// trust everybody: a caller compares it with one that it knows, or says that it proves nothing.
    pub fn presented_root(&self) -> Option<&[u8]> {
        self.document.cabundle.first().map(Vec::as_slice)
    }

    /// The claimed registers.
    pub fn pcrs(&self) -> &BTreeMap<u8, Pcr> {
        &self.document.pcrs
    }

    /// The claimed nonce.
    pub fn nonce(&self) -> Option<&[u8]> {
        self.document.nonce.as_deref()
    }

    /// The claimed user data.
    pub fn user_data(&self) -> Option<&[u8]> {
        self.document.user_data.as_deref()
    }

    /// The claimed public key.
    pub fn public_key(&self) -> Option<&[u8]> {
        self.document.public_key.as_deref()
    }
}
