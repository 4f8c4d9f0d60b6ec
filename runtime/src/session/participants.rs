//! Who may open a session: whoever holds the key of a certificate that stands in the policy, byte for byte.
//!
//! No chain is built and no name compared: old users' certificates are signed by themselves, without basicConstraints, some
//! of version 1. Equality of bytes names the participant; the handshake's signature proves the key. What else a client
//! sends along is ignored.

use std::collections::HashMap;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use veracruz_policy::FullPolicy;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// How far a participant's clock may be ahead of the instance's: a certificate that was made a moment ago is not refused.
const MAX_CLOCK_SKEW_SECONDS: i64 = 60;

/// The participants' certificates.
#[derive(Debug)]
pub(super) struct Participants {
    by_certificate: HashMap<Vec<u8>, Participant>,
    algorithms: WebPkiSupportedAlgorithms,
}

/// What the handshake needs of one certificate.
#[derive(Debug)]
struct Participant {
    spki: SubjectPublicKeyInfoDer<'static>,
    not_before: i64,
    not_after: i64,
}

/// A participant's certificate cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the certificate of participant {0} cannot be read; the policy needs a new one for this participant")]
pub struct BadParticipant(u32);

impl Participants {
    pub(super) fn of(policy: &FullPolicy, algorithms: WebPkiSupportedAlgorithms) -> Result<Self, BadParticipant> {
        let mut by_certificate = HashMap::new();
        for identity in &policy.identities {
            let der = identity.certificate.der();
            let (_, certificate) = X509Certificate::from_der(der).map_err(|_| BadParticipant(identity.id))?;
            let participant = Participant {
                spki: SubjectPublicKeyInfoDer::from(certificate.public_key().raw.to_vec()),
                not_before: certificate.validity().not_before.timestamp(),
                not_after: certificate.validity().not_after.timestamp(),
            };
            by_certificate.insert(der.to_vec(), participant);
        }
        Ok(Participants { by_certificate, algorithms })
    }

    fn find(&self, certificate: &CertificateDer<'_>) -> Result<&Participant, Error> {
        let unknown = || Error::InvalidCertificate(CertificateError::UnknownIssuer);
        self.by_certificate.get(certificate.as_ref()).ok_or_else(unknown)
    }
}

impl ClientCertVerifier for Participants {
    /// None: a list would tell strangers who the participants are, and clients send their one certificate anyway.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let participant = self.find(end_entity)?;
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        if now > participant.not_after {
            return Err(CertificateError::Expired.into());
        }
        if now.saturating_add(MAX_CLOCK_SKEW_SECONDS) < participant.not_before {
            return Err(CertificateError::NotValidYet.into());
        }
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.2 is never negotiated".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let participant = self.find(certificate)?;
        verify_tls13_signature_with_raw_key(message, &participant.spki, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
