//! Writes the files that the arguments name, or else every file in `/input` by name, one after the other to stdout.

use std::io::{self, Write as _};
use std::process::ExitCode;

use guests::{Outcome, finish, input, inputs};

fn main() -> ExitCode {
    finish(run())
}

fn run() -> Outcome {
    let named: Vec<String> = std::env::args().skip(1).collect();
    let contents = if named.is_empty() {
        inputs("/input/")?.into_iter().map(|(_, bytes)| bytes).collect()
    } else {
        named.iter().map(input).collect::<Outcome<Vec<_>>>()?
    };
    for bytes in contents {
        io::stdout().write_all(&bytes)?;
    }
    Ok(())
}
