//! The evidence out of a certificate, for tools that look at it before anything is known of it.

use veracruz_policy::Platform;

use super::evidence;
use super::refusal::CertificateRefusal;
use super::shape::Leaf;
use crate::certificate::oid;

/// The document that is stapled into the certificate as evidence of `platform`; `None` when there is none. Nothing of it
/// is verified.
///
/// # Errors
///
/// [`CertificateRefusal`] when certificate or extension cannot be read, or the evidence is of another platform.
pub fn stapled_evidence(leaf_der: &[u8], platform: Platform) -> Result<Option<Vec<u8>>, CertificateRefusal> {
    let leaf = Leaf::parse(leaf_der)?;
    let stapled = leaf.extension(oid::CONCEPTUAL_MESSAGE);
    stapled.map(|stapled| evidence::unwrap(platform, stapled).map(<[u8]>::to_vec)).transpose()
}
