//! Time as a port: what the runtime knows of it comes through [`Clock`].
//!
//! Nothing else of this crate may ask the operating system for the time, so that tests and enclaves bring their own.

mod system;

use std::time::Duration;

pub use system::SystemClock;
use time::OffsetDateTime;

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// The time of day, in UTC. It may jump.
    fn wall(&self) -> OffsetDateTime;

    /// Time since some fixed moment. It never goes back.
    fn monotonic(&self) -> Duration;

    /// Nanoseconds since 1970-01-01T00:00:00Z, 0 before it: what file times are (WASI `$timestamp`).
    fn wall_nanos(&self) -> u64 {
        u64::try_from(self.wall().unix_timestamp_nanos()).unwrap_or_default()
    }
}
