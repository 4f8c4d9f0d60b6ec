//! Stopping in order: no new work, finish what runs, end at once on the second request.
//!
//! Nothing here ends the process; it only tells those who serve.

use std::io;
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Serving,
    Draining,
    Ended,
}

/// The serving side's view of a stop.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Receiver<Stage>);

/// The stopping side. Dropping it stops nothing.
#[derive(Debug)]
pub struct Trigger(watch::Sender<Stage>);

/// How serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// All that ran was finished.
    Clean,
    /// The bound passed first; this many connections were cut.
    BoundPassed(usize),
    /// A second request to stop came first; this many connections were cut.
    Cut(usize),
}

impl Drained {
    /// 0 when nothing was cut, else 1.
    pub fn exit_code(self) -> ExitCode {
        match self {
            Drained::Clean => ExitCode::SUCCESS,
            Drained::BoundPassed(_) | Drained::Cut(_) => ExitCode::FAILURE,
        }
    }
}

impl Trigger {
    /// Asks to stop: the first call drains, the second ends at once.
    pub fn stop(&self) {
        self.0.send_modify(|stage| {
            *stage = match stage {
                Stage::Serving => Stage::Draining,
                Stage::Draining | Stage::Ended => Stage::Ended,
            }
        });
    }
}

impl Shutdown {
    /// A stop that a test or an embedding program triggers itself.
    pub fn manual() -> (Trigger, Shutdown) {
        let (sender, receiver) = watch::channel(Stage::Serving);
        (Trigger(sender), Shutdown(receiver))
    }

    /// A stop on SIGTERM and SIGINT: the first drains, the second ends at once.
    ///
    /// Must be called inside a tokio runtime. From here on the two signals no longer end the process by themselves.
    pub fn on_signals() -> io::Result<Shutdown> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let (trigger, shutdown) = Shutdown::manual();
        tokio::spawn(async move {
            loop {
                let name = tokio::select! {
                    _ = terminate.recv() => "SIGTERM",
                    _ = interrupt.recv() => "SIGINT",
                };
                tracing::info!(signal = name, "asked to stop; a second signal ends at once");
                trigger.stop();
            }
        });
        Ok(shutdown)
    }

    /// Returns once a stop was asked for.
    pub async fn draining(&mut self) {
        self.reached(Stage::Draining).await;
    }

    /// Returns once a stop was asked for twice.
    pub async fn ended(&mut self) {
        self.reached(Stage::Ended).await;
    }

    async fn reached(&mut self, wanted: Stage) {
        if self.0.wait_for(|stage| *stage >= wanted).await.is_err() {
            // The trigger is gone: nobody can ask any more.
            std::future::pending::<()>().await;
        }
    }
}
