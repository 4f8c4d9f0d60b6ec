//! Makes weights for a cfg out of a seed, for tests and measurements: `random-weights CFG SEED OUT`.
//!
//! They are scaled (He) so that activations keep their size from layer to layer, and what a yolo layer reads is biased so
//! that detections are few. The same seed gives the same file.

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use darknet::{Config, Filters};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where even that cannot be said, the exit code says it.
            let _ = writeln!(io::stderr(), "random-weights: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let [cfg, seed, out] = arguments else {
        return Err("usage: random-weights CFG SEED OUT".into());
    };
    let config = Config::parse(&fs::read_to_string(cfg)?).map_err(|error| format!("{cfg}: {error}"))?;
    let mut out = BufWriter::new(File::create(out)?);
    // Version 0.2.0, no images seen.
    out.write_all(&[0, 2, 0].map(u32::to_le_bytes).concat())?;
    out.write_all(&0_u64.to_le_bytes())?;
    let mut random = Random(seed.parse::<u64>()?);
    for filters in config.convolutions() {
        let mut write = |count: usize, (middle, deviation): (f32, f32)| -> io::Result<()> {
            (0..count).try_for_each(|_| out.write_all(&(middle + deviation * random.normal()).to_le_bytes()))
        };
        let gain = match filters {
            Filters { normalized: false, .. } => 0.5,
            Filters { added: true, .. } => 0.02,
            _ => 2.0,
        };
        write(filters.count, (if filters.normalized { 0.0 } else { -4.0 }, 0.1))?;
        if filters.normalized {
            write(filters.count, (1.0, 0.1))?;
            write(filters.count, (0.0, 0.1))?;
            write(filters.count, (1.0, 0.05))?;
        }
        write(filters.count * filters.weights, (0.0, (gain / filters.weights as f32).sqrt()))?;
    }
    Ok(out.flush()?)
}

/// SplitMix64: small, and good enough for weights.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Nearly normal: the sum of four uniform numbers, middle 0, deviation 1.
    fn normal(&mut self) -> f32 {
        let bits = self.next();
        let sum: f32 = (0..4).map(|part| (bits >> (16 * part) & 0xFFFF) as f32 / 65536.0).sum();
        (sum - 2.0) * 3.0_f32.sqrt()
    }
}
