//! Programs: what may run, and what it may do while it runs.

use serde::Serialize;

use super::members::{digest_of, id_of, path_of, rights_of};
use crate::digest::Sha256Digest;
use crate::error::{Report, Rule};
use crate::path::VfsPath;
use crate::reader::{Cursor, each, refuse_repeats};
use crate::table::RightsTable;

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
