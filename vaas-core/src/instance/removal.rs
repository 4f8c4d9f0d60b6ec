//! One side asks that something be removed and waits; the other removes it and tells. Asking is what survives: who asked
//! may go away, and the removal goes on.

use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

/// First pause before a removal that failed is tried again.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Doublings of the pause: what cannot be removed for a minute is an operator's to look at, trying on costs nothing.
const DOUBLINGS: u32 = 6;

/// The removal of one thing, shared by both sides.
#[derive(Debug)]
pub(crate) struct Removal {
    asked: CancellationToken,
    again: Notify,
    progress: watch::Sender<Progress>,
}

#[derive(Clone, Debug, Default)]
struct Progress {
    done: bool,
    /// Attempts that failed.
    failures: u32,
    /// Why the last of them did.
    reason: String,
}

impl Removal {
    pub(crate) fn new() -> Self {
        Removal { asked: CancellationToken::new(), again: Notify::new(), progress: watch::Sender::default() }
    }

    /// Asks, and waits for the end of the attempt; or why it failed. It is tried again without being asked again.
    pub(crate) async fn ask(&self) -> Result<(), String> {
        let mut progress = self.progress.subscribe();
        let before = progress.borrow().failures;
        self.asked.cancel();
        self.again.notify_one();
        let outcome = progress.wait_for(|now| now.done || now.failures > before).await;
        match outcome {
            Ok(now) if now.done => Ok(()),
            Ok(now) => Err(now.reason.clone()),
            Err(_) => Err("who removes it is gone".to_owned()),
        }
    }

    /// Asks when it is dropped without having been disarmed.
    pub(crate) fn ask_on_drop(&self) -> DropGuard {
        self.asked.clone().drop_guard()
    }

    /// Asks, and does not wait.
    pub(crate) fn request(&self) {
        self.asked.cancel();
    }

    pub(crate) fn is_asked(&self) -> bool {
        self.asked.is_cancelled()
    }

    /// Returns once somebody has asked.
    pub(crate) async fn asked(&self) {
        self.asked.cancelled().await;
    }

    /// Tells that it is done.
    pub(crate) fn done(&self) {
        self.progress.send_modify(|progress| progress.done = true);
    }

    /// Tells that the attempt failed, and waits until it makes sense to try again.
    pub(crate) async fn failed(&self, reason: String) {
        let mut failures = 0;
        self.progress.send_modify(|progress| {
            progress.failures += 1;
            progress.reason = reason;
            failures = progress.failures;
        });
        let pause = FIRST_PAUSE * 2_u32.pow(failures.saturating_sub(1).min(DOUBLINGS));
        // A nudge that came during the attempt is for this next one.
        let _nudged = tokio::time::timeout(pause, self.again.notified()).await;
    }
}
