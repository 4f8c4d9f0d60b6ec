//! `veracruz check`: will this program run here? Nothing of it is run.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use veracruz_runtime::offline::{self, ModuleRefusal, ModuleReport};

use crate::files::read_whole;
use crate::output::{Answer, WrongUse};

/// Which programs an instance takes, and what a given one wants.
#[derive(Args)]
pub(crate) struct Check {
    /// The program: a WebAssembly module built for WASI preview 1.
    #[arg(value_name = "PROG.wasm")]
    program: PathBuf,
    /// Memory that the policy will allow, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 256)]
    max_memory_mib: u32,
}

impl Check {
    pub(crate) fn run(self) -> Result<Answer, WrongUse> {
        let wasm = read_whole(&self.program)?;
        let report = match offline::check(&wasm, self.max_memory_mib) {
            Ok(report) => report,
            Err(refusal) => return Ok(Answer::refused(refusal.code(), refusal.to_string(), json!({}))),
        };
        let name = self.program.display();
        let Some(first) = report.refusals.first() else {
            return Ok(Answer::accepted(format!("{name}: runs here\n{}", words(&report)), report_json(&report)));
        };
        let reasons = report.refusals.iter().map(|refusal| format!("refused [{}]: {refusal}\n", refusal.code()));
        let told = format!("{}{}", reasons.collect::<String>(), words(&report));
        Ok(Answer::refused(first.code(), first.to_string(), report_json(&report)).with_words(told))
    }
}

fn words(report: &ModuleReport) -> String {
    let memory = match report.memory {
        None => "none is exported".to_owned(),
        Some(memory) => match memory.max_bytes {
            Some(max) => format!("{} at the start, at most {}", kib(memory.min_bytes), kib(max)),
            None => format!("{} at the start", kib(memory.min_bytes)),
        },
    };
    let features = if report.features.is_empty() { "none".to_owned() } else { report.features.join(", ") };
    let missing = report.imports.iter().filter(|import| !import.provided).count();
    format!(
        "  size       {} bytes\n  memory     {memory}\n  proposals  {features}\n  imports    {}, {missing} of them missing\n",
        report.bytes,
        report.imports.len(),
    )
}

fn kib(bytes: u64) -> String {
    format!("{} KiB", bytes / 1024)
}

fn report_json(report: &ModuleReport) -> Value {
    let imports = report.imports.iter().map(|one| {
        json!({"module": one.import.module, "name": one.import.name, "type": one.wanted, "provided": one.provided})
    });
    let exports = report.exports.iter().map(|(name, kind)| json!({"name": name, "type": kind}));
    let refusal = |refusal: &ModuleRefusal| json!({"code": refusal.code(), "reason": refusal.to_string()});
    json!({
        "bytes": report.bytes,
        "memory": report.memory.map(|memory| json!({"min_bytes": memory.min_bytes, "max_bytes": memory.max_bytes})),
        "tables": report.tables,
        "proposals": report.features,
        "imports": imports.collect::<Vec<_>>(),
        "exports": exports.collect::<Vec<_>>(),
        "refusals": report.refusals.iter().map(refusal).collect::<Vec<_>>(),
    })
}
