//! What the user sees: numbered steps, and below each what was done and what was verified.

use std::io::{self, Write as _};

/// The teller. Standard output may be closed at any time: the work goes on, and its end is told by the exit status.
#[derive(Default)]
pub(crate) struct Story {
    steps: u32,
}

impl Story {
    /// The next step begins.
    pub(crate) fn step(&mut self, title: &str) {
        self.steps += 1;
        self.line(&format!("{}. {title}", self.steps));
    }

    /// Something was done.
    pub(crate) fn done(&self, what: impl AsRef<str>) {
        self.line(&format!("   - {}", what.as_ref()));
    }

    /// Something was checked and found right.
    pub(crate) fn verified(&self, what: impl AsRef<str>) {
        self.line(&format!("   ✓ {}", what.as_ref()));
    }

    /// Something is not as it should be in earnest.
    pub(crate) fn warn(&self, what: impl AsRef<str>) {
        self.line(&format!("   ! {}", what.as_ref()));
    }

    /// A line of its own.
    pub(crate) fn line(&self, text: &str) {
        let mut out = io::stdout().lock();
        let _ = writeln!(out, "{text}").and_then(|()| out.flush());
    }
}
