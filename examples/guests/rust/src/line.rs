//! Fitting a straight line through points, by least squares.

use crate::numbers::rows;
use crate::outcome::{Outcome, bad};

/// Fits a line through the points of `text`, a line `x, y` for each; `name` stands in errors.
///
/// The result has the lines `slope S`, `intercept I` and `r2 R` (how much of the spread of y the line explains, 0 to 1),
/// six decimals each.
pub fn fit(name: &str, text: &str) -> Outcome<String> {
    let mut points = Vec::new();
    for row in rows(name, text)? {
        match row[..] {
            [x, y] => points.push((x, y)),
            _ => return Err(bad(name, format!("a row has {} values instead of two", row.len()))),
        }
    }
    let count = points.len() as f64;
    let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / count;
    let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / count;
    let spread = |f: fn(f64, f64) -> f64| points.iter().map(|(x, y)| f(x - mean_x, y - mean_y)).sum::<f64>();
    let (xx, xy, yy) = (spread(|x, _| x * x), spread(|x, y| x * y), spread(|_, y| y * y));
    if points.len() < 2 || xx == 0.0 {
        return Err(bad(name, "a line needs two points with different x"));
    }
    let slope = xy / xx;
    let r2 = if yy == 0.0 { 1.0 } else { xy * xy / (xx * yy) };
    let intercept = mean_y - slope * mean_x;
    Ok(format!("slope {slope:.6}\nintercept {intercept:.6}\nr2 {r2:.6}\n"))
}
