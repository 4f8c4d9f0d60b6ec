//! Bars on standard error for people who wait. Where standard error is no terminal there are none.

use std::io::{self, IsTerminal as _};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar for what is named; it goes when it is dropped.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// A bar of so many bytes, or of unknown length.
    pub(crate) fn new(name: &str, bytes: Option<u64>) -> Self {
        let target =
            if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(bytes, target);
        let shape = match bytes {
            Some(_) => "{msg} {bar:32} {bytes}/{total_bytes} {bytes_per_sec}",
            None => "{msg} {spinner} {bytes} {bytes_per_sec}",
        };
        if let Ok(style) = ProgressStyle::with_template(shape) {
            bar.set_style(style);
        }
        bar.set_message(name.to_owned());
        Bar(bar)
    }

    /// Shows that so many bytes are done.
    pub(crate) fn at(&self, bytes: u64) {
        self.0.set_position(bytes);
    }

    /// What counts further bytes, wherever they pass.
    pub(crate) fn counter(&self) -> impl Fn(usize) + Send + use<> {
        let bar = self.0.clone();
        move |bytes| bar.inc(bytes as u64)
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
