//! The table that the bench prints, in the form of `docs/PERFORMANCE.md`.

use std::fmt;
use std::time::Duration;

/// Rows in the order in which they were measured.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<[String; 4]>,
}

impl Table {
    /// A figure with its baseline: `ratio` is to that, larger is better where `figure` is a speed.
    pub(crate) fn row(&mut self, what: &str, figure: String, ratio: Option<f64>, goal: &str) {
        let ratio = ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"));
        self.rows.push([what.to_owned(), figure, ratio, goal.to_owned()]);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | figure | ratio | goal |\n|---|---|---|---|")?;
        for [what, figure, ratio, goal] in &self.rows {
            writeln!(f, "| {what} | {figure} | {ratio} | {goal} |")?;
        }
        Ok(())
    }
}

/// The middle one.
pub(crate) fn median(mut durations: Vec<Duration>) -> Duration {
    durations.sort();
    durations[durations.len() / 2]
}

/// Bytes in a time, in MB/s (10^6).
pub(crate) fn megabytes_per_second(bytes: u64, time: Duration) -> f64 {
    bytes as f64 / 1e6 / time.as_secs_f64()
}

/// A time that a person can read.
pub(crate) fn shown(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds >= 1.0 {
        format!("{seconds:.2} s")
    } else if seconds >= 1e-3 {
        format!("{:.2} ms", seconds * 1e3)
    } else {
        format!("{:.1} µs", seconds * 1e6)
    }
}
