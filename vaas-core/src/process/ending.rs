//! What the end of a process says about the instance.

use super::child::Exit;
use crate::driver::Ending;

/// What `veracruz-server` begins the line with that says why it fails. As a last line it is nothing else.
const COMPLAINT: &str = "veracruz-server: ";

/// What is known of an instance whose process ended after it took sessions. `last` is the last thing that it said.
///
/// `veracruz-server` exits with 0 when a participant shuts the instance down. The status of a process that was started in
/// an earlier life of the service is lost; it is taken for shut down unless it complained, since that is what instances
/// are for.
pub(super) fn ending(exit: Exit, last: Option<&str>) -> Ending {
    let complaint = last.filter(|line| line.starts_with(COMPLAINT));
    match exit {
        Exit::Code(0) => Ending::Finished,
        Exit::Unknown => complaint.map_or(Ending::Finished, |line| Ending::Failed(line.to_owned())),
        Exit::Code(code) => Ending::Failed(format!("exit code {code}; last line: {}", last.unwrap_or_default())),
        Exit::Signal(signal) => Ending::Failed(format!("killed by signal {signal}")),
    }
}

/// What is known of an instance of which there is no process.
pub(super) fn missed(before_this_boot: bool, last: Option<&str>) -> Ending {
    match before_this_boot {
        true => Ending::Failed("the machine was started again".to_owned()),
        false => ending(Exit::Unknown, last),
    }
}
