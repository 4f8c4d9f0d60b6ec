//! The time of day, through a port, so that tests can move it and archived evidence can be judged.

use std::fmt;

use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;

/// Tells the time of day.
pub trait Clock: fmt::Debug + Send + Sync {
    /// Now. Certificates and evidence are judged by it, so it must not come from the instance or its host.
    fn now(&self) -> OffsetDateTime;
}

/// The clock of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }
}

/// The same clock for the TLS library.
#[derive(Debug)]
pub(crate) struct TlsClock(pub(crate) Arc<dyn Clock>);

impl TimeProvider for TlsClock {
    fn current_time(&self) -> Option<UnixTime> {
        // A time before 1970 is no time at which any certificate is valid.
        let seconds = u64::try_from(self.0.now().unix_timestamp()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}
