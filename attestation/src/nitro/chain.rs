//! The chain from our own copy of the root down to the certificate that signed.
//!
//! The order is AWS's and no other: `cabundle` is the root, then each issuer below the one before. Entries are never
//! sorted, skipped or searched, and the root in the document is only compared, never used.

use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use super::anchors::Anchors;
use super::certificate::{CertificateAt, CertificateFault, StrictCertificate};
use super::document::Document;
use super::refusal::Refusal;

/// Checks the whole chain of `document` and gives its leaf.
pub(crate) fn check_chain<'a>(
    document: &'a Document,
    anchors: &'a Anchors,
    now: OffsetDateTime,
) -> Result<StrictCertificate<'a>, Refusal> {
    let leaf = StrictCertificate::parse(CertificateAt::Leaf, &document.certificate)?;
    let mut cas = Vec::with_capacity(document.cabundle.len());
    for (index, der) in document.cabundle.iter().enumerate() {
        cas.push(StrictCertificate::parse(CertificateAt::Bundle(index), der)?);
    }
    replace_root(document, anchors, &mut cas)?;

    for certificate in cas.iter().chain([&leaf]) {
        certificate.check_common(now)?;
    }
    for (index, issuer) in cas.iter().enumerate() {
        let below = cas.get(index + 1);
        issuer.check_may_issue(cas.len() - 1 - index)?;
        below.unwrap_or(&leaf).check_issued_by(issuer)?;
    }
    leaf.check_may_sign_documents()?;
    Ok(leaf)
}

/// Puts our own root in the place of the one that came, after its fingerprint was found to be ours.
fn replace_root<'a>(
    document: &Document,
    anchors: &'a Anchors,
    cas: &mut [StrictCertificate<'a>],
) -> Result<(), Refusal> {
    let found: Option<[u8; 32]> = document.cabundle.first().map(|der| Sha256::digest(der).into());
    let slot = cas.first_mut().filter(|_| found == Some(*anchors.root_sha256()));
    let slot = slot.ok_or(Refusal::Root {
        platform: anchors.platform(),
    })?;
    *slot = StrictCertificate::parse(CertificateAt::Bundle(0), anchors.root_der())?;
    Ok(())
}

/// Checks that `document` is from the time of its leaf.
pub(crate) fn check_leaf_window(document: &Document, leaf: &StrictCertificate<'_>) -> Result<(), Refusal> {
    if document.timestamp < leaf.not_before || document.timestamp > leaf.not_after {
        return Err(Refusal::TimestampOutsideLeaf {
            timestamp: document.timestamp,
        });
    }
    Ok(())
}

/// Checks that a certificate can be a root: parses, P-384, CA without a fault of its own. Its time is judged at each use.
pub(crate) fn check_root(der: &[u8]) -> Result<(), CertificateFault> {
    let fault = |refusal| match refusal {
        Refusal::Certificate { fault, .. } => fault,
        _ => CertificateFault::Malformed,
    };
    let root = StrictCertificate::parse(CertificateAt::Bundle(0), der).map_err(fault)?;
    root.check_common(root.not_before).map_err(fault)?;
    root.check_may_issue(0).map_err(fault)?;
    root.check_issued_by(&root).map_err(fault)
}
