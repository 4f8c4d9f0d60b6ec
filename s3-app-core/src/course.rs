//! How far a copy is, and whether it may still be called off.
//!
//! The last piece of an object decides whether the file appears. Before it goes out the copy is *committed*: from there on
//! nobody can call it off any more, so that what is called cancelled never turns up in the instance.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

/// The course of one copy, shared by the copy and by who watches it.
#[derive(Debug)]
pub(crate) struct Course {
    stage: Mutex<Stage>,
    called_off: CancellationToken,
    departed: AtomicBool,
    bytes: AtomicU64,
    /// [`UNKNOWN`] until the object's size is known.
    total: AtomicU64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Open,
    Committed,
    CalledOff,
}

const UNKNOWN: u64 = u64::MAX;

impl Course {
    pub(crate) fn new() -> Self {
        Course {
            stage: Mutex::new(Stage::Open),
            called_off: CancellationToken::new(),
            departed: AtomicBool::new(false),
            bytes: AtomicU64::new(0),
            total: AtomicU64::new(UNKNOWN),
        }
    }

    /// Calls the copy off, unless its last piece may have gone out already. Gives whether it is called off.
    pub(crate) fn call_off(&self) -> bool {
        let mut stage = self.stage.lock();
        if *stage == Stage::Open {
            *stage = Stage::CalledOff;
            self.called_off.cancel();
        }
        *stage == Stage::CalledOff
    }

    /// Asks for leave to send the last piece; without it nothing more may go out.
    pub(crate) fn commit(&self) -> bool {
        let mut stage = self.stage.lock();
        if *stage == Stage::Open {
            *stage = Stage::Committed;
        }
        *stage == Stage::Committed
    }

    /// The last piece goes out now.
    pub(crate) fn depart(&self) {
        self.departed.store(true, Ordering::Relaxed);
    }

    /// Whether the last piece may have gone out: that the file is in the instance is then the instance's to say.
    pub(crate) fn has_departed(&self) -> bool {
        self.departed.load(Ordering::Relaxed)
    }

    /// Returns once the copy is called off.
    pub(crate) async fn is_called_off(&self) {
        self.called_off.cancelled().await;
    }

    pub(crate) fn announce(&self, total: u64) {
        self.total.store(total, Ordering::Relaxed);
    }

    pub(crate) fn advance(&self, bytes: u64) {
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn total(&self) -> Option<u64> {
        Some(self.total.load(Ordering::Relaxed)).filter(|total| *total != UNKNOWN)
    }
}

#[cfg(test)]
mod tests {
    use super::Course;

    #[test]
    fn a_copy_is_committed_or_called_off_and_never_both() {
        let committed = Course::new();
        assert!(committed.commit() && !committed.call_off() && committed.commit());
        let called_off = Course::new();
        assert!(called_off.call_off() && !called_off.commit() && called_off.call_off());
    }
}
