//! The sum of one party's values over the entries that the other party knows, and nothing about a single entry.
//!
//! In: `/input/entries.txt`, an entry a line, and `/input/values.csv`, `entry,whole number` a line. Out:
//! `/output/sum.txt` with the lines `count N` (entries that both have) and `sum S`.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use guests::{Outcome, bad, finish, output, text};

const ENTRIES: &str = "/input/entries.txt";
const VALUES: &str = "/input/values.csv";

fn main() -> ExitCode {
    finish(run())
}

fn run() -> Outcome {
    let entries = text(ENTRIES)?;
    let entries: BTreeSet<&str> = entries.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let values = text(VALUES)?;
    let values = parse(&values)?;
    let common: Vec<i64> =
        values.iter().filter(|(entry, _)| entries.contains(*entry)).map(|(_, value)| *value).collect();
    // No sum of 64-bit values that fit into memory can leave 128 bits.
    let sum: i128 = common.iter().copied().map(i128::from).sum();
    output("/output/sum.txt", format!("count {}\nsum {sum}\n", common.len()))
}

fn parse(text: &str) -> Outcome<BTreeMap<&str, i64>> {
    let mut values = BTreeMap::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let at = || format!("{VALUES}:{}", number + 1);
        let (entry, value) = line.rsplit_once(',').ok_or_else(|| bad(at(), "is not `entry,value`"))?;
        let value = value.trim().parse().map_err(|_| bad(at(), "the value is not a whole number of 64 bits"))?;
        if values.insert(entry.trim(), value).is_some() {
            return Err(bad(at(), "the same entry a second time"));
        }
    }
    Ok(values)
}
