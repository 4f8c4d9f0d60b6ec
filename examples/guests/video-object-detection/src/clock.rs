//! How long things take, where the policy lets the program see that.
//!
//! The standard library ends a program that asks for the time where it is hidden, so inside an instance the host is asked
//! itself: the only unsafe code of this program.

use std::time::Duration;

/// When something began, if that is known.
#[derive(Debug, Clone, Copy)]
pub struct Start(Option<host::Moment>);

impl Start {
    /// Something begins.
    #[must_use]
    pub fn now() -> Self {
        Start(host::now())
    }

    /// The time since then.
    #[must_use]
    pub fn elapsed(self) -> Option<Duration> {
        host::between(self.0?, host::now()?)
    }
}

#[cfg(target_os = "wasi")]
mod host {
    #![expect(
        unsafe_code,
        reason = "the clock of WASI, which no safe function asks without a panic where it is hidden"
    )]

    use std::time::Duration;

    /// Nanoseconds since a moment that the host chose.
    pub(super) type Moment = u64;

    #[link(wasm_import_module = "wasi_snapshot_preview1")]
    // SAFETY: as the witx of WASI preview 1 declares it; the result is an errno.
    unsafe extern "C" {
        fn clock_time_get(clock: i32, precision: i64, time: *mut u64) -> i32;
    }

    pub(super) fn now() -> Option<Moment> {
        const MONOTONIC: i32 = 1;
        let mut time = 0;
        // SAFETY: the host writes one aligned number of 64 bits to `time`, which is one, and keeps nothing.
        let errno = unsafe { clock_time_get(MONOTONIC, 1, &mut time) };
        (errno == 0).then_some(time)
    }

    pub(super) fn between(start: Moment, end: Moment) -> Option<Duration> {
        end.checked_sub(start).map(Duration::from_nanos)
    }
}

#[cfg(not(target_os = "wasi"))]
mod host {
    use std::time::{Duration, Instant};

    pub(super) type Moment = Instant;

    pub(super) fn now() -> Option<Moment> {
        Some(Instant::now())
    }

    pub(super) fn between(start: Moment, end: Moment) -> Option<Duration> {
        end.checked_duration_since(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_later_takes_longer() {
        let start = Start::now();
        let first = start.elapsed().unwrap();
        assert!(start.elapsed().unwrap() >= first);
        assert_eq!(Start(None).elapsed(), None);
    }
}
