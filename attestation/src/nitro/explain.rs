//! Evidence in plain words: what it shows, what was checked, and as plainly what was not.
//!
//! An explanation never decides anything; scripts take the verdict from the types and codes, not from these words.

mod print;
mod sentences;

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use veracruz_policy::Platform;

use super::certificate::{CertificateAt, StrictCertificate};
use super::checked::Checked;
use super::document::Document;
use super::genuine::Genuine;
use super::unverified::Unverified;
use super::verified::Verified;
use crate::measurement::Pcr;

/// An explanation: print it with `Display`, or serialise it. In the serialised form the strings are the sender's own;
/// `Display` shows them bounded and escaped.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// How far the checks went.
    pub standing: Standing,
    /// The platform of the anchor; `null` when no anchor was involved.
    pub platform: Option<Platform>,
    /// The enclave's id.
    pub module_id: String,
    /// When the evidence says that it was made, RFC 3339.
    pub timestamp: String,
    /// Whether the registers show debug mode.
    pub debug: bool,
    /// The registers by rising index.
    pub pcrs: Vec<Register>,
    /// The nonce.
    pub nonce: Option<Bytes>,
    /// The user data.
    pub user_data: Option<Bytes>,
    /// The public key.
    pub public_key: Option<Bytes>,
    /// The chain, the root first and the signing certificate last.
    pub certificates: Vec<Certificate>,
    /// SHA-384 over the document, hexadecimal.
    pub evidence_sha384: String,
    /// What was checked, a sentence each.
    pub checked: Vec<String>,
    /// What was not checked, a sentence each.
    pub not_checked: Vec<String>,
}

/// How far the checks of some evidence went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Read only.
    Unverified,
    /// Signed under the anchor, but not compared with a whole expectation.
    Genuine,
    /// Signed under the anchor and accepted by an expectation.
    Verified,
}

/// One platform configuration register.
#[derive(Clone, Debug, Serialize)]
pub struct Register {
    /// 0 to 31.
    pub index: u8,
    /// The value.
    pub value: Pcr,
    /// What the platform or the application records there.
    pub meaning: &'static str,
    /// Whether the value was compared with an expected one.
    pub compared: bool,
}

/// Bytes of the document.
#[derive(Clone, Debug, Serialize)]
pub struct Bytes {
    /// How many.
    pub length: usize,
    /// All of them, hexadecimal.
    pub hex: String,
}

/// One certificate of the chain.
#[derive(Clone, Debug, Serialize)]
pub struct Certificate {
    /// Where in the document it stands: `cabundle[n]` or `certificate`.
    pub at: String,
    /// Its subject; `null` where the certificate does not parse.
    pub subject: Option<String>,
    /// Its first moment, RFC 3339.
    pub not_before: Option<String>,
    /// Its last moment, RFC 3339.
    pub not_after: Option<String>,
}

impl Unverified {
    /// Explains what the document claims.
    pub fn explain(&self) -> Explanation {
        explanation(&self.document, Standing::Unverified, None, &Checked::default())
    }
}

impl Genuine {
    /// Explains the document and the single checks made on it so far.
    pub fn explain(&self) -> Explanation {
        explanation(&self.document, Standing::Genuine, Some(self.platform), &self.checked)
    }
}

impl Verified {
    /// Explains the document and its appraisal.
    pub fn explain(&self) -> Explanation {
        let genuine = &self.genuine;
        explanation(
            &genuine.document,
            Standing::Verified,
            Some(genuine.platform),
            &genuine.checked,
        )
    }
}

fn explanation(document: &Document, standing: Standing, platform: Option<Platform>, checked: &Checked) -> Explanation {
    let register = |(index, value): (&u8, &Pcr)| Register {
        index: *index,
        value: *value,
        meaning: meaning(*index),
        compared: checked.pcrs.contains(index),
    };
    Explanation {
        standing,
        platform,
        module_id: document.module_id.clone(),
        timestamp: moment(document.timestamp),
        debug: document.is_debug(),
        pcrs: document.pcrs.iter().map(register).collect(),
        nonce: document.nonce.as_deref().map(bytes),
        user_data: document.user_data.as_deref().map(bytes),
        public_key: document.public_key.as_deref().map(bytes),
        certificates: certificates(document),
        evidence_sha384: hex::encode(document.evidence_sha384),
        checked: sentences::checked(document, platform, checked),
        not_checked: sentences::not_checked(document, platform, checked),
    }
}

/// What AWS records in each register
/// (<https://docs.aws.amazon.com/enclaves/latest/user/set-up-attestation.html>).
fn meaning(index: u8) -> &'static str {
    match index {
        0 => "the whole enclave image",
        1 => "kernel, its command line and the first ramdisk",
        2 => "the application: all ramdisks but the first",
        3 => "the IAM role of the parent instance",
        4 => "the id of the parent instance",
        8 => "the certificate that signed the image",
        16 => "the application's own; Veracruz records the policy here",
        17.. => "the application's own",
        _ => "not in use",
    }
}

fn certificates(document: &Document) -> Vec<Certificate> {
    let bundle = document
        .cabundle
        .iter()
        .enumerate()
        .map(|(index, der)| (CertificateAt::Bundle(index), der));
    let all = bundle.chain([(CertificateAt::Leaf, &document.certificate)]);
    all.map(|(at, der)| {
        let parsed = StrictCertificate::parse(at, der).ok();
        Certificate {
            at: at.to_string(),
            subject: parsed.as_ref().map(StrictCertificate::subject),
            not_before: parsed.as_ref().map(|certificate| moment(certificate.not_before)),
            not_after: parsed.as_ref().map(|certificate| moment(certificate.not_after)),
        }
    })
    .collect()
}

fn bytes(bytes: &[u8]) -> Bytes {
    Bytes {
        length: bytes.len(),
        hex: hex::encode(bytes),
    }
}

/// RFC 3339 where the year fits it, which a document's does: its range ends with the year 9999.
fn moment(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_else(|_| at.to_string())
}
