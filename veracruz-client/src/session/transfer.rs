//! How a file travels: its length, where it goes, and who is told of the progress.

use std::fmt;

/// How far a transfer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that are through.
    pub done: u64,
    /// All bytes, where that is known.
    pub total: Option<u64>,
}

/// Options of an upload or a download.
#[derive(Default)]
#[must_use = "options do nothing by themselves"]
pub struct Transfer<'a> {
    pub(super) length: Option<u64>,
    pub(super) progress: Option<&'a mut (dyn FnMut(Progress) + Send)>,
}

impl<'a> Transfer<'a> {
    /// A transfer of unknown length, of which nobody is told.
    pub fn new() -> Self {
        Transfer::default()
    }

    /// For an upload: exactly so many bytes are read. They then go in one message, as old servers understand it; without
    /// a length they go in parts.
    pub fn length(mut self, length: u64) -> Self {
        self.length = Some(length);
        self
    }

    /// Calls `progress` whenever some more is through.
    pub fn progress(mut self, progress: &'a mut (dyn FnMut(Progress) + Send)) -> Self {
        self.progress = Some(progress);
        self
    }

    pub(super) fn tell(&mut self, done: u64, total: Option<u64>) {
        if let Some(progress) = &mut self.progress {
            progress(Progress { done, total });
        }
    }
}

impl fmt::Debug for Transfer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transfer").field("length", &self.length).finish_non_exhaustive()
    }
}
