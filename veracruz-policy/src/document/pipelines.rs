//! Pipelines and native modules, which only Veracruz main knows.

use serde::Serialize;

use super::members::{id_of, name_at, path_of, rights_of};
use crate::error::{Refusal, Report, Rule, shown};
use crate::name::Name;
use crate::path::VfsPath;
use crate::pipeline::Pipeline;
use crate::reader::{Cursor, each, refuse_repeats};
use crate::table::RightsTable;

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
