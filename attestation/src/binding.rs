//! What ties evidence to one key, one policy, one nonce and one connection, so that evidence made for one purpose is
//! worthless for any other.
//!
//! Pure functions: nothing here may read a clock, draw randomness or look at a connection. `docs/BINDING.md` describes
//! the same in words, `docs/vectors/binding.json` has vectors for other implementations.

use sha2::{Digest as _, Sha256, Sha384};
use veracruz_policy::{Platform, Sha256Digest};

use crate::cbor::Writer;
use crate::measurement::Pcr;

/// The label of the TLS exporter (RFC 8446, section 7.5) whose 32 bytes are [`Binding::channel`].
pub const EXPORTER_LABEL: &str = "EXPORTER-veracruz-attestation-v1";

/// The channel of evidence that is made before there is a connection: with role [`Role::Csr`], always.
pub const NO_CHANNEL: [u8; 32] = [0; 32];

/// The register that the runtime extends with its policy before it listens; 16 is the first that AWS leaves to
/// applications.
pub const POLICY_PCR: u8 = 16;

const BINDING_DOMAIN: &[u8] = b"veracruz/bind/v1\0";
const POLICY_DOMAIN: &[u8] = b"veracruz/policy/v1";

/// For what the evidence is made. It keeps evidence of a server from being sent back to it as evidence of a client
/// (reflection).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// The side that accepted the TLS connection.
    Server,
    /// The side that opened the TLS connection.
    Client,
    /// An instance that asks for a certificate; no connection is bound.
    Csr,
}

impl Role {
    /// The name that is hashed: `server`, `client` or `csr`.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Server => "server",
            Role::Client => "client",
            Role::Csr => "csr",
        }
    }
}

/// Everything that one piece of evidence is bound to.
#[derive(Clone, Copy, Debug)]
pub struct Binding<'a> {
    /// The platform that the evidence is of.
    pub platform: Platform,
    /// What the evidence is for.
    pub role: Role,
    /// The DER SubjectPublicKeyInfo of the attester's TLS key. Only its SHA-384 goes in.
    pub spki_der: &'a [u8],
    /// The SHA-256 of the policy's exact text.
    pub policy_hash: &'a Sha256Digest,
    /// The verifier's nonce.
    pub nonce: &'a [u8; 32],
    /// 32 bytes of the TLS exporter ([`EXPORTER_LABEL`], [`exporter_context`]), or [`NO_CHANNEL`].
    pub channel: &'a [u8; 32],
}

impl Binding<'_> {
    /// The 48 bytes for the `user_data` of an attestation document:
    /// `SHA-384("veracruz/bind/v1" || 0x00 || CBOR[platform, role, SHA-384(spki), policy_hash, nonce, channel])`.
    ///
    /// The CBOR is deterministic (RFC 8949, section 4.2.1): two texts, then four byte strings of 48, 32, 32, 32 bytes.
    pub fn bind(&self) -> [u8; 48] {
        let mut cbor = Writer::new();
        cbor.array(6)
            .text(self.platform.name())
            .text(self.role.name())
            .bytes(&Sha384::digest(self.spki_der))
            .bytes(self.policy_hash.as_bytes())
            .bytes(self.nonce)
            .bytes(self.channel);
        Sha384::new()
            .chain_update(BINDING_DOMAIN)
            .chain_update(cbor.finish())
            .finalize()
            .into()
    }
}

/// The context to give to the TLS exporter: `SHA-256(role || nonce)`, the role as its name in ASCII.
pub fn exporter_context(role: Role, nonce: &[u8; 32]) -> [u8; 32] {
    Sha256::new()
        .chain_update(role.name())
        .chain_update(nonce)
        .finalize()
        .into()
}

/// What a runtime extends [`POLICY_PCR`] with at boot: `SHA-384("veracruz/policy/v1" || policy text)`.
pub fn policy_pcr_extension(policy_text: &[u8]) -> [u8; 48] {
    Sha384::new()
        .chain_update(POLICY_DOMAIN)
        .chain_update(policy_text)
        .finalize()
        .into()
}

/// The value of [`POLICY_PCR`] after that: `SHA-384(0^48 || extension)`.
pub fn expected_policy_pcr(policy_text: &[u8]) -> Pcr {
    Pcr::ZERO.extend(&policy_pcr_extension(policy_text))
}
