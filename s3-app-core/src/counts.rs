//! What a service has done so far, for its operator's metrics.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// What runs, and what was done since the service began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Copies that run, and whose callers wait.
    pub copies_running: usize,
    /// Jobs that run.
    pub jobs_running: usize,
    /// Jobs that are known, those that run among them.
    pub jobs_remembered: usize,
    /// Copies that were done, jobs included.
    pub done: u64,
    /// Copies that failed, jobs included.
    pub failed: u64,
    /// Copies that were cancelled, or whose caller went away.
    pub cancelled: u64,
    /// Bytes of the copies that were done.
    pub bytes: u64,
}

/// The totals, while they are counted.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) running: AtomicUsize,
    done: AtomicU64,
    failed: AtomicU64,
    cancelled: AtomicU64,
    bytes: AtomicU64,
}

impl Totals {
    pub(crate) fn done(&self, bytes: u64) {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn cancelled(&self) {
        self.cancelled.fetch_add(1, Ordering::Relaxed);
    }

    /// The totals; what runs is filled in by who knows it.
    pub(crate) fn read(&self) -> Counts {
        Counts {
            done: self.done.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            cancelled: self.cancelled.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            ..Counts::default()
        }
    }
}
