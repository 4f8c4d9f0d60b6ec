//! Sorts the whole numbers of all parties into one list.
//!
//! In: every file in `/input`, numbers of 64 bits apart by white space. Out: `/output/sorted.txt`, a number a line,
//! smallest first; what occurs twice stays twice.

use std::process::ExitCode;

use guests::{Outcome, bad, finish, inputs, output};

fn main() -> ExitCode {
    finish(run())
}

fn run() -> Outcome {
    let mut numbers: Vec<i64> = Vec::new();
    for (path, bytes) in inputs("/input/")? {
        let text = String::from_utf8(bytes).map_err(|_| bad(path.display(), "is not UTF-8 text"))?;
        for (number, line) in text.lines().enumerate() {
            for word in line.split_whitespace() {
                let at = || format!("{}:{}", path.display(), number + 1);
                numbers.push(word.parse().map_err(|_| bad(at(), "is not a whole number of 64 bits"))?);
            }
        }
    }
    numbers.sort_unstable();
    output("/output/sorted.txt", numbers.iter().map(|number| format!("{number}\n")).collect::<String>())
}
