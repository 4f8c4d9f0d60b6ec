//! Why a module cannot run here, in words that its author can act on.
//!
//! Names come from the module, so they are shown bounded and escaped; its contents never are.

use std::fmt;

use super::limits::{MAX_MODULE_BYTES, MAX_SHOWN_NAME, MAX_TABLES};

/// Why a module cannot run here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModuleRefusal {
    /// It does not start as a WebAssembly binary does.
    #[error("this is no WebAssembly module: {0}")]
    NotAModule(&'static str),
    /// It is of the component model.
    #[error("this is a WebAssembly component; build a core module for WASI preview 1, for example for wasm32-wasip1")]
    Component,
    /// It is larger than any module that is taken.
    #[error("the module has {0} bytes, more than the {limit} that are taken", limit = MAX_MODULE_BYTES)]
    TooLarge(usize),
    /// It breaks a rule of WebAssembly.
    #[error("the module is not valid: at byte {offset}: {reason}")]
    Invalid {
        /// Bytes from the start of the module.
        offset: usize,
        /// Which rule.
        reason: String,
    },
    /// It needs proposals that this runtime does not offer.
    #[error("the module needs {}, which this runtime does not offer; build it without", .0.join(" and "))]
    NeedsFeature(Vec<&'static str>),
    /// It imports what nobody provides.
    #[error("the module imports {import} as {wanted}, and nothing of this name is provided here; {advice}")]
    UnknownImport {
        /// Module and name.
        import: ImportName,
        /// What it shall be: the type of a function, or `a memory`, `a table`, `a global`, `a tag`.
        wanted: String,
        /// What its author can do.
        advice: &'static str,
    },
    /// It imports a function that is provided, with another type.
    #[error("the module imports {import} as {wanted}, but what is provided is {provided}; build it for WASI preview 1")]
    ImportType {
        /// Module and name.
        import: ImportName,
        /// Its type for the module.
        wanted: String,
        /// Its type here.
        provided: &'static str,
    },
    /// It has no entry point.
    #[error("the module exports no function `_start`; build it as a command with a main function, not as a library")]
    NoStart,
    /// Its entry point is called in another way than programs are.
    #[error("the module exports `_start` as {0}; it must be () -> () or (i32, i32) -> ()")]
    StartType(String),
    /// It does not export its memory.
    #[error("the module exports no memory called `memory`, through which system calls pass their data")]
    NoMemory,
    /// Its memory does not fit into the policy's.
    #[error(
        "the module needs {needed} bytes of memory from the start, the policy allows {limit}; raise max_memory_mib"
    )]
    MemoryTooLarge {
        /// Bytes of its memory at the start.
        needed: u64,
        /// Bytes of the policy's `max_memory_mib`.
        limit: u64,
    },
    /// It has a larger table than any program may have.
    #[error("the module has a table of {needed} elements, at most {limit} are allowed")]
    TableTooLarge {
        /// Elements at the start.
        needed: u64,
        /// What is allowed.
        limit: u64,
    },
    /// It has more tables than any program may have.
    #[error("the module has {0} tables, at most {limit} are allowed", limit = MAX_TABLES)]
    TooManyTables(u32),
    /// The compiler did not take it.
    #[error("the module is valid, but cannot be compiled: {0}")]
    NotCompiled(String),
    /// The bytes are not those that were announced.
    #[error("the program's bytes do not have the digest by which they were announced; upload it again")]
    WrongDigest,
}

impl ModuleRefusal {
    /// A stable name for machines.
    pub fn code(&self) -> &'static str {
        match self {
            ModuleRefusal::NotAModule(_) => "not-a-module",
            ModuleRefusal::Component => "component-not-module",
            ModuleRefusal::TooLarge(_) => "module-too-large",
            ModuleRefusal::Invalid { .. } => "module-invalid",
            ModuleRefusal::NeedsFeature(_) => "module-needs-feature",
            ModuleRefusal::UnknownImport { .. } => "unknown-import",
            ModuleRefusal::ImportType { .. } => "import-type",
            ModuleRefusal::NoStart => "no-start",
            ModuleRefusal::StartType(_) => "start-type",
            ModuleRefusal::NoMemory => "no-memory",
            ModuleRefusal::MemoryTooLarge { .. } => "memory-too-large",
            ModuleRefusal::TableTooLarge { .. } => "table-too-large",
            ModuleRefusal::TooManyTables(_) => "too-many-tables",
            ModuleRefusal::NotCompiled(_) => "not-compiled",
            ModuleRefusal::WrongDigest => "wrong-digest",
        }
    }
}

/// The two names of an import, as the module writes them; shown bounded and escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportName {
    /// The first name, `wasi_snapshot_preview1` for system calls.
    pub module: String,
    /// The second.
    pub name: String,
}

impl fmt::Display for ImportName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` of `{}`", shown(&self.name), shown(&self.module))
    }
}

/// A name of the guest, fit for a line of text.
pub(super) fn shown(name: &str) -> String {
    let mut text: String = name.chars().take(MAX_SHOWN_NAME).flat_map(char::escape_debug).collect();
    if name.chars().nth(MAX_SHOWN_NAME).is_some() {
        text.push('…');
    }
    text
}
