//! How the program ends when it does not end well: the reason in words, and an exit status that scripts can count on.

use std::fmt;
use std::future::Future;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use tokio::signal::unix::{SignalKind, signal};

/// What an exit status says. `main.rs` tells them in the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// A service, the store or a file failed.
    Failed = 1,
    /// The call makes no sense, or lacks what keeps the user safe. Nothing was asked of anybody.
    WrongUse = 2,
    /// Policy or instance are not what the user demands. No data went there.
    NotTrusted = 3,
    /// The program said that it failed, or was ended.
    Program = 4,
    /// Somebody pressed Ctrl-C: 128 and the signal's number, as shells have it.
    Interrupted = 130,
}

/// Why it ends.
#[derive(Debug)]
pub(crate) struct Failure {
    ending: Ending,
    reason: anyhow::Error,
}

impl Failure {
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.ending as u8)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(reason: anyhow::Error) -> Self {
        Failure { ending: Ending::Failed, reason }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.reason)
    }
}

/// Says of an error how it ends the program.
pub(crate) trait Ends<T> {
    fn ends(self, ending: Ending) -> Result<T, Failure>;
}

impl<T, E: Into<anyhow::Error>> Ends<T> for Result<T, E> {
    fn ends(self, ending: Ending) -> Result<T, Failure> {
        self.map_err(|reason| Failure { ending, reason: reason.into() })
    }
}

/// Ends the work when somebody wants the program to end, so that what has to come after it is still done.
pub(crate) async fn unless_interrupted<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let no_handler = "no signal can be waited for";
    let mut terminate = signal(SignalKind::terminate()).context(no_handler)?;
    let mut interrupt = signal(SignalKind::interrupt()).context(no_handler)?;
    tokio::select! {
        outcome = work => return outcome,
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Err(anyhow!("interrupted")).ends(Ending::Interrupted)
}
