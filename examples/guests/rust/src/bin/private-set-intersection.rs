//! What the lists of all parties have in common.
//!
//! In: every file in `/input`, one a party, at least two; an entry a line, white space around it does not count. Out:
//! `/output/intersection.txt`, the entries that all files have, sorted, each once.

use std::collections::BTreeSet;
use std::process::ExitCode;

use guests::{Outcome, bad, finish, inputs, output};

fn main() -> ExitCode {
    finish(run())
}

fn run() -> Outcome {
    let mut sets = Vec::new();
    for (path, bytes) in inputs("/input/")? {
        let text = String::from_utf8(bytes).map_err(|_| bad(path.display(), "is not UTF-8 text"))?;
        let entries = text.lines().map(str::trim).filter(|line| !line.is_empty());
        sets.push(entries.map(str::to_owned).collect::<BTreeSet<_>>());
    }
    if sets.len() < 2 {
        return Err(bad("/input", format!("{} lists; an intersection needs two or more", sets.len())));
    }
    let common = sets.into_iter().reduce(|left, right| left.intersection(&right).cloned().collect());
    let lines: String = common.unwrap_or_default().iter().map(|entry| format!("{entry}\n")).collect();
    output("/output/intersection.txt", lines)
}
