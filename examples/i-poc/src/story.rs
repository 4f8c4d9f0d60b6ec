//! What the user sees: numbered steps, and below each what was done and what was verified.

use std::io::{self, Write as _};

/// The teller. Standard error may be closed at any time: the work goes on, and its end is told by the exit status.
#[derive(Default)]
pub(crate) struct Story {
    steps: u32,
}

impl Story {
    /// The next step begins.
    pub(crate) fn step(&mut self, title: &str) {
        self.steps += 1;
        line(&format!("{}. {title}", self.steps));
    }

    /// Something was done.
    pub(crate) fn done(&self, what: impl AsRef<str>) {
        line(&format!("   - {}", what.as_ref()));
    }

    /// Something was checked and found right.
    pub(crate) fn verified(&self, what: impl AsRef<str>) {
        line(&format!("   ✓ {}", what.as_ref()));
    }

    /// Something is not as it should be in earnest.
    pub(crate) fn warn(&self, what: impl AsRef<str>) {
        line(&format!("   ! {}", what.as_ref()));
    }

    /// What a program said, line by line, in a form that a terminal cannot obey.
    pub(crate) fn said(&self, text: &[u8]) {
        for said in String::from_utf8_lossy(text).lines() {
            line(&format!("   | {}", shown(said)));
        }
    }
}

/// Foreign text in one line: tabs stay, every other control character is escaped.
pub(crate) fn shown(text: &str) -> String {
    let plain = |c: char| !c.is_control() || c == '\t';
    text.chars().flat_map(|c| if plain(c) { vec![c] } else { c.escape_default().collect() }).collect()
}

fn line(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
