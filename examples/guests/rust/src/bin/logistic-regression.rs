//! Learns to tell two classes apart from the rows of several parties, by gradient descent.
//!
//! In: every file in `/input`, rows of features with the class (0 or 1) last, as many features everywhere. Out:
//! `/output/model.txt` with the lines `bias B` and `weight W` for each feature, in the units of the input, and
//! `accuracy A` over the rows that it learnt from; four decimals each.

use std::process::ExitCode;

use guests::{Outcome, bad, finish, inputs, output, rows};

const STEPS: usize = 2_000;
const RATE: f64 = 0.5;
/// Keeps the weights finite where a plane parts the classes without any error.
const SHRINK: f64 = 1e-3;

struct Row {
    features: Vec<f64>,
    class: f64,
}

fn main() -> ExitCode {
    finish(run())
}

fn run() -> Outcome {
    let mut data = read()?;
    let scales = standardise(&mut data)?;
    let (mut bias, mut weights) = learn(&data);
    let right = data.iter().filter(|row| (predict(bias, &weights, row) > 0.5) == (row.class > 0.5)).count();
    // Back to the units of the input.
    for (weight, (mean, deviation)) in weights.iter_mut().zip(&scales) {
        *weight /= deviation;
        bias -= *weight * mean;
    }
    let mut report = format!("bias {bias:.4}\n");
    weights.iter().for_each(|weight| report += &format!("weight {weight:.4}\n"));
    report += &format!("accuracy {:.4}\n", right as f64 / data.len() as f64);
    output("/output/model.txt", report)
}

fn read() -> Outcome<Vec<Row>> {
    let mut data: Vec<Row> = Vec::new();
    for (path, bytes) in inputs("/input/")? {
        let name = path.display().to_string();
        let text = String::from_utf8(bytes).map_err(|_| bad(&name, "is not UTF-8 text"))?;
        for mut features in rows(&name, &text)? {
            let class = features.pop().filter(|class| matches!(class, 0.0 | 1.0));
            let class = class.ok_or_else(|| bad(&name, "the last value of a row is its class, 0 or 1"))?;
            if features.is_empty() || data.first().is_some_and(|row| row.features.len() != features.len()) {
                return Err(bad(&name, "each row needs the same number of features, and at least one"));
            }
            data.push(Row { features, class });
        }
    }
    if data.iter().all(|row| row.class == 0.0) || data.iter().all(|row| row.class == 1.0) {
        return Err(bad("/input", "rows of both classes are needed"));
    }
    Ok(data)
}

/// Gives each feature mean 0 and deviation 1, so that one rate suits all; returns the means and deviations.
fn standardise(data: &mut [Row]) -> Outcome<Vec<(f64, f64)>> {
    let count = data.len() as f64;
    let features = data.first().map_or(0, |row| row.features.len());
    let mut scales = Vec::new();
    for at in 0..features {
        let mean = data.iter().map(|row| row.features[at]).sum::<f64>() / count;
        let variance = data.iter().map(|row| (row.features[at] - mean).powi(2)).sum::<f64>() / count;
        if variance == 0.0 {
            return Err(bad("/input", format!("feature {} is the same in all rows", at + 1)));
        }
        let deviation = variance.sqrt();
        data.iter_mut().for_each(|row| row.features[at] = (row.features[at] - mean) / deviation);
        scales.push((mean, deviation));
    }
    Ok(scales)
}

fn learn(data: &[Row]) -> (f64, Vec<f64>) {
    let mut bias = 0.0;
    let mut weights = vec![0.0; data.first().map_or(0, |row| row.features.len())];
    for _ in 0..STEPS {
        let mut bias_slope = 0.0;
        let mut slopes: Vec<f64> = weights.iter().map(|weight| weight * SHRINK).collect();
        for row in data {
            let error = (predict(bias, &weights, row) - row.class) / data.len() as f64;
            bias_slope += error;
            slopes.iter_mut().zip(&row.features).for_each(|(slope, feature)| *slope += error * feature);
        }
        bias -= RATE * bias_slope;
        weights.iter_mut().zip(&slopes).for_each(|(weight, slope)| *weight -= RATE * slope);
    }
    (bias, weights)
}

fn predict(bias: f64, weights: &[f64], row: &Row) -> f64 {
    let sum = weights.iter().zip(&row.features).map(|(weight, feature)| weight * feature).sum::<f64>();
    1.0 / (1.0 + (-bias - sum).exp())
}
