//! Whose rights a run has: those of a principal of a policy, or all of them, by a policy made here.

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use veracruz_policy::{Authorities, Endpoint, FullPolicy, Name, PolicyBuilder, Principal, Rights, Timepoint, VfsPath};

use super::{OfflineError, Settings};

/// A policy that gives one program every right on every path and stream. Its parties do not exist and are never used:
/// nobody connects, and the key of its authority is thrown away.
pub(crate) fn everything_for(program: &VfsPath, settings: &Settings) -> Result<FullPolicy, OfflineError> {
    let all = Rights::all().bits();
    let nowhere = || Endpoint::parse("localhost:1").map_err(|error| OfflineError::Engine(error.to_string()));
    let expiry = Timepoint::new(9999, 12, 31, 0, 0).map_err(|error| OfflineError::Engine(error.to_string()))?;
    let policy = PolicyBuilder::new(nowhere()?, nowhere()?, nobody()?, expiry)
        .program(program.as_str(), None, &format!("/:{all},stdin:{all},stdout:{all},stderr:{all}"))?
        .execution_strategy(settings.strategy)
        .enable_clock(settings.clock)
        .max_memory_mib(settings.max_memory_mib)
        .debug(true);
    Ok(policy.build()?)
}

fn nobody() -> Result<Authorities, OfflineError> {
    let setup = |error: &dyn std::fmt::Display| OfflineError::Engine(format!("no certificate can be made: {error}"));
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let key = KeyPair::generate().map_err(|error| setup(&error))?;
    let certificate = params.self_signed(&key).map_err(|error| setup(&error))?;
    Authorities::from_pem(&certificate.pem()).map_err(|error| setup(&error))
}

/// The principal of the policy that `text` names: a pipeline by its name, a program by its path.
pub(super) fn principal(policy: &FullPolicy, text: &str) -> Result<Principal, OfflineError> {
    if let Ok(name) = Name::parse(text)
        && policy.pipelines().iter().any(|pipeline| pipeline.name == name)
    {
        return Ok(Principal::Pipeline(name));
    }
    if let Ok(path) = VfsPath::parse(text)
        && policy.programs.iter().any(|program| program.program_file_name == path)
    {
        return Ok(Principal::Program(path));
    }
    let programs = policy.programs.iter().map(|program| program.program_file_name.to_string());
    let pipelines = policy.pipelines().iter().map(|pipeline| pipeline.name.as_str().to_owned());
    let known = programs.chain(pipelines).collect::<Vec<_>>().join(", ");
    let known = if known.is_empty() { "none at all".to_owned() } else { known };
    Err(OfflineError::UnknownPrincipal { asked: text.chars().take(100).collect(), known })
}
