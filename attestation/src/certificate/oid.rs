//! The object identifiers of the extensions in an instance's certificate.

/// The runtime hash that clients of Veracruz read: 32 raw bytes as the extension's value, in no inner DER.
///
/// Veracruz took the number without a registration; it is kept because its clients look for it.
pub const RUNTIME_HASH: &[u64] = &[2, 5, 30, 1];

/// What the authority found in the evidence: a DER OCTET STRING around the CBOR of
/// [`AttestationClaims`](super::AttestationClaims).
///
/// **Provisional.** The project has no private enterprise number yet, and a proper `2.25.<UUID>` has a number of 128
/// bits, which the encoder (arcs of 64 bits) cannot write and common parsers (arcs of 32 bits) cannot read. So these are
/// two numbers of 31 random bits under `2.25`, drawn once: nobody else has them but by a chance of 2^-62, yet no
/// registry says so. When an enterprise number is assigned, put `1.3.6.1.4.1.<number>.1` here, raise the version in the
/// claims, and let clients read both for as long as certificates of the old kind live, which is an hour.
pub const ATTESTATION_CLAIMS: &[u64] = &[2, 25, 1_364_961_260, 1_256_466_468];

/// The evidence itself as a conceptual message wrapper: `id-pe-cmw` of draft-ietf-rats-msg-wrap, a DER OCTET STRING
/// around a CBOR record.
pub const CONCEPTUAL_MESSAGE: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 1, 35];
