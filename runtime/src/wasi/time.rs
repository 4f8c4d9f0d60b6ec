//! Clocks, waiting, chance.

use std::time::Duration;

use wiggle::{GuestMemory, GuestPtr};

use super::abi::Stop;
use super::abi::types::{Clockid, Errno, Size, Timestamp};
use super::{Cancelled, Wasi};
use crate::engine::Woken;

/// What the clocks of the machine promise at best.
const RESOLUTION: Timestamp = 1;

/// Random bytes between two looks at whether the run is to end: about a millisecond's worth.
const RANDOM_BLOCK: usize = 256 * 1024;

impl Wasi {
    pub(super) fn clock_resolution(&self) -> Result<Timestamp, Stop> {
        self.check_clock()?;
        Ok(RESOLUTION)
    }

    pub(super) fn clock_time(&self, clock: Clockid) -> Result<Timestamp, Stop> {
        self.check_clock()?;
        Ok(self.now(clock))
    }

    fn check_clock(&self) -> Result<(), Stop> {
        if self.clock_enabled { Ok(()) } else { Err(Errno::Acces.into()) }
    }

    /// A run has one thread and shares it with nobody, so its processor time is taken as the time since it began.
    pub(super) fn now(&self, clock: Clockid) -> Timestamp {
        let clocks = &self.view.shared.clock;
        match clock {
            Clockid::Realtime => clocks.wall_nanos(),
            Clockid::Monotonic => nanos(clocks.monotonic()),
            Clockid::ProcessCputimeId | Clockid::ThreadCputimeId => {
                nanos(clocks.monotonic().saturating_sub(self.started))
            }
        }
    }

    /// Waits; when the run is to end meanwhile, it does.
    pub(super) fn wait(&self, time: Duration) -> Result<(), Stop> {
        match self.interrupt.wait(time) {
            Woken::Elapsed => Ok(()),
            Woken::Cancelled => Err(cancelled()),
        }
    }

    pub(super) fn random(&self, memory: &mut GuestMemory<'_>, buffer: GuestPtr<u8>, len: Size) -> Result<(), Stop> {
        let into = memory.as_slice_mut(buffer.as_array(len))?.ok_or(Errno::Fault)?;
        for block in into.chunks_mut(RANDOM_BLOCK) {
            if self.interrupt.is_cancelled() {
                return Err(cancelled());
            }
            aws_lc_rs::rand::fill(block).map_err(|_| Errno::Io)?;
        }
        Ok(())
    }
}

fn cancelled() -> Stop {
    Stop::End(wiggle::error::Error::new(Cancelled))
}

fn nanos(time: Duration) -> Timestamp {
    Timestamp::try_from(time.as_nanos()).unwrap_or(Timestamp::MAX)
}
