//! The TLS of sessions: version 1.3 and the policy's one ciphersuite, nothing to negotiate, nothing to resume.
//!
//! A resumed session or early data would skip the evidence that clients bind to a connection, so there are no tickets
//! and no session cache.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::UnixTime;
use rustls::server::{NoServerSessionStorage, ServerConfig};
use rustls::time_provider::TimeProvider;
use rustls::version::TLS13;
use veracruz_policy::{Ciphersuite, FullPolicy};

use super::participants::{BadParticipant, Participants};
use crate::clock::Clock;
use crate::identity::Keeper;

/// The configuration of every session of an instance.
pub(crate) fn config(
    policy: &Arc<FullPolicy>,
    keeper: Arc<Keeper>,
    clock: Arc<dyn Clock>,
) -> Result<Arc<ServerConfig>, TlsError> {
    let suite = policy.ciphersuite.suite();
    let mut provider = aws_lc_rs::default_provider();
    provider.cipher_suites.retain(|offered| u16::from(offered.suite()) == suite.iana());
    if provider.cipher_suites.is_empty() {
        return Err(TlsError::Ciphersuite(suite));
    }
    let participants = Participants::of(policy, provider.signature_verification_algorithms)?;
    let provider: Arc<CryptoProvider> = Arc::new(provider);
    let mut config = ServerConfig::builder_with_details(provider, Arc::new(WallTime(clock)))
        .with_protocol_versions(&[&TLS13])
        .map_err(TlsError::Library)?
        .with_client_cert_verifier(Arc::new(participants))
        .with_cert_resolver(keeper);
    config.send_tls13_tickets = 0;
    config.max_early_data_size = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    Ok(Arc::new(config))
}

/// The instance's clock, as the TLS library asks for it.
struct WallTime(Arc<dyn Clock>);

impl TimeProvider for WallTime {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.wall().unix_timestamp()).ok()?;
        Some(UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)))
    }
}

impl fmt::Debug for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WallTime")
    }
}

/// Why the policy's sessions cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The TLS library has no such ciphersuite.
    #[error(
        "this runtime does not offer the policy's ciphersuite {}; use TLS1_3_CHACHA20_POLY1305_SHA256 or an AES GCM one", .0.name()
    )]
    Ciphersuite(Ciphersuite),
    /// The certificate of a participant cannot be used.
    #[error(transparent)]
    Participant(#[from] BadParticipant),
    /// The TLS library refused the configuration.
    #[error("the TLS library refused the configuration: {0}")]
    Library(#[source] rustls::Error),
}

impl TlsError {
    /// A stable name of the reason.
    pub const fn code(&self) -> &'static str {
        match self {
            TlsError::Ciphersuite(_) => "ciphersuite-not-offered",
            TlsError::Participant(_) => "participant-certificate",
            TlsError::Library(_) => "tls-configuration",
        }
    }
}
