//! What a document means, in plain words.

use std::fmt::Write as _;

use crate::certificate::Certificate;
use crate::document::{
    DocumentKind, FileHash, FullDocument, FullPolicy, FunctionDocument, FunctionPolicy, Identity, Program,
    UserDocument, UserPolicy, VaasDocument, VaasPolicy,
};
use crate::error::PolicyError;
use crate::path::Target;
use crate::rights::Rights;
use crate::session::ExecutionStrategy;
use crate::table::{RightsEntry, RightsTable};

/// Reads `text` as a document of `kind` and says what it means: who may do what, what may run, and who vouches.
///
/// # Errors
/// What makes the document invalid, all at once.
pub fn explain(kind: DocumentKind, text: &str) -> Result<String, PolicyError> {
    let mut words = Words(String::new());
    match kind {
        DocumentKind::Function => words.function(&*FunctionPolicy::parse(text)?),
        DocumentKind::User => words.user(&*UserPolicy::parse(text)?),
        DocumentKind::Vaas => words.vaas(&*VaasPolicy::parse(text)?),
        DocumentKind::Full => {
            let policy = FullPolicy::parse(text)?;
            words.full(&policy);
            words.line(0, format_args!("Policy hash: {} (SHA-256 of the exact text)", policy.hash()));
        }
    }
    Ok(words.0)
}

struct Words(String);

impl Words {
    fn line(&mut self, indent: usize, text: std::fmt::Arguments<'_>) {
        // Writing into a String cannot fail.
        let _ = writeln!(self.0, "{:width$}{text}", "", width = indent * 2);
    }

    fn function(&mut self, policy: &FunctionDocument) {
        self.line(0, format_args!("Function {:?}.", policy.function.as_str()));
        self.settings(policy.execution_strategy, policy.enable_clock, policy.max_memory_mib, policy.debug);
        for program in &policy.programs {
            self.line(
                0,
                format_args!("Program {:?} with SHA-256 {}", program.program_file_name.as_str(), program.pi_hash),
            );
            self.table(&program.file_rights, Person::Program);
        }
        for file in &policy.data_files {
            let (path, priority) = (file.data_file.as_str(), file.effective_priority());
            self.line(0, format_args!("Data file {path:?} with SHA-256 {}, priority {priority}", file.pi_hash));
        }
        self.line(0, format_args!("The function service, to load these"));
        self.table(&policy.file_rights, Person::Participant);
    }

    fn user(&mut self, policy: &UserDocument) {
        let (function, instance) = (policy.function.as_str(), policy.instanceid.as_str());
        self.line(0, format_args!("Asks for an instance of the function {function:?}, to be called {instance:?}."));
        for (position, identity) in policy.identities.iter().enumerate() {
            self.identity(position, &identity.certificate, &identity.file_rights);
        }
    }

    fn vaas(&mut self, policy: &VaasDocument) {
        self.line(0, format_args!("Asks for an instance that speaks {}.", policy.ciphersuite));
        self.settings(policy.execution_strategy, policy.enable_clock, policy.max_memory_mib, policy.debug);
        self.people_and_programs(&policy.identities, &policy.programs);
        self.hashes(policy.file_hashes.as_deref().unwrap_or_default());
    }

    fn full(&mut self, policy: &FullDocument) {
        self.line(0, format_args!("An instance at {} that speaks {}.", policy.veracruz_server_url, policy.ciphersuite));
        self.settings(policy.execution_strategy, policy.enable_clock, policy.max_memory_mib, policy.debug);
        self.people_and_programs(&policy.identities, &policy.programs);
        for pipeline in policy.pipelines() {
            self.line(0, format_args!("Pipeline {:?} runs: {}", pipeline.name.as_str(), pipeline.pipeline.text()));
            self.table(&pipeline.file_rights, Person::Program);
        }
        self.hashes(&policy.file_hashes);
        self.attestation(policy);
    }

    fn settings(&mut self, strategy: ExecutionStrategy, clock: bool, memory: u32, debug: bool) {
        let how = match strategy {
            ExecutionStrategy::Jit => "compiled before they run",
            ExecutionStrategy::Interpretation => "interpreted",
        };
        let clock = if clock { "see the real time" } else { "see no clock" };
        self.line(0, format_args!("Programs are {how}, {clock}, and share at least {memory} MiB with their files."));
        if debug {
            self.line(0, format_args!("DEBUG MODE: the machine's owner may see into the instance."));
        }
    }

