//! From what an operator registered and a user asked for to what a runtime enforces.
//!
//! The results are what CCFaaS and VaaS of the i-poc make of the same inputs, to the byte, except where those made a
//! policy under which the function could not be loaded.

use crate::certificate::{Authorities, Certificate};
use crate::digest::Sha256Digest;
use crate::document::{
    FileHash, FullDocument, FullPolicy, FunctionDocument, FunctionPolicy, Identity, Program, RuntimeHash, UserPolicy,
    VaasDocument, VaasPolicy,
};
use crate::endpoint::Endpoint;
use crate::error::PolicyError;
use crate::json;
use crate::name::Name;
use crate::path::{Target, VfsPath};
use crate::rights::Rights;
use crate::session::Ciphersuite;
use crate::table::{RightsEntry, RightsTable};
use crate::timepoint::Timepoint;

/// Joins a function, a user's request and the identity that loads the function's files into a VaaS policy.
///
/// Identities are numbered from 0: the user's in their order, then the loader, which is left out (`None`) when nothing
/// is to be loaded. File hashes are those of all programs, then of all data files.
///
/// # Errors
/// [`ComposeError::OtherFunction`] when the user asks for another function, [`ComposeError::Policy`] when the parts
/// contradict each other, for example when the user names the loader's certificate.
pub fn vaas_policy(
    function: &FunctionPolicy,
    user: &UserPolicy,
    loader: Option<&Certificate>,
    instance_id: Option<Name>,
) -> Result<VaasPolicy, ComposeError> {
    if function.function != user.function {
        let (asked, given) = (user.function.clone(), function.function.clone());
        return Err(ComposeError::OtherFunction { asked, given });
    }
    let document = VaasDocument {
        instance_id,
        ciphersuite: Ciphersuite::Chacha20Poly1305Sha256.into(),
        debug: function.debug,
        enable_clock: function.enable_clock,
        execution_strategy: function.execution_strategy,
        max_memory_mib: function.max_memory_mib,
        programs: programs(function),
        identities: identities(function, user, loader),
        file_hashes: Some(file_hashes(function)),
        enclave_cert_expiry: None,
    };
    Ok(VaasPolicy::parse(&json::to_text(&document))?)
}

/// What the instance service knows and a VaaS policy does not say.
#[derive(Clone, Debug)]
pub struct Infrastructure {
    /// Where the instance will listen.
    pub veracruz_server_url: Endpoint,
    /// Who attests it.
    pub proxy_attestation_server_url: Endpoint,
    /// With which certificates.
    pub proxy_service_cert: Authorities,
    /// The first 32 bytes of the Nitro runtime's PCR0.
    pub runtime_manager_hash_nitro: Option<Sha256Digest>,
    /// SHA-256 of the runtime without isolation.
    pub runtime_manager_hash_linux: Option<Sha256Digest>,
    /// When the instance's certificate expires, where the VaaS policy does not say.
    pub enclave_cert_expiry: Timepoint,
}

/// Completes a VaaS policy to the full policy of one instance, in the dialect of the i-poc.
///
/// # Errors
/// [`ComposeError::Policy`] when the result breaks a rule.
pub fn full_policy(vaas: &VaasPolicy, infrastructure: &Infrastructure) -> Result<FullPolicy, ComposeError> {
    let written = |digest: Option<Sha256Digest>| digest.map(|digest| RuntimeHash(Some(digest)));
    let document = FullDocument {
        ciphersuite: vaas.ciphersuite.clone(),
        debug: vaas.debug,
        enable_clock: vaas.enable_clock,
        execution_strategy: vaas.execution_strategy,
        max_memory_mib: vaas.max_memory_mib,
        programs: vaas.programs.clone(),
        identities: vaas.identities.clone(),
        native_modules: None,
        pipelines: None,
        file_hashes: vaas.file_hashes.clone().unwrap_or_default(),
        enclave_cert_expiry: vaas.enclave_cert_expiry.unwrap_or(infrastructure.enclave_cert_expiry),
        proxy_attestation_server_url: infrastructure.proxy_attestation_server_url.clone(),
        proxy_service_cert: infrastructure.proxy_service_cert.clone(),
        runtime_manager_hash_linux: written(infrastructure.runtime_manager_hash_linux),
        runtime_manager_hash_nitro: written(infrastructure.runtime_manager_hash_nitro),
        runtime_manager_hash_sevsnp: None,
        runtime_manager_hash_icecap: None,
        runtime_manager_hash_sgx: Some(String::new()),
        runtime_manager_hash_tz: Some(String::new()),
        veracruz_server_url: infrastructure.veracruz_server_url.clone(),
    };
    Ok(FullPolicy::from_document(&document)?)
}

fn programs(function: &FunctionDocument) -> Vec<Program> {
    let program = |program: &crate::FunctionProgram| Program {
        file_rights: program.file_rights.clone(),
        id: program.id,
        program_file_name: program.program_file_name.clone(),
    };
    function.programs.iter().map(program).collect()
}

fn identities(function: &FunctionDocument, user: &UserPolicy, loader: Option<&Certificate>) -> Vec<Identity> {
    let asked = user.identities.iter().map(|identity| (identity.certificate.clone(), identity.file_rights.clone()));
    let loader = loader.map(|certificate| (certificate.clone(), loader_rights(function)));
    let numbered = asked.chain(loader).zip(0..);
    numbered.map(|((certificate, file_rights), id)| Identity { certificate, file_rights, id }).collect()
}

/// The function's own rights for its loader, and besides the right to write each declared file that they do not cover:
/// a published function policy gives its loader no rights at all, and could never be loaded.
pub(crate) fn loader_rights(function: &FunctionDocument) -> RightsTable {
    let given = &function.file_rights;
    let mut entries = given.entries().to_vec();
    for path in declared_paths(function) {
        let target = Target::Path(path.clone());
        let uncovered = given.deciding(&target).is_none() && !entries.iter().any(|entry| *entry.target() == target);
        if uncovered && let Ok(entry) = RightsEntry::new(path.as_str(), Rights::WRITE) {
            entries.push(entry);
        }
    }
    // Entries were added only for paths that have none, so nothing contradicts.
    RightsTable::new(entries).unwrap_or_else(|_| given.clone())
}

fn declared_paths(function: &FunctionDocument) -> impl Iterator<Item = &VfsPath> {
    let programs = function.programs.iter().map(|program| &program.program_file_name);
    programs.chain(function.data_files.iter().map(|file| &file.data_file))
}

fn file_hashes(function: &FunctionDocument) -> Vec<FileHash> {
    let programs = function.programs.iter().map(|program| (&program.program_file_name, program.pi_hash));
    let files = function.data_files.iter().map(|file| (&file.data_file, file.pi_hash));
    programs.chain(files).map(|(path, hash)| FileHash { file_path: path.clone(), hash }).collect()
}

/// Why parts do not make a policy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ComposeError {
    /// The user's policy names another function.
    #[error("the user policy asks for the function `{asked}`, this one is `{given}`")]
    OtherFunction {
        /// The function asked for.
        asked: Name,
        /// The function at hand.
        given: Name,
    },
    /// The parts contradict each other.
    #[error(transparent)]
    Policy(#[from] PolicyError),
}
