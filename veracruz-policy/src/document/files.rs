//! Files whose content a document fixes.

use std::collections::HashMap;

use serde::Serialize;

use super::members::{digest_of, path_of};
use crate::digest::Sha256Digest;
use crate::error::{Refusal, Report, Rule, shown};
use crate::path::VfsPath;
use crate::reader::{Cursor, each, refuse_repeats};

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
