//! What a module is and wants, read from its bytes alone: nothing is compiled and nothing runs.

use wasmparser::types::{CoreTypeId, EntityType, TypesRef};
use wasmparser::{CompositeInnerType, Parser, ValType, Validator};

use super::limits::{MAX_MODULE_BYTES, MAX_TABLES};
use super::refusal::{ImportName, ModuleRefusal};
use super::{features, provided};

/// What a valid module is and wants.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ModuleReport {
    /// Its size in bytes.
    pub bytes: usize,
    /// What it imports, in no particular order.
    pub imports: Vec<ImportReport>,
    /// What it exports: name and type.
    pub exports: Vec<(String, String)>,
    /// Its memory.
    pub memory: Option<MemoryReport>,
    /// Elements of its tables at the start.
    pub tables: Vec<u64>,
    /// WebAssembly proposals that it cannot do without, by the names of webassembly.org.
    pub features: Vec<&'static str>,
    /// Everything for which it would be refused here; empty when it runs.
    pub refusals: Vec<ModuleRefusal>,
}

/// One import of a module.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ImportReport {
    /// Module and name.
    pub import: ImportName,
    /// Its type for the module: of a function like `(i32, i32) -> i32`, otherwise `a memory` and so on.
    pub wanted: String,
    /// Whether it is provided here, with this type.
    pub provided: bool,
}

/// A module's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryReport {
    /// Bytes at the start.
    pub min_bytes: u64,
    /// Bytes that it declares as its bound, if it declares one.
    pub max_bytes: Option<u64>,
}

/// What can be in the way of a module besides its own rules.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowed {
    /// Bytes of memory at the start.
    pub(crate) memory: u64,
    /// Elements of one table at the start.
    pub(crate) table_elements: u64,
}

/// Reads a module and holds it against what is provided and allowed.
///
/// # Errors
/// [`ModuleRefusal`] when the bytes are no valid module that this runtime could take at all. What else is in its way
/// stands in [`ModuleReport::refusals`].
pub(crate) fn inspect(wasm: &[u8], allowed: Allowed) -> Result<ModuleReport, ModuleRefusal> {
    let mut report = read(wasm, allowed)?;
    report.features = features::used(wasm);
    Ok(report)
}

/// The same for who only wants to know whether it runs; names the first thing that is in its way.
pub(crate) fn check(wasm: &[u8], allowed: Allowed) -> Result<(), ModuleRefusal> {
    let report = read(wasm, allowed)?;
    report.refusals.into_iter().next().map_or(Ok(()), Err)
}

fn read(wasm: &[u8], allowed: Allowed) -> Result<ModuleReport, ModuleRefusal> {
    let types = validate(wasm)?;
    let types = types.as_ref();
    let mut report = ModuleReport {
        bytes: wasm.len(),
        imports: vec![],
        exports: types.core_exports().into_iter().flatten().map(|(n, t)| (n.to_owned(), describe(types, t))).collect(),
        memory: exported_memory(types),
        tables: (0..types.table_count()).map(|index| types.table_at(index).initial).collect(),
        features: vec![],
        refusals: vec![],
    };
    for (module, name, wanted) in types.core_imports().into_iter().flatten() {
        let import = ImportName { module: module.to_owned(), name: name.to_owned() };
        let wanted = describe(types, wanted);
        let refusal = refuse_import(&import, &wanted);
        report.imports.push(ImportReport { import, wanted, provided: refusal.is_none() });
        report.refusals.extend(refusal);
    }
    let start = report.exports.iter().find(|(name, _)| name == "_start").map(|(_, signature)| signature.as_str());
    report.refusals.extend(refuse_start(start));
    report.refusals.extend(refuse_memory(report.memory, allowed));
    report.refusals.extend(refuse_tables(&report.tables, allowed));
    Ok(report)
}

fn validate(wasm: &[u8]) -> Result<wasmparser::types::Types, ModuleRefusal> {
    if wasm.len() > MAX_MODULE_BYTES {
        return Err(ModuleRefusal::TooLarge(wasm.len()));
    }
    if Parser::is_component(wasm) {
        return Err(ModuleRefusal::Component);
    }
    if !wasm.starts_with(b"\0asm") {
        return Err(ModuleRefusal::NotAModule(looks_like(wasm)));
    }
    Validator::new_with_features(features::OFFERED).validate_all(wasm).map_err(|error| {
        match features::missing(wasm).filter(|names| !names.is_empty()) {
            Some(names) => ModuleRefusal::NeedsFeature(names),
            None => ModuleRefusal::Invalid { offset: error.offset(), reason: super::refusal::shown(error.message()) },
        }
    })
}

