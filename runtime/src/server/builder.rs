//! What an embedder chooses, and the start in its order: bind the policy, get the certificate.

use std::sync::Arc;

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};
use veracruz_attestation::attester::Nsm;
use veracruz_policy::{FullPolicy, Platform};

use super::Runtime;
use crate::clock::{Clock, SystemClock};
use crate::identity::{Applicant, CertificateSource, CertifyError, Identity, IdentityError, Keeper, SelfSigned};
use crate::instance::Instance;
use crate::limits::Limits;
use crate::session::{TlsError, config};

/// Collects the parts of an instance.
#[must_use = "a builder does nothing until `start`"]
pub struct RuntimeBuilder {
    policy: FullPolicy,
    source: Arc<dyn CertificateSource>,
    clock: Option<Arc<dyn Clock>>,
    limits: Limits,
}

impl RuntimeBuilder {
    pub(super) fn new(policy: FullPolicy) -> Self {
        RuntimeBuilder { policy, source: Arc::new(SelfSigned), clock: None, limits: Limits::default() }
    }

    /// Where the certificate comes from; the instance signs for itself by default.
    pub fn certificates_from(mut self, source: Arc<dyn CertificateSource>) -> Self {
        self.source = source;
        self
    }

    /// The clock; the system's by default.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Bounds on what peers and participants can make the instance do.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Makes the instance's key, binds it and the policy's exact text to `nsm`, and gets the first certificate.
    ///
    /// `nsm` is of `platform`, serves this instance alone, and must be fresh: its policy register is extended and all
    /// its registers are locked.
    ///
    /// # Errors
    ///
    /// [`StartError`]; nothing listens then, and the module stays bound.
    pub async fn start(self, nsm: Arc<dyn Nsm>, platform: Platform) -> Result<Runtime, StartError> {
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let policy = Arc::new(self.policy);
        let identity = Arc::new(Identity::bind(&policy, nsm, platform)?);
        let applicant = Applicant::new(identity, Arc::clone(&clock));
        let keeper = Keeper::start(applicant, self.source, expiry(&policy)).await.map_err(StartError::Certificate)?;
        let keeper = Arc::new(keeper);
        let tls = config(&policy, Arc::clone(&keeper), Arc::clone(&clock))?;
        let instance = Instance::new(policy, keeper, tls, clock, self.limits)
            .map_err(|error| StartError::Instance(error.into()))?;
        Ok(Runtime { instance: Arc::new(instance) })
    }
}

/// When the policy's certificate expires; a date that this machine's calendar does not have never comes.
fn expiry(policy: &FullPolicy) -> OffsetDateTime {
    let point = policy.enclave_cert_expiry;
    let month = Month::try_from(point.month()).ok();
    let date = month.and_then(|month| Date::from_calendar_date(point.year().into(), month, point.day()).ok());
    let time = Time::from_hms(point.hour(), point.minute(), 0).unwrap_or(Time::MIDNIGHT);
    PrimitiveDateTime::new(date.unwrap_or(Date::MAX), time).assume_utc()
}

/// Why an instance does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// It has no identity.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// It has no certificate.
    #[error("no certificate for the instance: {0}")]
    Certificate(#[source] CertifyError),
    /// Its files or its engine cannot be set up.
    #[error("the instance cannot be set up: {0}")]
    Instance(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The policy's sessions cannot be served.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl StartError {
    /// A stable name of the reason.
    pub fn code(&self) -> &'static str {
        match self {
            StartError::Identity(error) => error.code(),
            StartError::Certificate(error) => error.code(),
            StartError::Instance(_) => "instance-setup",
            StartError::Tls(error) => error.code(),
        }
    }
}
