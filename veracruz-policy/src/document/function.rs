//! The function policy: what an operator registers.

use serde::Serialize;

use super::files::{DataFile, data_files};
use super::members::{name_at, rights_of};
use super::programs::{FunctionProgram, function_programs};
use super::{Checked, DocumentKind};
use crate::error::{PolicyError, Refusal, Report, Rule, shown};
use crate::name::Name;
use crate::reader::Cursor;
use crate::session::ExecutionStrategy;
use crate::table::RightsTable;

/// A function policy that is valid.
pub type FunctionPolicy = Checked<FunctionDocument>;

/// The content of a function policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FunctionDocument {
    /// The name by which users ask for it.
    pub function: Name,
    /// Debug mode.
    pub debug: bool,
    /// Whether programs see the real time.
    pub enable_clock: bool,
    /// How programs are executed.
    pub execution_strategy: ExecutionStrategy,
    /// The least memory that an instance needs, in MiB.
    pub max_memory_mib: u32,
    /// Files loaded before the user gets the instance.
    pub data_files: Vec<DataFile>,
    /// Programs loaded before the user gets the instance.
    pub programs: Vec<FunctionProgram>,
    /// What the function service may do in an instance: enough to load programs and data files.
    pub file_rights: RightsTable,
}

impl FunctionPolicy {
    /// Reads a function policy.
    ///
    /// # Errors
    /// All rules that the text breaks.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        super::read(DocumentKind::Function, text, read)
    }
}

fn read(root: &Cursor<'_>, report: &mut Report) -> Option<FunctionDocument> {
    let function = root.optional("function").and_then(|name| name_at(&name, report));
    let settings = Settings::read(root, report);
    let data_files = match root.optional("data_files") {
        Some(list) => data_files(&list, report),
        None => Some(Vec::new()),
    };
    let programs = root.optional("programs").and_then(|list| function_programs(&list, report));
    let file_rights = rights_of(root, report);
    let document = FunctionDocument {
        function: function?,
        debug: settings.debug?,
        enable_clock: settings.enable_clock?,
        execution_strategy: settings.execution_strategy?,
        max_memory_mib: settings.max_memory_mib?,
        data_files: data_files?,
        programs: programs?,
        file_rights: file_rights?,
    };
    refuse_two_contents(root, &document, report);
    Some(document)
}

/// A path that is both a program and a data file can only have one content.
fn refuse_two_contents(root: &Cursor<'_>, document: &FunctionDocument, report: &mut Report) {
    let Some(list) = root.optional("data_files") else {
        return;
    };
    for (position, file) in document.data_files.iter().enumerate() {
        let same_path = document.programs.iter().find(|program| program.program_file_name == file.data_file);
        if same_path.is_some_and(|program| program.pi_hash != file.pi_hash) {
            let found = format!("{}, a program with another hash", shown(file.data_file.as_str()));
            list.at(position).refuse(report, Refusal::new(Rule::ContradictoryHash, "one hash for a file", found));
        }
    }
}

/// The settings that function, VaaS and full policies share.
pub(super) struct Settings {
    pub(super) debug: Option<bool>,
    pub(super) enable_clock: Option<bool>,
    pub(super) execution_strategy: Option<ExecutionStrategy>,
    pub(super) max_memory_mib: Option<u32>,
}

impl Settings {
    pub(super) fn read(root: &Cursor<'_>, report: &mut Report) -> Self {
        let flag = |key: &str| root.optional(key).and_then(|flag| flag.flag());
        let strategy = root.optional("execution_strategy");
        Settings {
            debug: flag("debug"),
            enable_clock: flag("enable_clock"),
            execution_strategy: strategy.and_then(|text| text.parsed(report, ExecutionStrategy::parse)),
            max_memory_mib: root.optional("max_memory_mib").and_then(|number| number.number_from(1, report)),
        }
    }
}
