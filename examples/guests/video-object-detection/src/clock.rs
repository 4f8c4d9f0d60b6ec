//! How long things take, where the policy lets the program see that.
//!
//! The standard library ends the program where a clock is refused, so the clock is asked only when it is known to be
//! there. A runtime that hides it hides the times of files and folders too: all of them are 1970.

use std::fs;
use std::path::Path;
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
    /// Judged by the time of a folder. The one above all others is best: a policy that lets a program read something
    /// lets it look at the folders on the way, and not always at a file's attributes.
    #[must_use]
    pub fn seen_by(folder: &Path) -> Self {
        let changed = fs::metadata(folder).and_then(|known| known.modified());
        Clock { visible: changed.is_ok_and(|time| time != SystemTime::UNIX_EPOCH) }
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
    fn times_are_known_where_folders_have_them() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Clock::seen_by(folder.path()).start().elapsed().is_some());
        fs::File::open(folder.path()).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert!(Clock::seen_by(folder.path()).start().elapsed().is_none());
        assert!(Clock::seen_by(&folder.path().join("missing")).start().elapsed().is_none());
    }
}
