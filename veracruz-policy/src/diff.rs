//! What changed between two full policies, by meaning: order, spelling and indentation change nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use crate::digest::Sha256Digest;
use crate::document::FullDocument;
use crate::path::Target;
use crate::platform::Platform;
use crate::rights::Rights;
use crate::table::RightsTable;

/// One difference. `before` and `after` are absent where the thing is absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What differs.
    pub subject: Subject,
    /// In the first policy.
    pub before: Option<String>,
    /// In the second policy.
    pub after: Option<String>,
}

/// What can differ between two policies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Subject {
    /// A setting, by its key.
    Setting {
        /// The key.
        key: &'static str,
    },
    /// The measurement of a platform's runtime.
    Runtime {
        /// The platform.
        platform: Platform,
    },
    /// A certificate of the attestation service.
    Authority {
        /// SHA-256 of the certificate.
        fingerprint: String,
    },
    /// A participant as a whole.
    Identity {
        /// SHA-256 of the certificate.
        fingerprint: String,
    },
    /// A program as a whole.
    Program {
        /// Its path.
        path: String,
    },
    /// A pipeline as a whole, or its text.
    Pipeline {
        /// Its name.
        name: String,
    },
    /// A native module.
    NativeModule {
        /// Its name.
        name: String,
    },
    /// The declared hash of a file.
    FileHash {
        /// Its path.
        path: String,
    },
    /// What one principal may do on one target; both have the principal.
    Rights {
        /// The principal, in words.
        principal: String,
        /// The target.
        target: String,
    },
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Setting { key } => write!(f, "setting {key}"),
            Subject::Runtime { platform } => write!(f, "runtime measurement for {platform}"),
            Subject::Authority { fingerprint } => write!(f, "attestation authority {fingerprint}"),
            Subject::Identity { fingerprint } => write!(f, "identity {fingerprint}"),
            Subject::Program { path } => write!(f, "program {path:?}"),
            Subject::Pipeline { name } => write!(f, "pipeline {name:?}"),
            Subject::NativeModule { name } => write!(f, "native module {name:?}"),
            Subject::FileHash { path } => write!(f, "hash of {path:?}"),
            Subject::Rights { principal, target } => write!(f, "rights of {principal} on {target:?}"),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.before, &self.after) {
            (None, Some(after)) => write!(f, "+ {}: {after}", self.subject),
            (Some(before), None) => write!(f, "- {}: {before}", self.subject),
            (before, after) => {
                let text = |side: &Option<String>| side.clone().unwrap_or_default();
                write!(f, "~ {}: {} → {}", self.subject, text(before), text(after))
            }
        }
    }
}

/// All differences from `before` to `after`, settings first, then who, then what they may do.
pub fn diff(before: &FullDocument, after: &FullDocument) -> Vec<Change> {
    let (old, new) = (Facts::of(before), Facts::of(after));
    let mut changes = Vec::new();
    let subjects: BTreeSet<&Subject> = old.0.keys().chain(new.0.keys()).collect();
    for subject in subjects {
        let (before, after) = (old.0.get(subject).cloned(), new.0.get(subject).cloned());
        if before != after {
            changes.push(Change { subject: subject.clone(), before, after });
        }
    }
    changes.extend(rights_changes(before, after));
    changes
}

/// Everything but rights, as comparable texts.
struct Facts(BTreeMap<Subject, String>);

impl Facts {
    fn of(document: &FullDocument) -> Self {
        let mut facts = BTreeMap::new();
        for (key, value) in settings(document) {
            facts.insert(Subject::Setting { key }, value);
        }
        for platform in document.platforms() {
            let hash = document.runtime_hash(platform).map(|hash| hash.to_string());
            facts.insert(Subject::Runtime { platform }, hash.unwrap_or_default());
        }
        for authority in document.proxy_service_cert.certificates() {
            let fingerprint = authority.fingerprint().to_string();
            facts.insert(Subject::Authority { fingerprint }, authority.key().to_string());
        }
        for identity in &document.identities {
            let fingerprint = identity.certificate.fingerprint().to_string();
            let words = format!("id {}, {}", identity.id, identity.certificate.key());
            facts.insert(Subject::Identity { fingerprint }, words);
        }
        for program in &document.programs {
            let path = program.program_file_name.to_string();
            facts.insert(Subject::Program { path }, format!("id {}", program.id));
        }
        for pipeline in document.pipelines() {
            facts.insert(Subject::Pipeline { name: pipeline.name.to_string() }, pipeline.pipeline.text().to_owned());
        }
        for module in document.native_modules() {
            facts.insert(Subject::NativeModule { name: module.name.to_string() }, format!("{:?}", module.kind));
        }
        for file in &document.file_hashes {
            facts.insert(Subject::FileHash { path: file.file_path.to_string() }, file.hash.to_string());
        }
        Facts(facts)
    }
}

