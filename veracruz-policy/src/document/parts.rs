//! The pieces that the documents share.

use std::collections::HashMap;

use serde::{Serialize, Serializer};

use crate::certificate::Certificate;
use crate::digest::{DigestError, Sha256Digest};
use crate::error::{Refusal, Report, Rule, shown};
use crate::name::Name;
use crate::path::VfsPath;
use crate::pipeline::Pipeline;
use crate::reader::{Cursor, each, refuse_repeats};
use crate::table::{self, RightsTable};

/// A participant: whoever holds the key of the certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// Matched byte for byte against the peer's.
    pub certificate: Certificate,
    /// What the participant may do.
    pub file_rights: RightsTable,
    /// Unique among the identities.
    pub id: u32,
}

/// A participant as a user asks for it: the id is given when the policies are composed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UserIdentity {
    /// Matched byte for byte against the peer's.
    pub certificate: Certificate,
    /// What the participant may do.
    pub file_rights: RightsTable,
}

/// A program that may run, and what it may do while it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Program {
    /// What the program may do.
    pub file_rights: RightsTable,
    /// Unique among the programs.
    pub id: u32,
    /// Where the program lies, and its name.
    pub program_file_name: VfsPath,
}

/// A program of a function, with the digest of its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FunctionProgram {
    /// What the program may do.
    pub file_rights: RightsTable,
    /// Unique among the programs.
    pub id: u32,
    /// SHA-256 of the program.
    pub pi_hash: Sha256Digest,
    /// Where the program lies, and its name.
    pub program_file_name: VfsPath,
}

/// A data file of a function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DataFile {
    /// Where the file lies.
    pub data_file: VfsPath,
    /// SHA-256 of the file.
    pub pi_hash: Sha256Digest,
    /// Lower is loaded first; see [`DataFile::effective_priority`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
}

impl DataFile {
    /// The priority, 99 where none is given.
    pub fn effective_priority(&self) -> i64 {
        self.priority.unwrap_or(99)
    }
}

/// A file whose content the policy fixes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileHash {
    /// The file.
    pub file_path: VfsPath,
    /// SHA-256 of its content.
    pub hash: Sha256Digest,
}

/// A pipeline and what its programs may do while it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PipelineEntry {
    /// Its name; a request may use the name or the index.
    pub name: Name,
    /// Its steps.
    pub pipeline: Pipeline,
    /// Unique among the pipelines.
    pub id: u32,
    /// What its programs may do.
    pub file_rights: RightsTable,
}

/// A native module of Veracruz main.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NativeModule {
    /// Its name.
    pub name: Name,
    /// Where it comes from.
    #[serde(rename = "type")]
    pub kind: NativeModuleKind,
}

/// Where a native module comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum NativeModuleKind {
    /// Part of the runtime, called by writing to a special file.
    Static {
        /// The file.
        special_file: VfsPath,
    },
    /// A program of the host, called by writing to a special file.
    Dynamic {
        /// The file.
        special_file: VfsPath,
        /// The program.
        entry_point: VfsPath,
    },
    /// A program that a participant brings.
    Provisioned {
        /// The program.
        entry_point: VfsPath,
    },
}

/// The measurement of a runtime as policies write it: 64 hexadecimal digits, or an empty text for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuntimeHash(pub Option<Sha256Digest>);

impl Serialize for RuntimeHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(digest) => digest.serialize(serializer),
            None => serializer.serialize_str(""),
        }
    }
}

pub(super) fn identities(list: &Cursor<'_>, report: &mut Report) -> Option<Vec<Identity>> {
    refuse_repeats(list, report, "id", Rule::DuplicateId, id_of);
    let identities = each(list, report, |item, report| {
        let asked = user_identity(item, report);
        let id = item.optional("id").and_then(|id| id.number(report));
        let (UserIdentity { certificate, file_rights }, id) = asked.zip(id)?;
        Some(Identity { certificate, file_rights, id })
    });
    refuse_repeated_certificates(list, report);
    identities
}

pub(super) fn user_identities(list: &Cursor<'_>, report: &mut Report) -> Option<Vec<UserIdentity>> {
    let identities = each(list, report, user_identity);
    refuse_repeated_certificates(list, report);
    identities
}

