//! What is allowed and odd: a valid document can still not do what its author means.

use std::collections::HashSet;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::decide::Action;
use crate::document::{DocumentKind, FullPolicy, FunctionPolicy, UserPolicy, VaasPolicy};
use crate::error::PolicyError;
use crate::path::{Target, VfsPath};
use crate::platform::Platform;
use crate::rights::Rights;
use crate::table::RightsTable;

/// One piece of advice about a valid document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// Where: a JSON pointer (RFC 6901), `""` for the whole document.
    pub pointer: String,
    /// Which advice; stable.
    pub code: &'static str,
    /// What is odd, and what to do.
    pub text: String,
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "(top level)" } else { &self.pointer };
        write!(f, "{place}: {} [{}]", self.text, self.code)
    }
}

/// Reads `text` as a document of `kind` and says what is odd about it.
///
/// # Errors
/// What makes the document invalid, all at once.
pub fn lint(kind: DocumentKind, text: &str) -> Result<Vec<Advice>, PolicyError> {
    let mut advice = Vec::new();
    match kind {
        DocumentKind::Function => function(&FunctionPolicy::parse(text)?, &mut advice),
        DocumentKind::User => user(&UserPolicy::parse(text)?, &mut advice),
        DocumentKind::Vaas => vaas(&VaasPolicy::parse(text)?, &mut advice),
        DocumentKind::Full => full(&FullPolicy::parse(text)?, &mut advice),
    }
    Ok(advice)
}

fn add(advice: &mut Vec<Advice>, pointer: impl Into<String>, code: &'static str, text: impl Into<String>) {
    advice.push(Advice { pointer: pointer.into(), code, text: text.into() });
}

fn function(policy: &FunctionPolicy, advice: &mut Vec<Advice>) {
    debug(policy.debug, advice);
    table("/file_rights", &policy.file_rights, advice);
    for (position, program) in policy.programs.iter().enumerate() {
        table(&format!("/programs/{position}/file_rights"), &program.file_rights, advice);
    }
    if policy.programs.is_empty() {
        add(advice, "/programs", "no-program", "a function without programs can never do anything");
    }
}

fn user(policy: &UserPolicy, advice: &mut Vec<Advice>) {
    for (position, identity) in policy.identities.iter().enumerate() {
        table(&format!("/identities/{position}/file_rights"), &identity.file_rights, advice);
    }
    let tables = policy.identities.iter().map(|identity| &identity.file_rights);
    if !tables.flat_map(RightsTable::entries).any(|entry| entry.rights().contains(Rights::EXECUTE_ONLY)) {
        add(advice, "/identities", "nobody-executes", "no identity may execute anything, so no program will ever run");
    }
}

fn vaas(policy: &VaasPolicy, advice: &mut Vec<Advice>) {
    debug(policy.debug, advice);
    let identities = policy.identities.iter().map(|identity| &identity.file_rights);
    let programs = policy.programs.iter().map(|program| &program.file_rights);
    tables("identities", identities, advice);
    tables("programs", programs, advice);
    if policy.file_hashes.is_none() {
        add(advice, "", "no-file-hashes", "old instances refuse a policy without `file_hashes`; give an empty list");
    }
}

fn full(policy: &FullPolicy, advice: &mut Vec<Advice>) {
    unknown_keys(policy.text(), advice);
    debug(policy.debug, advice);
    tables("identities", policy.identities.iter().map(|identity| &identity.file_rights), advice);
    tables("programs", policy.programs.iter().map(|program| &program.file_rights), advice);
    tables("pipelines", policy.pipelines().iter().map(|pipeline| &pipeline.file_rights), advice);
    programs(policy, advice);
    hashes(policy, advice);
    infrastructure(policy, advice);
}

fn debug(debug: bool, advice: &mut Vec<Advice>) {
    if debug {
        let text = "debug mode lets the machine's owner see into the instance; turn it off for real data";
        add(advice, "/debug", "debug", text);
    }
}

fn tables<'t>(list: &str, tables: impl Iterator<Item = &'t RightsTable>, advice: &mut Vec<Advice>) {
    for (position, rights) in tables.enumerate() {
        table(&format!("/{list}/{position}/file_rights"), rights, advice);
    }
}