fn settings(document: &FullDocument) -> [(&'static str, String); 8] {
    [
        ("ciphersuite", document.ciphersuite.suite().name().to_owned()),
        ("debug", document.debug.to_string()),
        ("enable_clock", document.enable_clock.to_string()),
        ("enclave_cert_expiry", document.enclave_cert_expiry.to_string()),
        ("execution_strategy", document.execution_strategy.name().to_owned()),
        ("max_memory_mib", document.max_memory_mib.to_string()),
        ("proxy_attestation_server_url", document.proxy_attestation_server_url.to_string()),
        ("veracruz_server_url", document.veracruz_server_url.to_string()),
    ]
}

/// Who has a table, under a key that does not depend on ids, which are only numbers.
#[derive(PartialEq, Eq, PartialOrd, Ord, Clone)]
enum Holder {
    Identity(Sha256Digest),
    Program(String),
    Pipeline(String),
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Holder::Identity(fingerprint) => write!(f, "identity {fingerprint}"),
            Holder::Program(path) => write!(f, "program {path:?}"),
            Holder::Pipeline(name) => write!(f, "pipeline {name:?}"),
        }
    }
}

fn tables(document: &FullDocument) -> BTreeMap<Holder, &RightsTable> {
    let identities = document.identities.iter();
    let identities = identities.map(|one| (Holder::Identity(one.certificate.fingerprint()), &one.file_rights));
    let programs = document.programs.iter();
    let programs = programs.map(|one| (Holder::Program(one.program_file_name.to_string()), &one.file_rights));
    let pipelines = document.pipelines().iter();
    let pipelines = pipelines.map(|one| (Holder::Pipeline(one.name.to_string()), &one.file_rights));
    identities.chain(programs).chain(pipelines).collect()
}

fn rights_changes(before: &FullDocument, after: &FullDocument) -> Vec<Change> {
    let (old, new) = (tables(before), tables(after));
    let nothing = RightsTable::default();
    let holders: BTreeSet<&Holder> = old.keys().chain(new.keys()).collect();
    let mut changes = Vec::new();
    for holder in holders {
        let old = old.get(holder).copied().unwrap_or(&nothing);
        let new = new.get(holder).copied().unwrap_or(&nothing);
        for (target, before, after) in table_changes(old, new) {
            let subject = Subject::Rights { principal: holder.to_string(), target: target.to_string() };
            let words = |rights: Rights| (!rights.is_empty()).then(|| rights.to_string());
            changes.push(Change { subject, before: words(before), after: words(after) });
        }
    }
    changes
}

/// Where two tables decide differently: `(target, rights before, rights after)`.
///
/// Effective rights are constant between entries, so looking at the targets of both tables sees every difference.
pub(crate) fn table_changes<'t>(
    before: &'t RightsTable,
    after: &'t RightsTable,
) -> impl Iterator<Item = (&'t Target, Rights, Rights)> {
    let targets: BTreeSet<&Target> =
        before.entries().iter().chain(after.entries()).map(|entry| entry.target()).collect();
    targets.into_iter().filter_map(|target| {
        let rights = |table: &RightsTable| effective(table, target);
        let (before, after) = (rights(before), rights(after));
        (before != after).then_some((target, before, after))
    })
}

/// What a table gives on a target.
pub(crate) fn effective(table: &RightsTable, target: &Target) -> Rights {
    table.deciding(target).map_or(Rights::empty(), |entry| entry.rights())
}
