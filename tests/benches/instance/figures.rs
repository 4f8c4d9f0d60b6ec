//! What the bench prints: a table in the form of `docs/PERFORMANCE.md`, row by row as they are measured.

use std::time::Duration;

/// The head of the table.
pub(crate) fn head() {
    println!("| what | figure | ratio | goal |\n|---|---|---|---|");
}

/// A figure with its baseline: `ratio` is to that, larger is better where `figure` is a speed.
pub(crate) fn row(what: &str, figure: impl std::fmt::Display, ratio: Option<f64>, goal: &str) {
    let ratio = ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"));
    println!("| {what} | {figure} | {ratio} | {goal} |");
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
