//! The MACD indicator of a series of prices: two moving averages apart and together.
//!
//! In: `/input/prices.txt`, a price a line, oldest first. Out: `/output/macd.csv`, a line for each price: price, the
//! averages over 12 and 26 days, their difference (MACD), its average over 9 days (signal), and MACD minus signal; four
//! decimals. The averages are exponential and start at the first price.

use std::process::ExitCode;

use guests::{Outcome, bad, column, finish, output, text};

const PRICES: &str = "/input/prices.txt";

fn main() -> ExitCode {
    finish(run())
}

fn run() -> Outcome {
    let prices = column(PRICES, &text(PRICES)?)?;
    let first = *prices.first().ok_or_else(|| bad(PRICES, "holds no price"))?;
    let mut fast = Average::new(12.0, first);
    let mut slow = Average::new(26.0, first);
    let mut signal = Average::new(9.0, 0.0);
    let mut csv = String::from("price,ema12,ema26,macd,signal,histogram\n");
    for price in prices {
        let (fast, slow) = (fast.next(price), slow.next(price));
        let macd = fast - slow;
        let signal = signal.next(macd);
        csv += &format!("{price:.4},{fast:.4},{slow:.4},{macd:.4},{signal:.4},{:.4}\n", macd - signal);
    }
    output("/output/macd.csv", csv)
}

/// An exponential moving average over so many days.
struct Average {
    weight: f64,
    value: f64,
}

impl Average {
    fn new(days: f64, start: f64) -> Self {
        Average { weight: 2.0 / (days + 1.0), value: start }
    }

    fn next(&mut self, input: f64) -> f64 {
        self.value += self.weight * (input - self.value);
        self.value
    }
}
