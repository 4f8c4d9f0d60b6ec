//! How a run is ended from outside, and how whoever waits on its behalf wakes up at once.
//!
//! It never blocks the one who interrupts.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

/// The end of one run, asked for from outside. All clones are the same interrupt; it fires once and stays fired.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    reason: OnceLock<Reason>,
    waiting: Mutex<()>,
    woken: Condvar,
}

/// Why a run is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Somebody who may do so asked for it.
    Cancelled,
    /// Its time is over.
    DeadlineExceeded,
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// The time is over.
    Elapsed,
    /// The run is to end: by a cancel or by its deadline.
    Cancelled,
}

impl Interrupt {
    /// An interrupt that has not fired.
    pub fn new() -> Self {
        Interrupt::default()
    }

    /// Asks for the end of the run. What fired first counts.
    pub fn cancel(&self) {
        self.fire(Reason::Cancelled);
    }

    /// The run's time is over.
    pub(super) fn expire(&self) {
        self.fire(Reason::DeadlineExceeded);
    }

    fn fire(&self, reason: Reason) {
        let _ = self.0.reason.set(reason);
        self.nudge();
    }

    /// Whether the run is to end, by a cancel or by its deadline.
    pub fn is_cancelled(&self) -> bool {
        self.reason().is_some()
    }

    /// Why the run is to end; `None` while it may go on. Costs one load: host functions may ask at every call.
    pub(crate) fn reason(&self) -> Option<Reason> {
        self.0.reason.get().copied()
    }

    /// Waits for a time, or until the run is to end.
    pub fn wait(&self, time: Duration) -> Woken {
        let end = Instant::now().checked_add(time);
        let mut waiting = self.0.waiting.lock();
        loop {
            if self.is_cancelled() {
                return Woken::Cancelled;
            }
            match end {
                Some(end) if Instant::now() >= end => return Woken::Elapsed,
                Some(end) => {
                    self.0.woken.wait_until(&mut waiting, end);
                }
                None => self.0.woken.wait(&mut waiting),
            }
        }
    }

    /// Waits until `ready` gives something, or until the run is to end.
    ///
    /// `ready` is asked again at every [`Interrupt::nudge`]; it must not nudge anybody, and whoever nudges must hold no
    /// lock that `ready` takes.
    pub(super) fn wait_for<R>(&self, mut ready: impl FnMut() -> Option<R>) -> Result<R, Reason> {
        let mut waiting = self.0.waiting.lock();
        loop {
            if let Some(reason) = self.reason() {
                return Err(reason);
            }
            if let Some(result) = ready() {
                return Ok(result);
            }
            self.0.woken.wait(&mut waiting);
        }
    }

    /// Wakes who waits, so that it looks again whether it can go on.
    pub(super) fn nudge(&self) {
        // The lock: between a look that found nothing and the wait that follows nobody may be missed.
        drop(self.0.waiting.lock());
        self.0.woken.notify_all();
    }

    /// Whether both are the same interrupt.
    pub(super) fn is(&self, other: &Interrupt) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
