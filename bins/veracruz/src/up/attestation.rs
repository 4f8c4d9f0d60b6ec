//! The attestation server of `up`: the real service, in this process. It certifies the instances of this process, which
//! are simulated, and nothing else.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use serde_json::json;
use time::{Duration, OffsetDateTime};
use veracruz_attestation::attester::SimulatedRoot;
use veracruz_attestation::certificate::{Authority, AuthorityError};
use veracruz_attestation::measure::ProgramMeasurement;
use veracruz_attestation::service::http::{Ports, router};
use veracruz_attestation::service::{
    Event, Journal, ProxyService, ReferenceMeasurements, Submission, SystemRandom, Trust,
};
use veracruz_policy::Authorities;
use veracruz_runtime::{Applicant, BoxFuture, CertificateSource, SourceError};
use veracruz_serve::kept::{self, Pair};

/// The life of an authority that is made here. Policies pin its certificate, so it has to outlive them.
const AUTHORITY_LIFE: Duration = Duration::days(3650);

/// Where it is kept, in the state folder.
const FOLDER: &str = "authority";

/// The attestation server.
pub(super) struct Attestation {
    service: Arc<ProxyService>,
    ports: Ports,
    authority_pem: String,
}

impl Attestation {
    /// With the authority that the state folder keeps: certifies the program of `accepted` under `root`.
    pub(super) fn open(state: &Path, root: &SimulatedRoot, accepted: &ProgramMeasurement) -> anyhow::Result<Self> {
        let now = OffsetDateTime::now_utc();
        let make = || -> Result<Pair, AuthorityError> {
            let authority = Authority::generate(now, AUTHORITY_LIFE)?;
            Ok(Pair { certificate: authority.certificate_pem(), key: authority.key_pem() })
        };
        let pair = kept::pair(state, FOLDER, make).context("the authority of the attestation server")?;
        let authority = Authority::from_pem(&pair.certificate, &pair.key, now)?;
        let service = ProxyService::new(authority, Trust::aws().insecure_simulated(root.root_der())?);
        service.accept(references(accepted)?);
        let ports = Ports {
            clock: Arc::new(OffsetDateTime::now_utc),
            random: Arc::new(SystemRandom::new()),
            journal: Arc::new(Log),
        };
        Ok(Attestation { service: Arc::new(service), ports, authority_pem: pair.certificate.trim_end().to_owned() })
    }

    /// The authority's certificate, which policies name.
    pub(super) fn authorities(&self) -> anyhow::Result<Authorities> {
        Ok(Authorities::from_pem(&self.authority_pem)?)
    }

    /// The routes, for whoever wants a nonce.
    pub(super) fn router(&self) -> Router {
        router(self.service.clone(), self.ports.clone())
    }

    /// Where instances of this process get their certificates.
    pub(super) fn source(&self) -> Arc<dyn CertificateSource> {
        Arc::new(Source { service: self.service.clone(), ports: self.ports.clone() })
    }
}

fn references(accepted: &ProgramMeasurement) -> anyhow::Result<ReferenceMeasurements> {
    let pcrs = json!({"0": accepted.pcr().to_string()});
    let entries = json!([{"name": "this program", "platform": "simulated", "pcrs": pcrs}]);
    Ok(ReferenceMeasurements::parse(&entries.to_string())?)
}

/// Asks the service without a network between.
struct Source {
    service: Arc<ProxyService>,
    ports: Ports,
}

impl CertificateSource for Source {
    fn certify<'a>(&'a self, applicant: &'a Applicant) -> BoxFuture<'a, Result<Vec<Vec<u8>>, SourceError>> {
        Box::pin(async {
            let now = || self.ports.clock.now();
            let challenge = self.service.start(now(), &*self.ports.random)?;
            let taken = self.service.take(challenge.id, now())?;
            let application = applicant.apply(challenge.nonce).await?;
            let submission = Submission {
                platform: application.platform,
                token: application.evidence,
                csr_der: application.csr,
                policy_hash: application.policy_hash,
            };
            let issued = self.service.certify(taken, &submission, now())?;
            Ok(vec![issued.leaf_der, issued.authority_der])
        })
    }
}

/// What the attestation service did, as log lines.
struct Log;

impl Journal for Log {
    fn record(&self, event: &Event<'_>) {
        match event {
            Event::Failed { code, error } => tracing::error!(code, error, "attestation failed"),
            Event::Refused { code, detail } => tracing::info!(code, detail, "attestation refused"),
            other => tracing::debug!(?other, "attestation"),
        }
    }
}