fn user_identity(item: &Cursor<'_>, report: &mut Report) -> Option<UserIdentity> {
    let certificate = item
        .optional("certificate")
        .and_then(|text| text.parsed(report, |text| Certificate::from_pem(text).map_err(Refusal::from)));
    let rights = rights_of(item, report);
    let (certificate, file_rights) = certificate.zip(rights)?;
    Some(UserIdentity { certificate, file_rights })
}

/// By the bytes that are compared at the door, not by the text: line breaks make no other person.
fn refuse_repeated_certificates(list: &Cursor<'_>, report: &mut Report) {
    let der = |item: &Cursor<'_>| {
        let text = item.optional("certificate")?.text()?;
        Certificate::from_pem(text).ok().map(|certificate| certificate.der().to_vec())
    };
    refuse_repeats(list, report, "certificate", Rule::DuplicateCertificate, der);
}

pub(super) fn programs(list: &Cursor<'_>, report: &mut Report) -> Option<Vec<Program>> {
    refuse_repeated_programs(list, report);
    each(list, report, |item, report| {
        let name = path_of(item, "program_file_name", report);
        let rights = rights_of(item, report);
        let id = item.optional("id").and_then(|id| id.number(report));
        let ((program_file_name, file_rights), id) = name.zip(rights).zip(id)?;
        Some(Program { file_rights, id, program_file_name })
    })
}

pub(super) fn function_programs(list: &Cursor<'_>, report: &mut Report) -> Option<Vec<FunctionProgram>> {
    refuse_repeated_programs(list, report);
    each(list, report, |item, report| {
        let name = path_of(item, "program_file_name", report);
        let rights = rights_of(item, report);
        let id = item.optional("id").and_then(|id| id.number(report));
        let digest = digest_of(item, "pi_hash", report);
        let (((program_file_name, file_rights), id), pi_hash) = name.zip(rights).zip(id).zip(digest)?;
        Some(FunctionProgram { file_rights, id, pi_hash, program_file_name })
    })
}

fn refuse_repeated_programs(list: &Cursor<'_>, report: &mut Report) {
    refuse_repeats(list, report, "id", Rule::DuplicateId, id_of);
    refuse_repeats(list, report, "program_file_name", Rule::DuplicateName, |item| {
        VfsPath::parse(item.optional("program_file_name")?.text()?).ok()
    });
}

pub(super) fn data_files(list: &Cursor<'_>, report: &mut Report) -> Option<Vec<DataFile>> {
    refuse_repeats(list, report, "data_file", Rule::DuplicateName, |item| {
        VfsPath::parse(item.optional("data_file")?.text()?).ok()
    });
    each(list, report, |item, report| {
        let path = path_of(item, "data_file", report);
        let digest = digest_of(item, "pi_hash", report);
        let priority = match item.optional("priority") {
            Some(priority) => Some(priority.integer(report)?),
            None => None,
        };
        let (data_file, pi_hash) = path.zip(digest)?;
        Some(DataFile { data_file, pi_hash, priority })
    })
}

/// A repeated path with the same hash is harmless and kept; with another one nobody could ever satisfy the policy.
pub(super) fn file_hashes(list: &Cursor<'_>, report: &mut Report) -> Option<Vec<FileHash>> {
    let hashes = each(list, report, |item, report| {
        let path = path_of(item, "file_path", report);
        let digest = digest_of(item, "hash", report);
        let (file_path, hash) = path.zip(digest)?;
        Some(FileHash { file_path, hash })
    })?;
    let mut seen: HashMap<&VfsPath, Sha256Digest> = HashMap::new();
    let mut contradicted = false;
    for (position, entry) in hashes.iter().enumerate() {
        if *seen.entry(&entry.file_path).or_insert(entry.hash) != entry.hash {
            contradicted = true;
            let found = format!("another hash for {}", shown(entry.file_path.as_str()));
            list.at(position).refuse(report, Refusal::new(Rule::ContradictoryHash, "one hash for a file", found));
        }
    }
    (!contradicted).then_some(hashes)
}

