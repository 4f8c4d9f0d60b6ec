//! WASI preview 1's test programs. What each does here is a row of `docs/WASI.md`, and no more is promised.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use veracruz_tests::guests::{ConformanceCase, Ending, REFUSED, conformance_cases};
use wasmtime::Engine;

use crate::machine::{Machine, compile, engine};

/// Every right of WASI preview 1 (bits 0 to 28).
const EVERY_RIGHT: u32 = 536_870_911;

#[test]
fn each_program_does_what_the_table_says() {
    let engine = engine();
    let told: BTreeMap<String, String> = table();
    let found: BTreeMap<String, String> =
        conformance_cases().into_iter().map(|case| (case.name.clone(), outcome(&engine, &case))).collect();
    let differ: Vec<_> = found.iter().filter(|(name, outcome)| told.get(*name) != Some(outcome)).collect();
    assert!(differ.is_empty(), "docs/WASI.md says something else, or nothing, of {differ:#?}");
    assert_eq!(told.len(), found.len(), "docs/WASI.md has a row for a program that is not there");
}

fn outcome(engine: &Engine, case: &ConformanceCase) -> String {
    // Paths of policies are absolute, the programs' are relative: the C library takes the root for where it stands.
    let mut capabilities: Vec<String> = case.dirs.keys().map(|dir| format!("/{dir}/ : {EVERY_RIGHT}")).collect();
    capabilities.push("stdin : r, stdout : w, stderr : w".to_owned());
    let module = compile(engine, &format!("wasi/{}", case.name));
    let machine = Machine::new(&module, &capabilities.join(", "));
    for (dir, files) in &case.dirs {
        for (path, bytes) in files {
            machine.provision(&format!("/{dir}/{path}"), bytes);
        }
    }
    let arguments = std::iter::once(format!("{}.wasm", case.name)).chain(case.args.clone()).collect();
    let run = machine.run(arguments, case.env.clone().into_iter().collect(), true);
    let right = run.ending == Ending::Exit(case.exit_code) && case.stdout.as_ref().is_none_or(|out| *out == run.stdout);
    match run.ending {
        _ if right => "passes".to_owned(),
        Ending::Exit(REFUSED) => "refused".to_owned(),
        _ => format!("fails: {run:?}"),
    }
}

/// The rows of `docs/WASI.md` that start with a program: its name and the first word of its result.
fn table() -> BTreeMap<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/WASI.md");
    let text = fs::read_to_string(path).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |")?.split_once("` |"));
    let last = |cells: &str| cells.rsplit('|').next().unwrap_or_default().trim().to_owned();
    rows.map(|(name, cells)| (name.to_owned(), last(cells)))
        .filter(|(_, result)| matches!(result.as_str(), "passes" | "refused"))
        .collect()
}
