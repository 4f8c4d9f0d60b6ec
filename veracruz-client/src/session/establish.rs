//! From a connection to a verified one.

use rustls::ClientConnection;
use veracruz_attestation::certificate::Unchecked;
use veracruz_attestation::nitro::Verified;
use veracruz_attestation::{EXPORTER_LABEL, Role, exporter_context};
use veracruz_protocol::{Content, Request};

use super::{exchange, unexpected};
use crate::client::Inner;
use crate::error::Error;
use crate::verify::{Attested, Challenge, PeerCertificate, Refusal};
use crate::wire::Wire;

/// The first thing that is said after the handshake. A server that does not want the client's certificate says so now:
/// in TLS 1.3 the client's handshake is over before the server has looked.
pub(crate) const FIRST_REQUEST: &str = "ask for evidence";

/// Connects and verifies. Only what this asks is sent: a nonce, and a question for the policy's hash.
pub(super) async fn establish(inner: &Inner) -> Result<(Wire, Attested), Error> {
    let (mut wire, verifier) = inner.dial().await?;
    let peer = verifier.found().ok_or(Refusal::NoCertificate)?;
    let evidence = match inner.demands.session_evidence {
        true => Some(evidence(inner, &mut wire, peer).await?),
        false => None,
    };
    policy_hash(inner, &mut wire).await?;
    let platform = evidence.as_ref().map(Verified::platform).or(peer.platform);
    let attested = Attested {
        platform,
        any_root: platform.is_some_and(|platform| inner.demands.takes_any_root(platform)),
        policy_hash: inner.demands.policy_hash,
        unchecked: left_to_trust(peer, evidence.is_some()),
        evidence,
    };
    Ok((wire, attested))
}

async fn evidence(inner: &Inner, wire: &mut Wire, peer: &PeerCertificate) -> Result<Verified, Error> {
    let nonce = inner.tls.nonce()?;
    let challenge = Challenge { nonce, channel: channel(wire.tls(), &nonce)? };
    let answer = exchange(wire, &Request::Evidence { nonce }, FIRST_REQUEST, "").await;
    let (document, platform) = match answer {
        Ok(Content::Evidence { document, platform }) => (document, platform),
        Ok(_) => return Err(Refusal::NoEvidence("the answer has none".to_owned()).into()),
        Err(Error::Failed { failure, .. }) => return Err(Refusal::NoEvidence(failure.to_string()).into()),
        Err(error) => return Err(error),
    };
    let now = inner.tls.clock().now();
    Ok(inner.demands.check_session(peer, &challenge, platform, &document, now)?)
}

/// 32 bytes that only the two ends of this connection can compute (RFC 8446, section 7.5; docs/BINDING.md).
fn channel(connection: &ClientConnection, nonce: &[u8; 32]) -> Result<[u8; 32], Error> {
    let context = exporter_context(Role::Server, nonce);
    let exported = connection.export_keying_material([0; 32], EXPORTER_LABEL.as_bytes(), Some(&context));
    exported.map_err(|_| Error::System { what: "keying material of the connection" })
}

async fn policy_hash(inner: &Inner, wire: &mut Wire) -> Result<(), Error> {
    let expected = inner.demands.policy_hash;
    match exchange(wire, &Request::PolicyHash, "ask for the policy's hash", "").await? {
        Content::PolicyHash(found) if found == expected => Ok(()),
        Content::PolicyHash(found) => Err(Refusal::PolicyHash { expected, found }.into()),
        _ => Err(unexpected("ask for the policy's hash")),
    }
}

/// What the certificate left open, less what evidence of the session and the instance's own word close.
fn left_to_trust(peer: &PeerCertificate, evidence: bool) -> Vec<Unchecked> {
    let closed = |what: &Unchecked| match what {
        Unchecked::PolicyHash => true,
        Unchecked::Platform | Unchecked::Evidence | Unchecked::EvidenceNonce => evidence,
        _ => false,
    };
    peer.instance.unchecked().iter().filter(|what| !closed(what)).copied().collect()
}
