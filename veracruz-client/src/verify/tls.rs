//! The same checks as the TLS library calls them: its port for certificates of servers.
//!
//! Host names mean nothing here: an instance is known by its evidence, wherever it listens.

use std::io;
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, PeerMisbehaved, SignatureScheme};
use time::OffsetDateTime;

use super::certificate::PeerCertificate;
use super::refusal::Refusal;
use crate::trust::Demands;

/// Judges the certificate of one connection, and keeps what it found.
#[derive(Debug)]
pub(crate) struct InstanceVerifier {
    demands: Arc<Demands>,
    algorithms: WebPkiSupportedAlgorithms,
    found: OnceLock<PeerCertificate>,
}

impl InstanceVerifier {
    pub(crate) fn new(demands: Arc<Demands>, algorithms: WebPkiSupportedAlgorithms) -> Self {
        InstanceVerifier { demands, algorithms, found: OnceLock::new() }
    }

    /// The certificate that the handshake accepted.
    pub(crate) fn found(&self) -> Option<&PeerCertificate> {
        self.found.get()
    }
}

impl ServerCertVerifier for InstanceVerifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let now = OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| Error::FailedToGetCurrentTime)?;
        let others: Vec<&[u8]> = others.iter().map(AsRef::as_ref).collect();
        let peer = self.demands.check_certificate(leaf, &others, now).map_err(refuse)?;
        // A handshake has one certificate; a second one would be another peer's.
        self.found.set(peer).map_err(|_| Error::General("a second certificate in one handshake".to_owned()))?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(PeerMisbehaved::SelectedUnofferedCipherSuite.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        _certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let found = self.found.get().ok_or(Error::NoCertificatesPresented)?;
        let key = SubjectPublicKeyInfoDer::from(found.instance.spki_der());
        verify_tls13_signature_with_raw_key(message, &key, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

fn refuse(refusal: Refusal) -> Error {
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(refusal))))
}

/// The refusal with which a handshake ended, if that was the reason.
pub(crate) fn refusal_in(error: &io::Error) -> Option<Refusal> {
    let error: &Error = error.get_ref()?.downcast_ref()?;
    match error {
        Error::InvalidCertificate(CertificateError::Other(OtherError(reason))) => {
            reason.downcast_ref::<Refusal>().cloned()
        }
        Error::NoCertificatesPresented => Some(Refusal::NoCertificate),
        _ => None,
    }
}
