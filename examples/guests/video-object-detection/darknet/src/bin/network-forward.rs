//! Runs networks on an image each, for tests and measurements: `network-forward (CFG WEIGHTS INPUT OUTPUT)... [OPTION]`.
//!
//! INPUT holds the image's values as little-endian floats, by planes; OUTPUT gets those of every yolo layer and of the
//! last layer, in their order. With `--frame WIDTHxHEIGHT` it prints the objects in a frame of that size. With `--time N`
//! it runs N times more and prints the least milliseconds of one run; only then it needs a clock.

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufReader, Write};
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Instant;

use darknet::{Bounds, Config, Detection, FrameSize, Network, Output, Thresholds};

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
    let (jobs, option) = match arguments {
        [jobs @ .., name @ ("--time" | "--frame"), value] => (jobs, (*name, *value)),
        jobs => (jobs, ("", "")),
    };
    let (jobs, []) = jobs.as_chunks::<4>() else {
        return Err("usage: network-forward (CFG WEIGHTS INPUT OUTPUT)... [--time N | --frame WIDTHxHEIGHT]".into());
    };
    jobs.iter().try_for_each(|job| forward(*job, option, out))
}

fn forward(job: [&str; 4], option: (&str, &str), out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let [cfg, weights, input, output] = job;
    let config = Config::parse(&fs::read_to_string(cfg)?).map_err(|error| format!("{cfg}: {error}"))?;
    let mut file = BufReader::new(File::open(weights)?);
    let mut network = Network::load(config, &mut file).map_err(|error| format!("{weights}: {error}"))?;
    let image: Vec<f32> = fs::read(input)?.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let layers = network.config().len();
    let result = network.forward(&image)?;
    let values = (0..layers).filter_map(|index| result.layer(index)).flat_map(|(_, values)| values);
    fs::write(output, values.flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>())?;
    match option {
        ("--frame", size) => detections(&result, size, out)?,
        ("--time", times) => writeln!(out, "{:.1} ms", least_milliseconds(&mut network, &image, times.parse()?)?)?,
        _ => {}
    }
    Ok(())
}

/// A line for each: class, probability, x, y, width, height.
fn detections(result: &Output<'_>, size: &str, out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let (width, height) = size.split_once('x').ok_or("a size is WIDTHxHEIGHT")?;
    let frame = FrameSize { width: width.parse()?, height: height.parse()? };
    for Detection { class, probability, bounds } in result.detections(frame, &Thresholds::default()) {
        let Bounds { x, y, width, height } = bounds;
        writeln!(out, "{class} {probability} {x} {y} {width} {height}")?;
    }
    Ok(())
}

fn least_milliseconds(network: &mut Network, image: &[f32], times: NonZeroUsize) -> Result<f64, darknet::Error> {
    let mut least = f64::INFINITY;
    for _ in 0..times.get() {
        let start = Instant::now();
        network.forward(image)?;
        least = least.min(start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(least)
}