fn table(pointer: &str, rights: &RightsTable, advice: &mut Vec<Advice>) {
    let mut seen = HashSet::new();
    for (position, entry) in rights.entries().iter().enumerate() {
        let place = format!("{pointer}/{position}");
        if let Target::Path(path) = entry.target()
            && entry.name().trim_end_matches('/') != path.as_str().trim_end_matches('/')
        {
            let text = format!("{:?} is read as {:?}; write it so", entry.name(), path.as_str());
            add(advice, place.clone(), "path-not-normal", text);
        }
        if !seen.insert(entry.target()) {
            add(advice, place.clone(), "repeated-entry", "the same entry stands above");
        }
        if entry.rights().is_empty() {
            let text = "no rights at all: this takes away what a shorter entry gives";
            add(advice, place, "empty-rights", text);
        }
    }
}

fn programs(policy: &FullPolicy, advice: &mut Vec<Advice>) {
    for (position, program) in policy.programs.iter().enumerate() {
        let pointer = format!("/programs/{position}/program_file_name");
        let path = &program.program_file_name;
        if policy.declared_hash(path).is_none() {
            let text = format!(
                "no hash fixes {:?}: whoever may write it chooses the code; add it to file_hashes",
                path.as_str()
            );
            add(advice, pointer.clone(), "program-without-hash", text);
        }
        if !someone(policy, Action::Execute, path) {
            add(advice, pointer, "nobody-executes", format!("no identity may execute {:?}", path.as_str()));
        }
    }
}

fn hashes(policy: &FullPolicy, advice: &mut Vec<Advice>) {
    for (position, file) in policy.file_hashes.iter().enumerate() {
        if !someone(policy, Action::Write { creates: true }, &file.file_path) {
            let text = format!("no identity may write {:?}, so it can never be provisioned", file.file_path.as_str());
            add(advice, format!("/file_hashes/{position}"), "nobody-provisions", text);
        }
    }
}

fn someone(policy: &FullPolicy, action: Action, path: &VfsPath) -> bool {
    let target = Target::Path(path.clone());
    let needs = action.needs(&target);
    let tables = policy.identities.iter().map(|identity| &identity.file_rights);
    tables.filter_map(|table| table.deciding(&target)).any(|entry| entry.rights().contains(needs))
}

fn infrastructure(policy: &FullPolicy, advice: &mut Vec<Advice>) {
    if !policy.ciphersuite.suite().is_offered() {
        let text = "no server of this project offers CCM; use TLS1_3_CHACHA20_POLY1305_SHA256";
        add(advice, "/ciphersuite", "ciphersuite-not-offered", text);
    }
    for (key, endpoint) in [
        ("proxy_attestation_server_url", &policy.proxy_attestation_server_url),
        ("veracruz_server_url", &policy.veracruz_server_url),
    ] {
        if endpoint.host().is_none() {
            add(advice, format!("/{key}"), "place-holder", "a place-holder; fill it in before an instance starts");
        }
    }
    if policy.platforms().next().is_none() {
        let text = "no measurement of a runtime that this version can verify; add runtime_manager_hash_nitro";
        add(advice, "", "no-runtime", text);
    }
    if policy.runtime_hash(Platform::Simulated).is_some() {
        let text = "INSECURE: accepts a runtime without isolation, in which the machine's owner sees everything";
        add(advice, "/runtime_manager_hash_linux", "simulated-platform", text);
    }
    if !policy.proxy_service_cert.certificates().iter().all(crate::Certificate::is_authority) {
        let text = "a certificate without basicConstraints CA:TRUE cannot sign an instance's certificate";
        add(advice, "/proxy_service_cert", "not-an-authority", text);
    }
}

/// Keys of the top level that no reader of full policies knows. They are part of the hash and of nothing else.
fn unknown_keys(text: &str, advice: &mut Vec<Advice>) {
    let known = serde_json::from_str::<Value>(DocumentKind::Full.schema()).unwrap_or_default();
    let known = known.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let document = serde_json::from_str::<Value>(text).unwrap_or_default();
    for key in document.as_object().into_iter().flat_map(|object| object.keys()) {
        let kept = matches!(key.as_str(), "runtime_manager_hash_sgx" | "runtime_manager_hash_tz");
        if !kept && !known.contains_key(key) {
            let mut pointer = String::new();
            crate::json::push_step(&mut pointer, key);
            add(advice, pointer, "unknown-key", "ignored by every reader; is it a slip of the pen?");
        }
    }
}
