//! How the program ends when it does not end well: the reason in words, and an exit status that scripts can count on.

use std::fmt;
use std::future::Future;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::story::shown;

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
    pub(crate) fn new(ending: Ending, reason: anyhow::Error) -> Self {
        Failure { ending, reason }
    }

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
        let mut told = String::new();
        for cause in self.reason.chain().map(ToString::to_string) {
            // Some errors' texts end with their cause's.
            if !told.ends_with(&cause) {
                let between = if told.is_empty() { "" } else { ": " };
                told = format!("{told}{between}{cause}");
            }
        }
        let lines: Vec<String> = told.lines().map(shown).collect();
        f.write_str(&lines.join("\n"))
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

/// Hears from its making on that somebody wants the program to end, also while nobody waits for that.
pub(crate) struct Interruption {
    terminate: Signal,
    interrupt: Signal,
    /// It has come.
    came: bool,
}

impl Interruption {
    /// From here on signals do nothing by themselves.
    pub(crate) fn watch() -> anyhow::Result<Self> {
        let no_handler = "no signal can be waited for";
        let terminate = signal(SignalKind::terminate()).context(no_handler)?;
        Ok(Interruption { terminate, interrupt: signal(SignalKind::interrupt()).context(no_handler)?, came: false })
    }

    /// Ends the work when a signal comes or has come, so that what has to come after it is still done.
    pub(crate) async fn ends<T>(&mut self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        tokio::select! {
            biased;
            outcome = work => outcome,
            () = self.signal() => Err(anyhow!("interrupted")).ends(Ending::Interrupted),
        }
    }

    /// What has to be done in any case: only the second signal of all ends it. At the first, `told` says so.
    pub(crate) async fn ends_only_again<T>(&mut self, work: impl Future<Output = T>, told: impl Fn()) -> Option<T> {
        tokio::pin!(work);
        loop {
            let again = self.came;
            tokio::select! {
                biased;
                outcome = &mut work => return Some(outcome),
                () = self.signal() => match again {
                    true => return None,
                    false => told(),
                },
            }
        }
    }

    async fn signal(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        self.came = true;
    }
}

/// The same for work after which nothing else can be interrupted.
pub(crate) async fn unless_interrupted<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    Interruption::watch()?.ends(work).await
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::process::Command;
    use std::{error, fmt, io};

    use anyhow::{anyhow, ensure};
    use tokio::task::yield_now;

    use super::{Ending, Failure, Interruption};

    /// A reason whose text has its cause's text already, as the client's errors do.
    #[derive(Debug)]
    struct Connect(io::Error);

    impl fmt::Display for Connect {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "cannot connect: {}", self.0)
        }
    }

    impl error::Error for Connect {
        fn source(&self) -> Option<&(dyn error::Error + 'static)> {
            Some(&self.0)
        }
    }

    /// To this process.
    fn signal(name: &str) -> anyhow::Result<()> {
        let sent = Command::new("sh").args(["-c", "kill -$0 $PPID", name]).status()?;
        ensure!(sent.success(), "no signal was sent");
        Ok(())
    }

    #[test]
    fn no_reason_is_told_twice_and_none_is_obeyed_by_a_terminal() {
        for (reason, told) in [
            (anyhow!("refused").context("cannot connect"), "cannot connect: refused"),
            (anyhow!(Connect(io::Error::other("refused"))).context("outer"), "outer: cannot connect: refused"),
            (anyhow!("a\u{202e}b").context("two\nlines"), "two\nlines: a\\u{202e}b"),
        ] {
            assert_eq!(Failure::from(reason).to_string(), told);
        }
    }

    /// Every test here that sends a signal would meet the others': there is one.
    #[tokio::test]
    async fn the_first_signal_ends_work_and_only_the_second_what_has_to_be_done() -> anyhow::Result<()> {
        let mut interruption = Interruption::watch()?;
        let told = Cell::new(0);
        let tell = || told.set(told.get() + 1);
        let done = interruption.ends_only_again(async { 7 }, tell).await;
        assert_eq!((done, told.get()), (Some(7), 0));

        // While nobody waits.
        signal("INT")?;
        let ended = interruption.ends(std::future::pending::<Result<(), Failure>>()).await;
        assert!(matches!(ended, Err(Failure { ending: Ending::Interrupted, .. })));
        signal("TERM")?;
        assert_eq!(interruption.ends_only_again(std::future::pending::<()>(), tell).await, None);
        assert_eq!(told.get(), 0, "it was the second signal of all");

        // The first one that comes here is told, and the work goes on.
        let mut interruption = Interruption::watch()?;
        signal("TERM")?;
        let work = async {
            while told.get() == 0 {
                yield_now().await;
            }
            8
        };
        assert_eq!((interruption.ends_only_again(work, tell).await, told.get()), (Some(8), 1));
        Ok(())
    }
}
