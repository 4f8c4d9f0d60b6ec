//! Adds a number to a list that stays from run to run, and says the sum so far.
//!
//! In: `/input/number.txt`, one whole number. Out: `/output/numbers.txt`, to which each run appends its number, and on
//! stdout the sum of all.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::process::ExitCode;

use guests::{Outcome, bad, finish, text};

const NUMBER: &str = "/input/number.txt";
const LIST: &str = "/output/numbers.txt";

fn main() -> ExitCode {
    finish(run())
}

fn run() -> Outcome {
    let number: i64 = text(NUMBER)?.trim().parse().map_err(|_| bad(NUMBER, "is not one whole number of 64 bits"))?;
    let mut list = OpenOptions::new().create(true).append(true).open(LIST).map_err(|error| bad(LIST, error))?;
    writeln!(list, "{number}").map_err(|error| bad(LIST, error))?;
    drop(list);
    let mut sum: i128 = 0;
    for (at, line) in text(LIST)?.lines().enumerate() {
        sum += line.parse::<i128>().map_err(|_| bad(format!("{LIST}:{}", at + 1), "is not a whole number"))?;
    }
    println!("{sum}");
    Ok(())
}
