//! The places for runs: who finds none free waits, in the order of asking.
//!
//! It never refuses: only the run's own interrupt ends a wait.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;

use super::interrupt::{Interrupt, Reason};

/// A number of places, shared by all clones.
#[derive(Clone)]
pub(super) struct Gate(Arc<Mutex<State>>);

struct State {
    free: u32,
    queue: VecDeque<(u64, Interrupt)>,
    next: u64,
}

/// A place that is taken until this is dropped.
pub(super) struct Place(Gate);

impl Gate {
    pub(super) fn new(places: u32) -> Self {
        Gate(Arc::new(Mutex::new(State { free: places, queue: VecDeque::new(), next: 0 })))
    }

    /// Waits for a place.
    pub(super) fn enter(&self, interrupt: &Interrupt) -> Result<Place, Reason> {
        let ticket = self.0.lock().queue_up(interrupt);
        let entered = interrupt.wait_for(|| self.0.lock().take(ticket).then(|| Place(self.clone())));
        if entered.is_err() {
            self.0.lock().queue.retain(|(number, _)| *number != ticket);
        }
        // Whoever is first now may not have been first when a place became free.
        self.wake_first();
        entered
    }

    fn wake_first(&self) {
        let first = self.0.lock().first_that_fits();
        if let Some(first) = first {
            first.nudge();
        }
    }
}

impl State {
    fn queue_up(&mut self, interrupt: &Interrupt) -> u64 {
        let ticket = self.next;
        self.next = ticket.wrapping_add(1);
        self.queue.push_back((ticket, interrupt.clone()));
        ticket
    }

    fn take(&mut self, ticket: u64) -> bool {
        let is_first = self.queue.front().is_some_and(|(number, _)| *number == ticket);
        if self.free == 0 || !is_first {
            return false;
        }
        self.free -= 1;
        self.queue.pop_front();
        true
    }

    fn first_that_fits(&self) -> Option<Interrupt> {
        self.queue.front().filter(|_| self.free > 0).map(|(_, interrupt)| interrupt.clone())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.0.lock().free += 1;
        self.0.wake_first();
    }
}
