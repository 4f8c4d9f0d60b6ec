//! The thread that lets time pass for guests: while something runs it advances the epoch, and it fires the interrupt of
//! a run whose time is over.
//!
//! It sleeps while nothing runs, and it touches no guest.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::RunControl;
use super::interrupt::Interrupt;

/// How often running guests look whether they shall end. A cancel promises 100 ms; a tick costs a guest some hundred
/// nanoseconds. One bulk instruction (`memory.fill`, `memory.copy`) is not interrupted; what it can take is bounded by
/// the policy's memory.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// The thread; it ends with this value.
pub(super) struct Ticker {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    runs: Vec<Watched>,
    next: u64,
    /// Whether the thread waits for the first run, and not for the next tick.
    asleep: bool,
    closed: bool,
}

struct Watched {
    number: u64,
    deadline: Option<Instant>,
    interrupt: Interrupt,
}

/// A run that the ticker watches until this is dropped.
pub(super) struct Watch {
    shared: Arc<Shared>,
    number: u64,
}

impl Ticker {
    /// Starts the thread; `tick` is called at each tick while something runs.
    pub(super) fn start(tick: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("guest-ticker".to_owned()).spawn(move || own.keep_time(tick))?;
        Ok(Ticker { shared, thread: Some(thread) })
    }

    /// Watches a run from now on.
    pub(super) fn watch(&self, control: &RunControl) -> Watch {
        let deadline = control.deadline.and_then(|time| Instant::now().checked_add(time));
        let mut state = self.shared.state.lock();
        let number = state.next;
        state.next = number.wrapping_add(1);
        state.runs.push(Watched { number, deadline, interrupt: control.interrupt.clone() });
        if state.asleep {
            self.shared.changed.notify_one();
        }
        Watch { shared: Arc::clone(&self.shared), number }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.state.lock().closed = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.state.lock().runs.retain(|run| run.number != self.number);
    }
}

impl Shared {
    fn keep_time(&self, tick: impl Fn()) {
        let mut state = self.state.lock();
        while !state.closed {
            if state.runs.is_empty() {
                state.asleep = true;
                self.changed.wait(&mut state);
                state.asleep = false;
                continue;
            }
            self.changed.wait_for(&mut state, TICK);
            let now = Instant::now();
            let over = state.runs.iter().filter(|run| run.deadline.is_some_and(|deadline| deadline <= now));
            over.for_each(|run| run.interrupt.expire());
            tick();
        }
    }
}
