//! How a run is told to end, by whoever may, wherever it waits.
//!
//! The engine looks at it between epochs, WASI calls that wait do so on it. It only carries the wish; it must never
//! end anything itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

/// A switch that can be turned once. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<Switch>);

#[derive(Debug, Default)]
struct Switch {
    cancelled: Mutex<bool>,
    turned: Condvar,
}

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// The time is over.
    Elapsed,
    /// The run is to end.
    Cancelled,
}

impl Interrupt {
    /// A switch that is not turned yet.
    pub fn new() -> Self {
        Interrupt::default()
    }

    /// Tells the run to end, and wakes what waits for it. More than once is harmless.
    pub fn cancel(&self) {
        *self.0.cancelled.lock() = true;
        self.0.turned.notify_all();
    }

    /// Whether the run is to end.
    pub fn is_cancelled(&self) -> bool {
        *self.0.cancelled.lock()
    }

    /// Waits until `time` is over or the run is to end, whichever is first.
    pub fn wait(&self, time: Duration) -> Woken {
        let mut cancelled = self.0.cancelled.lock();
        let Some(end) = Instant::now().checked_add(time) else {
            self.0.turned.wait_while(&mut cancelled, |cancelled| !*cancelled);
            return Woken::Cancelled;
        };
        self.0.turned.wait_while_until(&mut cancelled, |cancelled| !*cancelled, end);
        if *cancelled { Woken::Cancelled } else { Woken::Elapsed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_when_its_time_is_over_or_it_is_cancelled() {
        let interrupt = Interrupt::new();
        assert_eq!(interrupt.wait(Duration::ZERO), Woken::Elapsed);
        let waiter = interrupt.clone();
        let waiting = std::thread::spawn(move || waiter.wait(Duration::MAX));
        interrupt.cancel();
        assert_eq!(waiting.join().unwrap(), Woken::Cancelled);
        assert!(interrupt.is_cancelled());
        assert_eq!(interrupt.wait(Duration::from_secs(3600)), Woken::Cancelled);
    }
}
