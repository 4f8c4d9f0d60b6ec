//! How alike two texts are, by Levenshtein and by Jaro-Winkler.
//!
//! In: the two files of `/input`, UTF-8; white space at the ends does not count. Out: `/output/distance.txt` with the
//! lines `levenshtein N` (insertions, deletions and substitutions of characters) and `jaro-winkler S` (similarity, 0 to
//! 1, four decimals).

use std::process::ExitCode;

use guests::{Outcome, bad, finish, inputs, output};

/// How many first characters count more, and how much, as Winkler set them.
const PREFIX: usize = 4;
const PREFIX_WEIGHT: f64 = 0.1;

fn main() -> ExitCode {
    finish(run())
}

fn run() -> Outcome {
    let mut texts = Vec::new();
    for (path, bytes) in inputs("/input/")? {
        let text = String::from_utf8(bytes).map_err(|_| bad(path.display(), "is not UTF-8 text"))?;
        texts.push(text.trim().chars().collect::<Vec<_>>());
    }
    let [left, right] = &texts[..] else {
        return Err(bad("/input", format!("{} files instead of two", texts.len())));
    };
    let (distance, similarity) = (levenshtein(left, right), jaro_winkler(left, right));
    output("/output/distance.txt", format!("levenshtein {distance}\njaro-winkler {similarity:.4}\n"))
}

fn levenshtein(left: &[char], right: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

fn jaro_winkler(left: &[char], right: &[char]) -> f64 {
    let jaro = jaro(left, right);
    let prefix = left.iter().zip(right).take(PREFIX).take_while(|(a, b)| a == b).count();
    jaro + prefix as f64 * PREFIX_WEIGHT * (1.0 - jaro)
}

fn jaro(left: &[char], right: &[char]) -> f64 {
    if left.is_empty() && right.is_empty() {
        return 1.0;
    }
    let window = (left.len().max(right.len()) / 2).saturating_sub(1);
    let mut taken = vec![false; right.len()];
    let mut matched = Vec::new();
    for (i, a) in left.iter().enumerate() {
        let near = i.saturating_sub(window)..right.len().min(i + window + 1);
        if let Some(j) = near.into_iter().find(|j| !taken[*j] && right[*j] == *a) {
            taken[j] = true;
            matched.push(a);
        }
    }
    let others = right.iter().zip(&taken).filter(|(_, taken)| **taken).map(|(b, _)| b);
    let out_of_order = matched.iter().zip(others).filter(|(a, b)| **a != *b).count();
    let count = matched.len() as f64;
    if matched.is_empty() {
        return 0.0;
    }
    (count / left.len() as f64 + count / right.len() as f64 + (count - out_of_order as f64 / 2.0) / count) / 3.0
}
