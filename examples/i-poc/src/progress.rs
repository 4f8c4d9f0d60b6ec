//! What people see while they wait: a bar where standard error is a terminal, a line now and then where it is not.

use std::future::Future;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::sleep;

/// A log that is silent for longer looks dead.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// How often a spinner turns.
const TICK: Duration = Duration::from_millis(120);

/// A bar; it goes when it is dropped.
pub(crate) struct Bar {
    bar: ProgressBar,
    heartbeat: Heartbeat,
}

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
        self.bar.set_position(position);
        self.beat();
    }

    /// Waits for the work, and shows that it is alive even where it gets no further.
    pub(crate) async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        if is_watched() {
            self.bar.enable_steady_tick(TICK);
        }
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = sleep(HEARTBEAT) => self.beat(),
            }
        }
    }

    /// Where nobody sees the bar, a line now and then.
    fn beat(&self) {
        let elapsed = self.bar.elapsed();
        if self.heartbeat.is_due(elapsed) && !is_watched() {
            let done = far(self.bar.position(), self.bar.length());
            let _ = writeln!(io::stderr(), "   … {}{done}: {} s", self.bar.message(), elapsed.as_secs());
        }
    }

    /// The number is known now.
    pub(crate) fn total(&self, total: Option<u64>) {
        if let Some(total) = total {
            self.bar.set_length(total);
        }
    }

    fn new(what: &str, total: Option<u64>, shape: &str) -> Self {
        let target = if is_watched() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(total, target);
        if let Ok(style) = ProgressStyle::with_template(shape) {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        Bar { bar, heartbeat: Heartbeat::default() }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Waits for work of unknown length.
pub(crate) async fn patiently<T>(what: &str, work: impl Future<Output = T>) -> T {
    Bar::new(what, None, "   {msg} {spinner} {elapsed}").during(work).await
}

/// How often it was told that the work goes on.
#[derive(Default)]
struct Heartbeat(AtomicU64);

impl Heartbeat {
    /// Once in each stretch of time.
    fn is_due(&self, elapsed: Duration) -> bool {
        let stretch = elapsed.as_secs() / HEARTBEAT.as_secs();
        self.0.swap(stretch, Ordering::Relaxed) != stretch
    }
}

/// How far it got, where that is known.
fn far(done: u64, total: Option<u64>) -> String {
    match (done, total) {
        (done, Some(total)) => format!(", {done} of {total}"),
        (0, None) => String::new(),
        (done, None) => format!(", {done}"),
    }
}

fn is_watched() -> bool {
    io::stderr().is_terminal()
}

#[test]
fn a_heart_beats_once_in_each_stretch_of_time() {
    let heart = Heartbeat::default();
    let beats: Vec<u64> = (0..100).filter(|at| heart.is_due(Duration::from_secs(*at))).collect();
    assert_eq!(beats, [30, 60, 90]);
}

#[test]
fn a_line_says_how_far_it_got() {
    assert_eq!([far(0, None), far(7, None), far(7, Some(9))], ["", ", 7", ", 7 of 9"]);
}
