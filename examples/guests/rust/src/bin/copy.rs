//! Copies every file in `/input` to the same name in `/output`.

use std::process::ExitCode;

use guests::{Outcome, bad, finish, inputs, output};

fn main() -> ExitCode {
    finish(run())
}

fn run() -> Outcome {
    for (path, bytes) in inputs("/input/")? {
        let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(|| bad(path.display(), "has no name"))?;
        output(&format!("/output/{name}"), bytes)?;
    }
    Ok(())
}
