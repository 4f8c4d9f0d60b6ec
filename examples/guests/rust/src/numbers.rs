//! Numbers in text files: one row a line, its values apart by a comma or white space, `#` starts a comment.

use crate::outcome::{Outcome, bad};

/// The rows of `text`, each with at least one value; empty lines are left out. `name` stands in errors.
pub fn rows(name: &str, text: &str) -> Outcome<Vec<Vec<f64>>> {
    let mut rows = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        let values = line.split([',', ' ', '\t', ';']).filter(|value| !value.is_empty());
        let row =
            values.map(|value| finite(value).ok_or_else(|| wrong(name, number, value))).collect::<Outcome<Vec<_>>>()?;
        if !row.is_empty() {
            rows.push(row);
        }
    }
    Ok(rows)
}

/// The values of `text` that has one in each row.
pub fn column(name: &str, text: &str) -> Outcome<Vec<f64>> {
    rows(name, text)?
        .into_iter()
        .map(|row| match row[..] {
            [value] => Ok(value),
            _ => Err(bad(name, format!("a row has {} values instead of one", row.len()))),
        })
        .collect()
}

fn finite(value: &str) -> Option<f64> {
    value.parse::<f64>().ok().filter(|number| number.is_finite())
}

fn wrong(name: &str, number: usize, value: &str) -> Box<dyn std::error::Error> {
    let shown: String = value.chars().take(20).collect();
    bad(format!("{name}:{}", number + 1), format!("{shown:?} is not a number"))
}
