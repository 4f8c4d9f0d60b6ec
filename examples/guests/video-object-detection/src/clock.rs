//! How long things take, where the policy lets the program see that.
//!
//! The standard library ends the program where a clock is refused, so the clock is asked only when it is known to be
//! there. The runtime that hides it hides the files' times too: all of them are 1970.

use std::fs::File;
use std::time::{Duration, Instant, SystemTime};

/// A clock, or none.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    visible: bool,
}

/// When something began, if that is known.
#[derive(Debug, Clone, Copy)]
pub struct Start(Option<Instant>);

impl Clock {
    /// Judged by the time of any file.
    #[must_use]
    pub fn seen_by(file: &File) -> Self {
        let written = file.metadata().and_then(|known| known.modified());
        Clock { visible: written.is_ok_and(|time| time != SystemTime::UNIX_EPOCH) }
    }

    /// Something begins.
    #[must_use]
    pub fn start(self) -> Start {
        Start(self.visible.then(Instant::now))
    }
}

impl Start {
    /// The time since then.
    #[must_use]
    pub fn elapsed(self) -> Option<Duration> {
        self.0.map(|start| start.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_known_where_files_have_them() {
        let file = tempfile::tempfile().unwrap();
        assert!(Clock::seen_by(&file).start().elapsed().is_some());
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert!(Clock::seen_by(&file).start().elapsed().is_none());
    }
}