/// In Veracruz the index was looked up as if it were the name, so policies exist whose pipelines are named by their
/// index; a name that is the index of *another* pipeline would make requests ambiguous.
pub(super) fn pipelines(list: &Cursor<'_>, report: &mut Report) -> Option<Vec<PipelineEntry>> {
    refuse_repeats(list, report, "id", Rule::DuplicateId, id_of);
    refuse_repeats(list, report, "name", Rule::DuplicateName, |item| item.optional("name")?.text().map(str::to_owned));
    let entries = each(list, report, |item, report| {
        let name = item.optional("name").and_then(|name| name_at(&name, report));
        let pipeline = item
            .optional("pipeline")
            .and_then(|text| text.parsed(report, |text| Pipeline::parse(text).map_err(Refusal::from)));
        let rights = rights_of(item, report);
        let id = item.optional("id").and_then(|id| id.number(report));
        let (((name, pipeline), file_rights), id) = name.zip(pipeline).zip(rights).zip(id)?;
        Some(PipelineEntry { name, pipeline, id, file_rights })
    })?;
    for (position, entry) in entries.iter().enumerate() {
        let index: Option<usize> = entry.name.as_str().parse().ok();
        if index.is_some_and(|index| index != position && index < entries.len()) {
            let found = format!("{}, the index of another pipeline", shown(entry.name.as_str()));
            let refusal = Refusal::new(Rule::AmbiguousPipeline, "a name that is no other pipeline's index", found);
            list.at(position).refuse(report, refusal);
        }
    }
    Some(entries)
}

pub(super) fn native_modules(list: &Cursor<'_>, report: &mut Report) -> Option<Vec<NativeModule>> {
    refuse_repeats(list, report, "name", Rule::DuplicateName, |item| item.optional("name")?.text().map(str::to_owned));
    each(list, report, |item, report| {
        let name = item.optional("name").and_then(|name| name_at(&name, report));
        let kind = item.optional("type").and_then(|kind| native_module_kind(&kind, report));
        let (name, kind) = name.zip(kind)?;
        Some(NativeModule { name, kind })
    })
}

fn native_module_kind(kind: &Cursor<'_>, report: &mut Report) -> Option<NativeModuleKind> {
    if let Some(inner) = kind.optional("Static") {
        return Some(NativeModuleKind::Static { special_file: path_of(&inner, "special_file", report)? });
    }
    if let Some(inner) = kind.optional("Dynamic") {
        let special_file = path_of(&inner, "special_file", report);
        let entry_point = path_of(&inner, "entry_point", report);
        let (special_file, entry_point) = special_file.zip(entry_point)?;
        return Some(NativeModuleKind::Dynamic { special_file, entry_point });
    }
    let inner = kind.optional("Provisioned")?;
    Some(NativeModuleKind::Provisioned { entry_point: path_of(&inner, "entry_point", report)? })
}

pub(super) fn rights_of(item: &Cursor<'_>, report: &mut Report) -> Option<RightsTable> {
    item.optional("file_rights").and_then(|list| table::read(&list, report))
}

pub(super) fn runtime_hash(item: &Cursor<'_>, report: &mut Report) -> Option<RuntimeHash> {
    match item.text()? {
        "" => Some(RuntimeHash(None)),
        _ => digest_at(item, report).map(|digest| RuntimeHash(Some(digest))),
    }
}

pub(super) fn name_at(item: &Cursor<'_>, report: &mut Report) -> Option<Name> {
    item.parsed(report, |text| Name::parse(text).map_err(|error| error.refuse(text)))
}

fn path_of(item: &Cursor<'_>, key: &str, report: &mut Report) -> Option<VfsPath> {
    item.optional(key)?.parsed(report, |text| VfsPath::parse(text).map_err(|error| error.refuse(text)))
}

fn digest_of(item: &Cursor<'_>, key: &str, report: &mut Report) -> Option<Sha256Digest> {
    item.optional(key).and_then(|digest| digest_at(&digest, report))
}

fn digest_at(item: &Cursor<'_>, report: &mut Report) -> Option<Sha256Digest> {
    item.parsed(report, |text| {
        text.parse().map_err(|error: DigestError| {
            let rule = match error {
                DigestError::Length(_) => Rule::HashLength,
                DigestError::Digit => Rule::HashDigit,
            };
            Refusal::new(rule, "64 hexadecimal digits", error.to_string())
        })
    })
}

fn id_of(item: &Cursor<'_>) -> Option<u64> {
    item.optional("id")?.raw_number()
}
