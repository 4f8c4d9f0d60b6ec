//! A policy to start instances under, where nothing depends on who takes part.

use rcgen::{CertificateParams, KeyPair};
use veracruz_policy::{Authorities, Certificate, Endpoint, PolicyBuilder, Timepoint};

/// A policy of one participant, whose certificate is also the authority's and who may read and write all files. The
/// attestation server's port is 9, "discard": nobody attests there. No platform is accepted yet.
#[expect(clippy::expect_used, reason = "nothing of it comes from a caller")]
pub fn of_one_participant() -> PolicyBuilder {
    let key = KeyPair::generate().expect("a key");
    let certificate = CertificateParams::default().self_signed(&key).expect("a certificate");
    let certificate = Certificate::from_der(certificate.der().to_vec()).expect("a certificate");
    let authorities = Authorities::from_pem(&certificate.to_pem()).expect("an authority");
    let endpoint = |text| Endpoint::parse(text).expect("an endpoint");
    let expiry = Timepoint::new(2099, 1, 1, 0, 0).expect("a date");
    PolicyBuilder::new(endpoint("127.0.0.1:3017"), endpoint("127.0.0.1:9"), authorities, expiry)
        .identity(certificate, "/ : rw")
        .expect("rights")
}
