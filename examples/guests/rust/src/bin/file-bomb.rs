//! Writes one file, `/output/bomb`, until it is refused; says on stderr how much it wrote and why it ended.

use std::fs::File;
use std::io::Write as _;
use std::process::ExitCode;

const BLOCK: usize = 64 * 1024;

fn main() -> ExitCode {
    let mut file = match File::create("/output/bomb") {
        Ok(file) => file,
        Err(error) => {
            eprintln!("/output/bomb: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut written: u64 = 0;
    loop {
        match file.write(&[0x5a; BLOCK]) {
            Ok(count) => written += count as u64,
            Err(error) => {
                eprintln!("refused after {written} bytes: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
}