    fn people_and_programs(&mut self, identities: &[Identity], programs: &[Program]) {
        for identity in identities {
            self.identity(identity.id as usize, &identity.certificate, &identity.file_rights);
        }
        for program in programs {
            self.line(0, format_args!("Program {:?}", program.program_file_name.as_str()));
            self.table(&program.file_rights, Person::Program);
        }
    }

    fn identity(&mut self, id: usize, certificate: &Certificate, rights: &RightsTable) {
        let (key, fingerprint) = (certificate.key(), certificate.fingerprint());
        self.line(0, format_args!("Participant {id}, whoever holds the {key} key of the certificate {fingerprint}"));
        self.table(rights, Person::Participant);
    }

    fn table(&mut self, table: &RightsTable, person: Person) {
        if table.entries().is_empty() {
            self.line(1, format_args!("may do nothing"));
        }
        for entry in table.entries() {
            self.line(1, format_args!("{}", sentence(entry, person)));
        }
    }

    fn hashes(&mut self, hashes: &[FileHash]) {
        if !hashes.is_empty() {
            self.line(0, format_args!("Fixed content: nobody can put anything else there"));
        }
        for file in hashes {
            self.line(1, format_args!("{:?} has SHA-256 {}", file.file_path.as_str(), file.hash));
        }
    }

    fn attestation(&mut self, policy: &FullDocument) {
        let (url, expiry) = (&policy.proxy_attestation_server_url, policy.enclave_cert_expiry);
        self.line(0, format_args!("The instance is vouched for by {url}, until {expiry}, with the certificate"));
        for authority in policy.proxy_service_cert.certificates() {
            self.line(1, format_args!("{} ({})", authority.fingerprint(), authority.key()));
        }
        for platform in policy.platforms() {
            let hash = policy.runtime_hash(platform).map(|hash| hash.to_string()).unwrap_or_default();
            let isolation = if platform.is_isolated() { "" } else { " — INSECURE: no isolation at all" };
            self.line(0, format_args!("Accepts the runtime {hash} on {platform}{isolation}"));
        }
        if policy.platforms().next().is_none() {
            self.line(0, format_args!("Names no runtime that this version can verify."));
        }
    }
}

#[derive(Clone, Copy)]
enum Person {
    Participant,
    Program,
}

/// `may read and list /input and everything below it`.
fn sentence(entry: &RightsEntry, person: Person) -> String {
    let on_path = matches!(entry.target(), Target::Path(_));
    let verbs = verbs(entry.rights(), on_path);
    let rest = entry.rights().difference(Rights::READ | Rights::WRITE | Rights::EXECUTE);
    let mut said = match (verbs.is_empty(), entry.rights().is_empty()) {
        (_, true) => "may do nothing with".to_owned(),
        (true, false) => "has no useful right on".to_owned(),
        (false, false) => format!("may {}", verbs.join(", ")),
    };
    match entry.target() {
        Target::Path(path) if path.is_root() => said.push_str(" everything"),
        Target::Path(path) => {
            let _ = write!(said, " {:?} and everything below it", path.as_str());
        }
        Target::Stream(stream) => {
            let whose = if matches!(person, Person::Participant) { "the programs' " } else { "its " };
            let _ = write!(said, " {whose}{}", stream.name());
        }
    }
    if !rest.is_empty() {
        let _ = write!(said, " (also {rest})");
    }
    said
}

/// What people call these rights; a stream can only be read and written.
fn verbs(rights: Rights, on_path: bool) -> Vec<&'static str> {
    let opens = Rights::PATH_OPEN;
    let known = [
        (Rights::FD_READ, "read", true),
        (Rights::FD_READDIR | opens, "list", on_path),
        (Rights::FD_WRITE, "write", true),
        (Rights::PATH_CREATE_FILE | opens, "create files in", on_path),
        (Rights::PATH_CREATE_DIRECTORY | opens, "create directories in", on_path),
        (Rights::EXECUTE_ONLY, "execute", on_path),
    ];
    known.into_iter().filter(|(needs, _, here)| *here && rights.contains(*needs)).map(|(_, verb, _)| verb).collect()
}
