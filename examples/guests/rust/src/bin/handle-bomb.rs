//! Opens `/output/handle` again and again and closes nothing, until it is refused; says on stderr how often it came.

use std::fs::OpenOptions;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut held = Vec::new();
    loop {
        match OpenOptions::new().create(true).append(true).open("/output/handle") {
            Ok(file) => held.push(file),
            Err(error) => {
                eprintln!("refused after {} handles: {error}", held.len());
                return ExitCode::FAILURE;
            }
        }
    }
}
