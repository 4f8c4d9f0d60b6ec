//! The port through which the parts that live longer than one call ask for the time; this crate never reads a clock.

use time::OffsetDateTime;

/// The time of day; a closure will do.
pub trait Clock: Send + Sync {
    /// Now, from a source that no peer can set.
    fn now(&self) -> OffsetDateTime;
}

impl<F: Fn() -> OffsetDateTime + Send + Sync> Clock for F {
    fn now(&self) -> OffsetDateTime {
        self()
    }
}
