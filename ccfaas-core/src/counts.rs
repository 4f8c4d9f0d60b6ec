//! What a collector of metrics is told. Counts only: no name of a user's is in them.

use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use crate::error::Step;
use crate::store::Rows;

/// How much there is, and what happened since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Functions and instances, as of the last change or look.
    pub rows: Rows,
    /// Instances that were made.
    pub created: u64,
    /// Instances that could not be made, by the step that failed.
    pub failed: Vec<(Step, u64)>,
    /// Instances that the last look was to end at VaaS and that VaaS did not end.
    pub left_over: u64,
}

#[derive(Default)]
pub(crate) struct Counters {
    rows: Mutex<Rows>,
    created: AtomicU64,
    failed: [AtomicU64; Step::ALL.len()],
    left_over: AtomicU64,
}

impl Counters {
    pub(crate) fn rows(&self, rows: Rows) {
        *self.rows.lock() = rows;
    }

    pub(crate) fn created(&self) {
        self.created.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn failed(&self, step: Step) {
        let counter = Step::ALL.iter().zip(&self.failed).find(|(known, _)| **known == step);
        counter.map(|(_, counter)| counter.fetch_add(1, Ordering::Relaxed));
    }

    pub(crate) fn left_over(&self, count: usize) {
        self.left_over.store(count as u64, Ordering::Relaxed);
    }

    pub(crate) fn told(&self) -> Counts {
        let failed = Step::ALL.iter().zip(&self.failed);
        Counts {
            rows: *self.rows.lock(),
            created: self.created.load(Ordering::Relaxed),
            failed: failed.map(|(step, counter)| (*step, counter.load(Ordering::Relaxed))).collect(),
            left_over: self.left_over.load(Ordering::Relaxed),
        }
    }
}
