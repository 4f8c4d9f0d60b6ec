//! TLS as instances speak it: version 1.3, the policy's one ciphersuite, the client's certificate, nothing else.
//!
//! No server name goes out and none is compared, nothing is resumed, nothing is sent early: an instance is known by its
//! evidence, and a resumed session would skip that.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::version::TLS13;
use rustls::{ClientConfig, ClientConnection};
use veracruz_policy::FullPolicy;

use crate::clock::{Clock, TlsClock};
use crate::error::Error;
use crate::identity::Identity;
use crate::trust::Demands;
use crate::verify::InstanceVerifier;

/// Ciphertext that waits for the socket, in bytes, at most: two of the writes that fill a socket's buffer.
const MAX_UNSENT_BYTES: usize = 256 * 1024;

/// What the handshakes of one client have in common.
pub(crate) struct Tls {
    provider: Arc<CryptoProvider>,
    identity: Identity,
    clock: Arc<dyn Clock>,
}

impl Tls {
    pub(crate) fn new(policy: &FullPolicy, identity: Identity, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let wanted = policy.ciphersuite.suite().iana();
        let mut provider = aws_lc_rs::default_provider();
        provider.cipher_suites.retain(|suite| u16::from(suite.suite()) == wanted);
        if provider.cipher_suites.is_empty() {
            return Err(Error::Ciphersuite(policy.ciphersuite.to_string()));
        }
        Ok(Tls { provider: Arc::new(provider), identity, clock })
    }

    /// The settings of one handshake, and the verifier that will know what the peer showed.
    pub(crate) fn one_handshake(
        &self,
        demands: Arc<Demands>,
    ) -> Result<(Arc<ClientConfig>, Arc<InstanceVerifier>), Error> {
        let verifier = InstanceVerifier::new(demands, self.provider.signature_verification_algorithms);
        let verifier = Arc::new(verifier);
        let clock = Arc::new(TlsClock(self.clock.clone()));
        let versioned = ClientConfig::builder_with_details(self.provider.clone(), clock)
            .with_protocol_versions(&[&TLS13])
            .map_err(|_| Error::System { what: "TLS 1.3 with the policy's ciphersuite" })?;
        let mut config = versioned
            .dangerous() // rustls' word for any verifier that is not its own
            .with_custom_certificate_verifier(verifier.clone())
            .with_client_cert_resolver(self.identity.resolver());
        config.resumption = Resumption::disabled();
        config.enable_sni = false;
        config.enable_early_data = false;
        Ok((Arc::new(config), verifier))
    }

    /// 32 fresh random bytes.
    pub(crate) fn nonce(&self) -> Result<[u8; 32], Error> {
        let mut nonce = [0; 32];
        let filled = self.provider.secure_random.fill(&mut nonce);
        filled.map_err(|_| Error::System { what: "random bytes" })?;
        Ok(nonce)
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }
}

/// Lets a large write reach the socket in few calls.
pub(crate) fn widen(connection: &mut ClientConnection) {
    connection.set_buffer_limit(Some(MAX_UNSENT_BYTES));
}
