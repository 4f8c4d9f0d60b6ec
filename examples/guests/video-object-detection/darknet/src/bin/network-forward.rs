//! Runs a network on one image, for tests and measurements: `network-forward CFG WEIGHTS INPUT OUTPUT [--time N]`.
//!
//! INPUT holds the image's values as little-endian floats, by planes; OUTPUT gets those of every yolo layer and of the
//! last layer, in their order. With `--time N` it runs N times more and prints the least milliseconds of one run; only
//! then it needs a clock.

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufReader, Write};
use std::process::ExitCode;
use std::time::Instant;

use darknet::{Config, Network};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match run(&arguments, &mut io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where even that cannot be said, the exit code says it.
            let _ = writeln!(io::stderr(), "network-forward: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str], out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let (files, times) = match arguments {
        [files @ .., "--time", times] => (files, times.parse()?),
        files => (files, 0),
    };
    let [cfg, weights, input, output] = files else {
        return Err("usage: network-forward CFG WEIGHTS INPUT OUTPUT [--time N]".into());
    };
    let config = Config::parse(&fs::read_to_string(cfg)?).map_err(|error| format!("{cfg}: {error}"))?;
    let file = BufReader::new(File::open(weights)?);
    let mut network = Network::load(config, &mut { file }).map_err(|error| format!("{weights}: {error}"))?;
    let image: Vec<f32> = fs::read(input)?.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let layers = network.config().len();
    let result = network.forward(&image)?;
    let values = (0..layers).filter_map(|index| result.layer(index)).flat_map(|(_, values)| values);
    fs::write(output, values.flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>())?;
    if times > 0 {
        writeln!(out, "{:.1} ms", least_milliseconds(&mut network, &image, times)?)?;
    }
    Ok(())
}

fn least_milliseconds(network: &mut Network, image: &[f32], times: usize) -> Result<f64, darknet::Error> {
    let mut least = f64::INFINITY;
    for _ in 0..times {
        let start = Instant::now();
        network.forward(image)?;
        least = least.min(start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(least)
}
