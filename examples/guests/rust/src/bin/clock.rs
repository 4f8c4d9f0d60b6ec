//! Prints the wall clock's seconds since 1970. Where the clock is refused, the standard library panics: a trap.

use std::process::ExitCode;
use std::time::SystemTime;

fn main() -> ExitCode {
    match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        Ok(now) => println!("{}", now.as_secs()),
        Err(error) => {
            eprintln!("the clock stands before 1970: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
