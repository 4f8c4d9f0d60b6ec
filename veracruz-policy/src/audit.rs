//! What lets a user distrust the services: is this policy what I asked for, and who else could see my data?
//!
//! A service hands back a full policy. The user compares it with its own request and with the function that it means
//! to use, before it sends a byte. Without findings of severity danger or warning, nobody has more than was asked for.

mod exposure;
mod finding;
mod request;

pub use finding::{Finding, FindingCode, Severity};

use crate::certificate::{Authorities, Certificate};
use crate::compose::ComposeError;
use crate::digest::Sha256Digest;
use crate::document::{FullPolicy, FunctionPolicy, UserPolicy};
use crate::endpoint::Endpoint;
use crate::platform::Platform;

/// What the user asked for and knows by itself.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The function, as its operator publishes it.
    pub function: &'a FunctionPolicy,
    /// The user's own request.
    pub user: &'a UserPolicy,
    /// The certificate by which the function service loads programs, if the user knows it. Without it, one identity
    /// that may do no more than the function gives its loader is reported as a warning.
    pub loader: Option<&'a Certificate>,
    /// What the user knows of the infrastructure.
    pub infrastructure: &'a KnownInfrastructure,
}

/// What a user knows of the infrastructure from elsewhere; what it does not know is reported as not compared.
#[derive(Clone, Debug, Default)]
pub struct KnownInfrastructure {
    /// Where the attestation server is.
    pub attestation_server: Option<Endpoint>,
    /// The certificates of the attestation server.
    pub authorities: Option<Authorities>,
    /// Measurements of runtimes that the user accepts, each for its platform.
    pub runtimes: Vec<(Platform, Sha256Digest)>,
    /// Whether a runtime without isolation is acceptable.
    pub allow_simulated: bool,
}

/// Compares `policy` with what was asked for. Findings come with the gravest first; an empty list is the good answer.
///
/// # Errors
/// [`ComposeError`] when the request itself does not fit the function, so that there is nothing to compare with.
pub fn audit(policy: &FullPolicy, asked: &Asked<'_>) -> Result<Vec<Finding>, ComposeError> {
    let expected = crate::compose::vaas_policy(asked.function, asked.user, asked.loader, None)?;
    let mut findings = Vec::new();
    request::compare(policy, &expected, asked, &mut findings);
    request::compare_infrastructure(policy, asked.infrastructure, &mut findings);
    exposure::look(policy, asked, &mut findings);
    findings.sort();
    findings.dedup();
    Ok(findings)
}
