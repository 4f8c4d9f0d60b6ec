//! What people see while they wait: a bar where standard error is a terminal, a line now and then where it is not.

use std::future::Future;
use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::{Instant, sleep};

/// A log that is silent for longer looks dead.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// How often a spinner turns.
const TICK: Duration = Duration::from_millis(120);

/// A bar; it goes when it is dropped.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// Of so many bytes, or of a number that is not known yet.
    pub(crate) fn bytes(what: &str, total: Option<u64>) -> Self {
        match total {
            Some(_) => Bar::new(what, total, "   {msg} {bar:32} {bytes}/{total_bytes} {bytes_per_sec}"),
            None => Bar::new(what, total, "   {msg} {spinner} {bytes} {bytes_per_sec}"),
        }
    }

    /// Of so many things.
    pub(crate) fn count(what: &str, total: u64) -> Self {
        Bar::new(what, Some(total), "   {msg} {bar:32} {pos}/{len}")
    }

    /// So much is done.
    pub(crate) fn at(&self, position: u64) {
        self.0.set_position(position);
    }

    /// The number is known now.
    pub(crate) fn total(&self, total: Option<u64>) {
        if let Some(total) = total {
            self.0.set_length(total);
        }
    }

    fn new(what: &str, total: Option<u64>, shape: &str) -> Self {
        let target = if is_watched() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(total, target);
        if let Ok(style) = ProgressStyle::with_template(shape) {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        Bar(bar)
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Waits for work of unknown length.
pub(crate) async fn patiently<T>(what: &str, work: impl Future<Output = T>) -> T {
    let (bar, start) = (Bar::new(what, None, "   {msg} {spinner} {elapsed}"), Instant::now());
    if is_watched() {
        bar.0.enable_steady_tick(TICK);
    }
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            () = sleep(HEARTBEAT) => {
                if !is_watched() {
                    let _ = writeln!(io::stderr(), "   … {what}: {} s", start.elapsed().as_secs());
                }
            }
        }
    }
}

fn is_watched() -> bool {
    io::stderr().is_terminal()
}
