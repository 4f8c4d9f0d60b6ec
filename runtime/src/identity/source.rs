//! The port through which an instance gets its certificate: this crate opens no connection.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;

use super::applicant::Applicant;

/// A future that a trait object returns.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Why a source gave no certificate, in the source's own words. They are shown to the operator: no secret in them.
pub type SourceError = Box<dyn Error + Send + Sync>;

/// Where the instance's certificate comes from. Asked once before the instance listens, and again before each
/// certificate ends.
pub trait CertificateSource: Send + Sync {
    /// Gets a chain of DER certificates for the applicant's key, the instance's own first.
    fn certify<'a>(&'a self, applicant: &'a Applicant) -> BoxFuture<'a, Result<Vec<Vec<u8>>, SourceError>>;
}

/// The instance signs for itself and staples its evidence: for deployments without an attestation service. Clients that
/// only know an authority, as Veracruz's do, refuse such a certificate.
#[derive(Clone, Copy, Debug)]
pub struct SelfSigned;

impl CertificateSource for SelfSigned {
    fn certify<'a>(&'a self, applicant: &'a Applicant) -> BoxFuture<'a, Result<Vec<Vec<u8>>, SourceError>> {
        Box::pin(async { Ok(vec![applicant.self_signed().await?]) })
    }
}
