//! Decodes an H.264 stream: for tests and benchmarks of the library.
//!
//! `h264-decode [STREAM] FRAMES` writes the frames to a file, as planar I420. `h264-decode --time [STREAM]` writes
//! nothing and says how long it took. Without STREAM, or with `-`, it reads stdin.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use h264::{Decoder, Frame};

/// So much of the stream is read at a time.
const PIECE: usize = 256 * 1024;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] | ["--time"] => time("-"),
        ["--time", stream] => time(stream),
        [frames] => write("-", frames),
        [stream, frames] => write(stream, frames),
        _ => Err("usage: h264-decode [STREAM] FRAMES | h264-decode [--time [STREAM]]".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // There is nobody to tell if stderr is closed.
            let _ = writeln!(io::stderr(), "h264-decode: {error}");
            ExitCode::FAILURE
        }
    }
}

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn write(stream: &str, frames: &str) -> Outcome<()> {
    let mut output = BufWriter::new(File::create(frames).map_err(|error| format!("{frames}: {error}"))?);
    decode(stream, false, &mut |frame| {
        let chroma = frame.width / 2;
        for (plane, width) in [(frame.y, frame.width), (frame.u, chroma), (frame.v, chroma)] {
            plane.rows(width).try_for_each(|row| output.write_all(row))?;
        }
        Ok(())
    })?;
    Ok(output.flush()?)
}

fn time(stream: &str) -> Outcome<()> {
    let (mut frames, mut size) = (0_u32, (0, 0));
    let duration = decode(stream, true, &mut |frame| {
        frames += 1;
        size = (frame.width, frame.height);
        Ok(())
    })?;
    let (width, height) = size;
    let each = duration.as_secs_f64() * 1e3 / f64::from(frames);
    writeln!(io::stdout(), "{frames} frames of {width}x{height}, {each:.2} ms each")?;
    Ok(())
}

/// Hands every frame to `sink`. If it is `timed`, which takes a clock, gives the time without that of reading the stream.
fn decode(stream: &str, timed: bool, sink: &mut dyn FnMut(&Frame<'_>) -> Outcome<()>) -> Outcome<Duration> {
    let mut input: Box<dyn Read> = match stream {
        "-" => Box::new(io::stdin().lock()),
        path => Box::new(File::open(path).map_err(|error| format!("{path}: {error}"))?),
    };
    let (mut decoder, mut duration, mut piece) = (Decoder::new()?, Duration::ZERO, vec![0; PIECE]);
    loop {
        let length = input.read(&mut piece).map_err(|error| format!("{stream}: {error}"))?;
        let start = timed.then(Instant::now);
        let elapsed = || start.map_or(Duration::ZERO, |start| start.elapsed());
        if length == 0 {
            decoder.finish(sink)?;
            return Ok(duration + elapsed());
        }
        decoder.push(piece.get(..length).unwrap_or_default(), sink)?;
        duration += elapsed();
    }
}
