//! The names in requests and certificates of instances.

use rcgen::{DistinguishedName, DnType, DnValue};

/// The subject that Veracruz's runtime asked for: C=US, ST=Texas, L=Austin, O=Veracruz, OU=Compute Enclave,
/// CN=VeracruzCompute.
#[cfg(feature = "attester")]
pub(crate) fn requested() -> DistinguishedName {
    subject("Compute Enclave")
}

/// The subject of an issued certificate: the requested one, and without isolation one that cannot be mistaken for it.
pub(crate) fn issued(platform: veracruz_policy::Platform) -> DistinguishedName {
    subject(if platform.is_isolated() { "Compute Enclave" } else { "INSECURE SIMULATED ENCLAVE" })
}

fn subject(unit: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    // RFC 5280, appendix A.1: a country is a PrintableString. Its two letters always are one.
    if let Ok(country) = "US".try_into() {
        name.push(DnType::CountryName, DnValue::PrintableString(country));
    }
    name.push(DnType::StateOrProvinceName, "Texas");
    name.push(DnType::LocalityName, "Austin");
    name.push(DnType::OrganizationName, "Veracruz");
    name.push(DnType::OrganizationalUnitName, unit);
    name.push(DnType::CommonName, "VeracruzCompute");
    name
}
