//! Is the policy what was asked for?

use std::collections::BTreeMap;

use super::finding::{Finding, FindingCode};
use super::{Asked, KnownInfrastructure};
use crate::compose::loader_rights;
use crate::diff::{effective, table_changes};
use crate::document::{FileHash, FullDocument, Identity, VaasDocument};
use crate::path::VfsPath;
use crate::rights::Rights;

use crate::table::RightsTable;

/// Compares everything that the request and the function decide.
pub(super) fn compare(policy: &FullDocument, expected: &VaasDocument, asked: &Asked<'_>, findings: &mut Vec<Finding>) {
    identities(policy, expected, asked, findings);
    programs(policy, expected, findings);
    hashes(&policy.file_hashes, expected.file_hashes.as_deref().unwrap_or_default(), findings);
    settings(policy, expected, findings);
    for pipeline in policy.pipelines() {
        let programs: Vec<&str> = pipeline.pipeline.programs().into_iter().map(VfsPath::as_str).collect();
        let detail = format!("can run {}", programs.join(", "));
        findings.push(Finding::danger(
            FindingCode::ExtraPipeline,
            format!("pipeline {:?}", pipeline.name.as_str()),
            detail,
        ));
    }
    for module in policy.native_modules() {
        let subject = format!("native module {:?}", module.name.as_str());
        findings.push(Finding::danger(FindingCode::ExtraNativeModule, subject, "the function has none"));
    }
}

/// An identity as findings name it.
pub(super) fn named(identity: &Identity) -> String {
    format!("identity {} (SHA-256 {})", identity.id, identity.certificate.fingerprint())
}

fn identities(policy: &FullDocument, expected: &VaasDocument, asked: &Asked<'_>, findings: &mut Vec<Finding>) {
    let mut loaders = 0;
    let users = |identity: &Identity| asked.user.identities.iter().any(|user| user.certificate == identity.certificate);
    for identity in &policy.identities {
        match expected.identities.iter().find(|wanted| wanted.certificate == identity.certificate) {
            Some(wanted) => {
                rights(&named(identity), &wanted.file_rights, &identity.file_rights, findings);
                if !users(identity) {
                    beyond_writing(identity, findings);
                }
            }
            // A function has one loader: whoever else comes as one is a stranger.
            None if loaders == 0 && could_be_loader(identity, asked) => {
                loaders += 1;
                findings.push(unknown_loader(identity));
                beyond_writing(identity, findings);
            }
            None => findings.push(stranger(identity)),
        }
    }
    for wanted in &expected.identities {
        if !policy.identities.iter().any(|identity| identity.certificate == wanted.certificate) {
            let subject = format!("identity with SHA-256 {}", wanted.certificate.fingerprint());
            findings.push(Finding::warning(FindingCode::MissingIdentity, subject, "asked for, and not in the policy"));
        }
    }
}

/// A user that does not know its service's loader cannot tell it from a stranger, but sees what it may do.
fn could_be_loader(identity: &Identity, asked: &Asked<'_>) -> bool {
    let allowed = loader_rights(asked.function);
    let mut beyond = table_changes(&allowed, &identity.file_rights).filter(|(_, may, does)| !may.contains(*does));
    asked.loader.is_none() && beyond.next().is_none()
}

fn unknown_loader(identity: &Identity) -> Finding {
    let detail =
        format!("not known to you; may do what the function gives its loader: {}", list(&identity.file_rights));
    Finding::warning(FindingCode::UnknownLoader, named(identity), detail)
}

fn stranger(identity: &Identity) -> Finding {
    let detail = format!("not asked for; has {}", list(&identity.file_rights));
    Finding::danger(FindingCode::ExtraIdentity, named(identity), detail)
}

/// Loading takes the right to write and no other.
fn beyond_writing(identity: &Identity, findings: &mut Vec<Finding>) {
    for entry in identity.file_rights.entries() {
        let beyond = entry.rights().difference(Rights::WRITE);
        if !beyond.is_empty() {
            let detail = format!("may do more than load: {beyond} on {:?}", entry.target().to_string());
            findings.push(Finding::warning(FindingCode::LoaderBeyondWriting, named(identity), detail));
        }
    }
}

fn list(table: &RightsTable) -> String {
    let entries: Vec<String> =
        table.entries().iter().map(|entry| format!("{}:{}", entry.target(), entry.rights())).collect();
    if entries.is_empty() { "no rights".to_owned() } else { entries.join(", ") }
}

fn rights(subject: &str, wanted: &RightsTable, given: &RightsTable, findings: &mut Vec<Finding>) {
    for (target, before, after) in table_changes(wanted, given) {
        let (extra, missing) = (after.difference(before), before.difference(after));
        if !extra.is_empty() {
            let detail = format!("{extra} on {:?}, not asked for", target.to_string());
            findings.push(Finding::danger(FindingCode::ExtraRights, subject, detail));
        }
        if !missing.is_empty() {
            let detail = format!("{missing} on {:?}, asked for and not given", target.to_string());
            findings.push(Finding::warning(FindingCode::MissingRights, subject, detail));
        }
    }
}

