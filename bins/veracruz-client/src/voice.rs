//! What is said on standard error, in the very lines that scripts of Veracruz know, and progress bars for people.
//!
//! Scripts take the word `Error`, wherever it stands, for a failure: it is said on failures and nowhere else.

use std::fmt;
use std::io::{self, IsTerminal as _, Write as _};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use veracruz_client::Progress;

/// Standard error.
pub(crate) struct Voice {
    quiet: bool,
    bars: bool,
}

impl Voice {
    pub(crate) fn new(quiet: bool) -> Self {
        Voice { quiet, bars: !quiet && io::stderr().is_terminal() }
    }

    /// A line that tells what is being done.
    pub(crate) fn say(&self, line: impl fmt::Display) {
        if !self.quiet {
            self.insist(line);
        }
    }

    /// A line that is said even when quiet.
    pub(crate) fn insist(&self, line: impl fmt::Display) {
        // Where standard error is closed there is nobody to tell.
        let _ = writeln!(io::stderr().lock(), "{line}");
    }

    /// A bar for one transfer; invisible where nobody watches.
    pub(crate) fn bar(&self, length: Option<u64>) -> Bar {
        let target = if self.bars { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(length, target);
        let shape = if length.is_some() {
            "{bar:32} {bytes}/{total_bytes} {bytes_per_sec}"
        } else {
            "{spinner} {bytes} {bytes_per_sec}"
        };
        if let Ok(style) = ProgressStyle::with_template(shape) {
            bar.set_style(style);
        }
        Bar(bar)
    }
}

/// One transfer's bar. It goes when it is dropped.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    pub(crate) fn show(&self, progress: Progress) {
        if let Some(total) = progress.total {
            self.0.set_length(total);
        }
        self.0.set_position(progress.done);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