/// What the bytes may be instead: the mistakes that people make.
fn looks_like(bytes: &[u8]) -> &'static str {
    let text = bytes.trim_ascii_start();
    if bytes.is_empty() {
        "it is empty"
    } else if text.starts_with(b"(module") || text.starts_with(b";;") {
        "it is WebAssembly text; translate it with wat2wasm"
    } else if bytes.starts_with(b"\x7fELF") {
        "it is a native Linux program; build it for wasm32-wasip1"
    } else {
        "it does not start with the bytes 00 61 73 6d"
    }
}

fn refuse_import(import: &ImportName, wanted: &str) -> Option<ModuleRefusal> {
    let (import, wanted) = (import.clone(), wanted.to_owned());
    match provided::signature(&import.module, &import.name) {
        Some(provided) if provided == wanted => None,
        Some(provided) => Some(ModuleRefusal::ImportType { import, wanted, provided }),
        None => {
            let advice = match import.module.as_str() {
                provided::WASI | provided::VERACRUZ => "build it with a current toolchain for WASI preview 1",
                "env" => "link the function into the module, or build it without",
                "wasi_unstable" => "build it for WASI preview 1, not its predecessor",
                _ => "only WASI preview 1 and `veracruz_si` are provided",
            };
            Some(ModuleRefusal::UnknownImport { import, wanted, advice })
        }
    }
}

fn refuse_start(signature: Option<&str>) -> Option<ModuleRefusal> {
    match signature {
        Some("() -> ()" | "(i32, i32) -> ()") => None,
        Some(other) => Some(ModuleRefusal::StartType(other.to_owned())),
        None => Some(ModuleRefusal::NoStart),
    }
}

fn refuse_memory(memory: Option<MemoryReport>, allowed: Allowed) -> Option<ModuleRefusal> {
    match memory {
        None => Some(ModuleRefusal::NoMemory),
        Some(MemoryReport { min_bytes: needed, .. }) if needed > allowed.memory => {
            Some(ModuleRefusal::MemoryTooLarge { needed, limit: allowed.memory })
        }
        Some(_) => None,
    }
}

fn refuse_tables(tables: &[u64], allowed: Allowed) -> Option<ModuleRefusal> {
    let count = u32::try_from(tables.len()).unwrap_or(u32::MAX);
    if count > MAX_TABLES {
        return Some(ModuleRefusal::TooManyTables(count));
    }
    let needed = tables.iter().copied().max().filter(|needed| *needed > allowed.table_elements)?;
    Some(ModuleRefusal::TableTooLarge { needed, limit: allowed.table_elements })
}

fn exported_memory(types: TypesRef<'_>) -> Option<MemoryReport> {
    types.core_exports()?.find_map(|(name, entity)| match entity {
        EntityType::Memory(memory) if name == "memory" => Some(MemoryReport {
            min_bytes: memory.initial.saturating_mul(memory.page_size().into()),
            max_bytes: memory.maximum.map(|pages| pages.saturating_mul(memory.page_size().into())),
        }),
        _ => None,
    })
}

/// The type of a function as text, or what else it is.
fn describe(types: TypesRef<'_>, entity: EntityType) -> String {
    match entity {
        EntityType::Func(id) | EntityType::FuncExact(id) => signature(types, id),
        EntityType::Table(_) => "a table".to_owned(),
        EntityType::Memory(_) => "a memory".to_owned(),
        EntityType::Global(_) => "a global".to_owned(),
        EntityType::Tag(_) => "a tag".to_owned(),
    }
}

fn signature(types: TypesRef<'_>, id: CoreTypeId) -> String {
    let Some(CompositeInnerType::Func(function)) = types.get(id).map(|kind| &kind.composite_type.inner) else {
        return "a function".to_owned(); // validation let no other type through
    };
    let list = |values: &[ValType]| values.iter().map(ValType::to_string).collect::<Vec<_>>().join(", ");
    match function.results() {
        [one] => format!("({}) -> {one}", list(function.params())),
        results => format!("({}) -> ({})", list(function.params()), list(results)),
    }
}
