//! `stdin`, `stdout` and `stderr`: files without a path, which policies name by these words.

use std::sync::Arc;

use veracruz_policy::Stream;

use super::file::File;

/// The three streams of a run, shared by all steps of a pipeline.
///
/// They are fresh for each run, see [`Vfs::fresh_stdio`](super::Vfs::fresh_stdio): what an earlier run printed does
/// not show in them.
#[derive(Clone, Debug)]
pub struct Stdio {
    pub(crate) stdin: Arc<File>,
    pub(crate) stdout: Arc<File>,
    pub(crate) stderr: Arc<File>,
}

impl Stdio {
    pub(crate) fn of(&self, stream: Stream) -> &Arc<File> {
        match stream {
            Stream::Stdin => &self.stdin,
            Stream::Stdout => &self.stdout,
            Stream::Stderr => &self.stderr,
        }
    }
}
