//! Keeps the certificate valid: gets the first one, renews it before it ends, and hands it to handshakes.
//!
//! A renewal that fails leaves the old certificate in use and is tried again; it never ends the instance, but it shows
//! in the status. When the policy's `enclave_cert_expiry` has come, nothing is renewed any more, and the last certificate
//! lapses as it would by itself.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use time::OffsetDateTime;
use tokio::sync::watch;

use super::applicant::Applicant;
use super::chain::{Chain, ChainError};
use super::source::{CertificateSource, SourceError};
use super::{BoxFuture, Identity};

/// How often the clock is looked at: the time of day may jump, so one long timer would miss the end.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// The first pause after a renewal that failed; it doubles up to [`LOOK_EVERY`].
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// How long one answer of the source may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// How it stands with the instance's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CertificateStatus {
    /// When the certificate in use ends.
    pub not_after: OffsetDateTime,
    /// How many times it was renewed.
    pub renewals: u64,
    /// The attempts to renew it that failed since it was obtained, if any did.
    pub failure: Option<RenewalFailure>,
}

/// Attempts that failed, one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RenewalFailure {
    /// How many.
    pub attempts: u32,
    /// Why the last one did.
    pub reason: String,
}

/// The certificate in use and how to get the next.
pub(crate) struct Keeper {
    applicant: Applicant,
    source: Arc<dyn CertificateSource>,
    current: ArcSwap<CertifiedKey>,
    status: watch::Sender<CertificateStatus>,
    /// From then on the policy wants no certificate.
    expiry: OffsetDateTime,
}

/// Why no certificate was obtained.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertifyError {
    /// The source failed; its own words.
    #[error("{0}")]
    Source(SourceError),
    /// What the source gave is no certificate of this instance.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The source did not answer.
    #[error(
        "the certificate source did not answer within {} seconds; check that the attestation service runs",
        ANSWER_TIMEOUT.as_secs()
    )]
    Timeout,
}

impl CertifyError {
    /// A stable name of the reason.
    pub const fn code(&self) -> &'static str {
        match self {
            CertifyError::Source(_) => "certificate-source",
            CertifyError::Chain(error) => error.code(),
            CertifyError::Timeout => "certificate-source-timeout",
        }
    }
}

impl Keeper {
    /// Gets the first certificate, also after `expiry`: policies that users have are years old, and an instance without a
    /// certificate is none.
    pub(crate) async fn start(
        applicant: Applicant,
        source: Arc<dyn CertificateSource>,
        expiry: OffsetDateTime,
    ) -> Result<Self, CertifyError> {
        if applicant.now() >= expiry {
            tracing::warn!(%expiry, "the policy's enclave_cert_expiry has passed: the certificate will not be renewed");
        }
        let chain = obtain(&applicant, &*source).await?;
        let status = CertificateStatus { not_after: chain.not_after, renewals: 0, failure: None };
        let (status, _) = watch::channel(status);
        Ok(Keeper { applicant, source, current: ArcSwap::new(chain.key), status, expiry })
    }

    pub(crate) fn identity(&self) -> &Arc<Identity> {
        self.applicant.identity()
    }

    pub(crate) fn status(&self) -> watch::Receiver<CertificateStatus> {
        self.status.subscribe()
    }

    /// Renews until the policy's expiry; whoever runs the instance drops this future with it.
    pub(crate) fn renewing(self: Arc<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            loop {
                let not_after = self.status.borrow().not_after;
                self.until_due(not_after).await;
                if self.applicant.now() >= self.expiry {
                    tracing::warn!(%not_after, "the policy's enclave_cert_expiry has come: this certificate is the last");
                    return;
                }
                self.renew().await;
            }
        })
    }

    /// Returns when a third of the certificate's life is left.
    async fn until_due(&self, not_after: OffsetDateTime) {
        let margin = (not_after - self.applicant.now()) / 3;
        while self.applicant.now() < not_after - margin {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn renew(&self) {
        let mut pause = FIRST_PAUSE;
        loop {
            match obtain(&self.applicant, &*self.source).await {
                Ok(chain) => return self.take(chain),
                Err(error) => self.note_failure(&error),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LOOK_EVERY);
        }
    }

    fn take(&self, chain: Chain) {
        self.current.store(chain.key);
        tracing::info!(not_after = %chain.not_after, "the instance's certificate was renewed");
        self.status.send_modify(|status| {
            let renewals = status.renewals.saturating_add(1);
            *status = CertificateStatus { not_after: chain.not_after, renewals, failure: None };
        });
    }

    fn note_failure(&self, error: &CertifyError) {
        let reason = error.to_string();
        self.status.send_modify(|status| {
            let attempts = status.failure.as_ref().map_or(1, |failure| failure.attempts.saturating_add(1));
            tracing::warn!(attempts, not_after = %status.not_after, %reason, "the certificate could not be renewed");
            status.failure = Some(RenewalFailure { attempts, reason: reason.clone() });
        });
    }
}

async fn obtain(applicant: &Applicant, source: &dyn CertificateSource) -> Result<Chain, CertifyError> {
    let answer = tokio::time::timeout(ANSWER_TIMEOUT, source.certify(applicant)).await;
    let chain = answer.map_err(|_| CertifyError::Timeout)?.map_err(CertifyError::Source)?;
    Ok(Chain::accept(chain, applicant.identity(), applicant.now())?)
}

impl ResolvesServerCert for Keeper {
    /// The one certificate, whatever name the client asks for: clients of Veracruz send none.
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper").field("status", &*self.status.borrow()).finish_non_exhaustive()
    }
}
