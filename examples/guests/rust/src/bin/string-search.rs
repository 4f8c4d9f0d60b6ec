//! Where a word occurs in texts, without showing the texts.
//!
//! In: `/input/needle.txt`, the word (white space at its ends does not count), and the texts, every other file in
//! `/input`. Out: `/output/found.txt`, a line `NAME:LINE:COLUMN` for each occurrence, in order; lines, and columns in
//! bytes, count from 1; occurrences may overlap. A last line `count N`.

use std::process::ExitCode;

use guests::{Outcome, bad, finish, inputs, output};

const NEEDLE: &str = "/input/needle.txt";

fn main() -> ExitCode {
    finish(run())
}

fn run() -> Outcome {
    let (needle, texts): (Vec<_>, Vec<_>) =
        inputs("/input/")?.into_iter().partition(|(path, _)| path.as_os_str() == NEEDLE);
    let needle = needle.first().map(|(_, bytes)| bytes.trim_ascii()).unwrap_or_default();
    if needle.is_empty() {
        return Err(bad(NEEDLE, "is missing or empty"));
    }
    let mut report = String::new();
    let mut count = 0;
    for (path, bytes) in &texts {
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let hits = line.windows(needle.len()).enumerate().filter(|(_, window)| *window == needle);
            for (column, _) in hits {
                report += &format!("{name}:{}:{}\n", number + 1, column + 1);
                count += 1;
            }
        }
    }
    output("/output/found.txt", report + &format!("count {count}\n"))
}