fn programs(policy: &FullDocument, expected: &VaasDocument, findings: &mut Vec<Finding>) {
    let named = |path: &VfsPath| format!("program {:?}", path.as_str());
    for program in &policy.programs {
        let path = &program.program_file_name;
        match expected.programs.iter().find(|wanted| wanted.program_file_name == *path) {
            Some(wanted) => rights(&named(path), &wanted.file_rights, &program.file_rights, findings),
            None => {
                let detail = format!("not the function's; has {}", list(&program.file_rights));
                findings.push(Finding::danger(FindingCode::ExtraProgram, named(path), detail));
            }
        }
    }
    for wanted in &expected.programs {
        if !policy.programs.iter().any(|program| program.program_file_name == wanted.program_file_name) {
            let subject = named(&wanted.program_file_name);
            findings.push(Finding::warning(
                FindingCode::MissingProgram,
                subject,
                "the function's, and not in the policy",
            ));
        }
    }
}

fn hashes(given: &[FileHash], wanted: &[FileHash], findings: &mut Vec<Finding>) {
    let by_path = |list: &[FileHash]| -> BTreeMap<VfsPath, String> {
        list.iter().map(|file| (file.file_path.clone(), file.hash.to_string())).collect()
    };
    let (given, wanted) = (by_path(given), by_path(wanted));
    for (path, hash) in &wanted {
        let subject = format!("file {:?}", path.as_str());
        match given.get(path) {
            Some(other) if other != hash => {
                let detail = format!("has the hash {other}, the function's is {hash}");
                findings.push(Finding::danger(FindingCode::OtherHash, subject, detail));
            }
            Some(_) => {}
            None => findings.push(Finding::danger(FindingCode::MissingHash, subject, "its content is not fixed")),
        }
    }
    for (path, hash) in &given {
        if !wanted.contains_key(path) {
            let subject = format!("file {:?}", path.as_str());
            findings.push(Finding::warning(
                FindingCode::ExtraHash,
                subject,
                format!("fixed to {hash}, not the function's"),
            ));
        }
    }
}

fn settings(policy: &FullDocument, expected: &VaasDocument, findings: &mut Vec<Finding>) {
    if policy.debug {
        findings.push(match expected.debug {
            true => Finding::notice(FindingCode::Debug, "debug", "debug mode is on, as the function wants"),
            false => {
                Finding::danger(FindingCode::Debug, "debug", "debug mode is on, and the function does not want it")
            }
        });
    }
    let mut other = |key: &str, given: String, wanted: String| {
        if given != wanted {
            let detail = format!("is {given}, the function's is {wanted}");
            findings.push(Finding::warning(FindingCode::OtherSetting, key, detail));
        }
    };
    other("enable_clock", policy.enable_clock.to_string(), expected.enable_clock.to_string());
    let strategy = |strategy: crate::ExecutionStrategy| strategy.name().to_owned();
    other("execution_strategy", strategy(policy.execution_strategy), strategy(expected.execution_strategy));
    other("max_memory_mib", policy.max_memory_mib.to_string(), expected.max_memory_mib.to_string());
    let suite = |name: &crate::CiphersuiteName| name.suite().name().to_owned();
    other("ciphersuite", suite(&policy.ciphersuite), suite(&expected.ciphersuite));
}

/// Compares what the user knows of the infrastructure.
pub(super) fn compare_infrastructure(policy: &FullDocument, known: &KnownInfrastructure, findings: &mut Vec<Finding>) {
    let not_compared =
        |subject: &str| Finding::notice(FindingCode::NotCompared, subject, "you gave nothing to compare it with");
    let url = &policy.proxy_attestation_server_url;
    match &known.attestation_server {
        Some(wanted) if wanted != url => {
            let detail = format!("is {url}, you expect {wanted}");
            findings.push(Finding::danger(FindingCode::OtherAttestationServer, "proxy_attestation_server_url", detail));
        }
        Some(_) => {}
        None => findings.push(not_compared("proxy_attestation_server_url")),
    }
    match &known.authorities {
        Some(wanted) => {
            for authority in policy.proxy_service_cert.certificates() {
                if !wanted.certificates().contains(authority) {
                    let detail = format!("the certificate with SHA-256 {} is not yours", authority.fingerprint());
                    findings.push(Finding::danger(FindingCode::OtherAttestationServer, "proxy_service_cert", detail));
                }
            }
        }
        None => findings.push(not_compared("proxy_service_cert")),
    }
    runtimes(policy, known, findings);
}

fn runtimes(policy: &FullDocument, known: &KnownInfrastructure, findings: &mut Vec<Finding>) {
    if policy.platforms().next().is_none() {
        let detail = "the policy accepts no measurement of a platform that this version can verify";
        findings.push(Finding::danger(FindingCode::NoRuntime, "runtime measurements", detail));
    }
    for platform in policy.platforms() {
        let subject = format!("runtime measurement for {platform}");
        if !platform.is_isolated() && !known.allow_simulated {
            let detail = "the policy accepts a runtime without isolation: the machine's owner sees everything";
            findings.push(Finding::danger(FindingCode::Simulated, subject.clone(), detail));
        }
        let mut accepted = known.runtimes.iter().filter(|(of, _)| *of == platform).map(|(_, hash)| *hash).peekable();
        let Some(given) = policy.runtime_hash(platform) else {
            continue;
        };
        if accepted.peek().is_none() {
            findings.push(Finding::notice(FindingCode::NotCompared, subject, "you gave nothing to compare it with"));
        } else if !accepted.any(|hash| hash == given) {
            findings.push(Finding::danger(
                FindingCode::OtherRuntime,
                subject,
                format!("{given} is none that you accept"),
            ));
        }
    }
}

/// Whether `table` gives any of `rights` on `target`; shared with the look at exposure.
pub(super) fn gives(table: &RightsTable, target: &crate::Target, rights: crate::Rights) -> bool {
    effective(table, target).contains(rights)
}
