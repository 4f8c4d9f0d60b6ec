//! Adds what comes on stdin to the end of `/output/append.log`; the file of an earlier run stays.

use std::fs::OpenOptions;
use std::io;
use std::process::ExitCode;

use guests::{Outcome, bad, finish};

const LOG: &str = "/output/append.log";

fn main() -> ExitCode {
    finish(run())
}

fn run() -> Outcome {
    let mut log = OpenOptions::new().create(true).append(true).open(LOG).map_err(|error| bad(LOG, error))?;
    io::copy(&mut io::stdin().lock(), &mut log)?;
    Ok(())
}
