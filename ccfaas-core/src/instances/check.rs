//! Is what VaaS made what was asked for?
//!
//! VaaS adds the infrastructure: addresses, authorities, measurements, dates. It must not touch what decides who may do
//! what. Users audit the same for themselves; this check keeps a broken VaaS from getting the function's files.

use veracruz_policy::{FullPolicy, VaasPolicy};
use veracruz_rest::VeracruzCreated;

use crate::error::{Error, shown};
use crate::ports::Address;

/// The policy and where the instance is.
pub(super) fn made_as_asked(asked: &VaasPolicy, created: &VeracruzCreated) -> Result<(FullPolicy, Address), Error> {
    let given = FullPolicy::parse(&created.policy)
        .map_err(|error| Error::Altered(format!("its policy is refused: {}", shown(&error.to_string()))))?;
    let differences = differences(asked, &given);
    if !differences.is_empty() {
        return Err(Error::Altered(format!("its policy differs in {}", differences.join(", "))));
    }
    if created.instance_hash.is_empty() || !given.hash().to_string().starts_with(&created.instance_hash) {
        return Err(Error::Altered("its instance_hash is not that of its policy".to_owned()));
    }
    if given.veracruz_server_url.host().is_none() {
        return Err(Error::Altered("its policy does not say where the instance listens".to_owned()));
    }
    let address = Address { endpoint: given.veracruz_server_url.clone(), hash: created.instance_hash.clone() };
    Ok((given, address))
}

/// Where the instance may be, however wrong the rest is: it has to be ended.
pub(super) fn address_at_least(created: &VeracruzCreated) -> Option<Address> {
    let policy = FullPolicy::parse(&created.policy).ok()?;
    let endpoint = policy.veracruz_server_url.clone();
    endpoint.host().is_some().then(|| Address { hash: created.instance_hash.clone(), endpoint })
}

fn differences(asked: &VaasPolicy, given: &FullPolicy) -> Vec<&'static str> {
    let hashes = asked.file_hashes.as_deref().unwrap_or_default();
    let expiry = asked.enclave_cert_expiry.is_none_or(|expiry| expiry == given.enclave_cert_expiry);
    let compared = [
        ("ciphersuite", asked.ciphersuite == given.ciphersuite),
        ("debug", asked.debug == given.debug),
        ("enable_clock", asked.enable_clock == given.enable_clock),
        ("execution_strategy", asked.execution_strategy == given.execution_strategy),
        ("max_memory_mib", asked.max_memory_mib == given.max_memory_mib),
        ("programs", asked.programs == given.programs),
        ("identities", asked.identities == given.identities),
        ("file_hashes", hashes == given.file_hashes),
        ("enclave_cert_expiry", expiry),
        ("native_modules", given.native_modules().is_empty()),
        ("pipelines", given.pipelines().is_empty()),
    ];
    compared.into_iter().filter(|(_, same)| !same).map(|(key, _)| key).collect()
}
