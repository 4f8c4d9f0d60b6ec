//! `detector`: finds the objects in the encrypted video of the current folder, or of an instance.
//!
//! Exit code 0, or 1 with one line on stderr: `detector: FILE: why`.

use std::io::{self, Write as _};
use std::process::ExitCode;

use video_object_detection::{Folder, run};

fn main() -> ExitCode {
    let (mut out, mut err) = (io::stdout().lock(), io::stderr().lock());
    match run(&Folder::new(""), &mut out, &mut err) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // There is nobody to tell where stderr is not granted.
            let _ = writeln!(err, "detector: {}", error.line());
            ExitCode::FAILURE
        }
    }
}
