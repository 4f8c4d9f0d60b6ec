//! Fits a straight line through points, by least squares.
//!
//! In: `/input/linear-regression.dat`, a line `x, y` for each point. Out: `/output/linear-regression.dat` with the lines
//! `slope S`, `intercept I` and `r2 R` (how much of the spread of y the line explains, 0 to 1), six decimals each.

use std::process::ExitCode;

use guests::{Outcome, finish, fit, output, text};

const POINTS: &str = "/input/linear-regression.dat";

fn main() -> ExitCode {
    finish(run())
}

fn run() -> Outcome {
    output("/output/linear-regression.dat", fit(POINTS, &text(POINTS)?)?)
}
