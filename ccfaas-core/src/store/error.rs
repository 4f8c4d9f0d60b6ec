//! Why a store did not do what it was asked: for the log, never for a client.

use std::error::Error;

/// A store's failure. It does not say whether the change was made.
#[derive(Debug, thiserror::Error)]
#[error("the store failed to {doing}: {source}")]
pub struct StoreError {
    /// What it was to do, as a verb.
    doing: &'static str,
    /// There is no space left.
    full: bool,
    source: Box<dyn Error + Send + Sync>,
}

impl StoreError {
    /// A failure while `doing` something.
    pub fn new(doing: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        StoreError { doing, full: false, source: source.into() }
    }

    /// For want of space.
    #[must_use]
    pub fn for_want_of_space(mut self) -> Self {
        self.full = true;
        self
    }

    /// Whether there is no space left.
    pub fn is_full(&self) -> bool {
        self.full
    }
}
