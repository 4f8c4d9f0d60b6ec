//! The end of a daemon that has no settings: what the operator is told, and the exit code.

use std::io::Write as _;
use std::process::ExitCode;

use super::Problems;

/// The command line or another setting is wrong.
const WRONG_USE: u8 = 2;

/// Why there are no settings.
#[derive(Debug)]
pub enum Stop {
    /// The command line is wrong, or help was asked for.
    CommandLine(clap::Error),
    /// Settings are wrong.
    Problems(Problems),
}

impl Stop {
    /// Tells the operator, in the name of `daemon`, and gives the exit code: 0 for help, else 2.
    pub fn tell(self, daemon: &str) -> ExitCode {
        match self {
            Stop::CommandLine(error) => {
                let code = if error.use_stderr() { WRONG_USE } else { 0 };
                // The stream may be closed; the exit code says it all the same.
                let _ = error.print();
                code.into()
            }
            Stop::Problems(problems) => {
                let _ = writeln!(std::io::stderr(), "{daemon}: {problems}");
                WRONG_USE.into()
            }
        }
    }
}
