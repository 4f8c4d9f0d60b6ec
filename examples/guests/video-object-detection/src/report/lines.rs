//! The lines of the old detector, which scripts read.
//!
//! They are for reading: where the policy does not grant stdout, or nobody reads it any more, the run goes on without.

use std::fmt::Arguments;
use std::io::Write;
use std::time::Duration;

use super::Found;

/// Writes lines, until that fails.
pub struct Lines<'a> {
    out: Option<&'a mut dyn Write>,
}

impl<'a> Lines<'a> {
    /// Lines go there.
    pub fn new(out: &'a mut dyn Write) -> Self {
        Lines { out: Some(out) }
    }

    /// The start of the run.
    pub fn decrypting(&mut self) {
        self.line(format_args!("Decrypting video..."));
    }

    /// The names, the cfg and the weights come next.
    pub fn initializing(&mut self) {
        self.line(format_args!("Initializing detector..."));
    }

    /// All of them are there.
    pub fn initialized(&mut self, time: Option<Duration>) {
        self.line(format_args!("Arguments loaded and network parsed: {}", seconds(time)));
    }

    /// A frame, counted from 0, with what is in it.
    pub fn image(&mut self, frame: u64, time: Option<Duration>, found: &[Found<'_>]) {
        self.line(format_args!("Image {frame} ==========================="));
        self.line(format_args!("Prediction duration: {}", seconds(time)));
        self.line(format_args!("Detection probabilities:"));
        for object in found {
            self.line(format_args!("{}: {}", object.name, object.percent()));
        }
        if let Some(out) = &mut self.out {
            let _ = out.flush(); // the next line says whether anybody reads
        }
    }

    fn line(&mut self, line: Arguments<'_>) {
        let written = self.out.as_mut().is_some_and(|out| writeln!(out, "{line}").is_ok());
        if !written {
            self.out = None;
        }
    }
}

/// As C's `%lf` prints them.
fn seconds(time: Option<Duration>) -> String {
    time.map_or_else(|| "unknown".to_owned(), |time| format!("{:.6} seconds", time.as_secs_f64()))
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn the_lines_are_the_old_ones() {
        let mut out = Vec::new();
        let mut lines = Lines::new(&mut out);
        lines.decrypting();
        lines.initializing();
        lines.initialized(Some(Duration::from_micros(1_250_000)));
        let found = [
            Found { class: 0, name: "bottle", probability: 0.117, bounds: [0.0; 4] },
            Found { class: 1, name: "traffic light", probability: 0.1, bounds: [0.0; 4] },
        ];
        lines.image(0, Some(Duration::from_nanos(12_345)), &found);
        lines.image(1, None, &[]);
        let expected = "Decrypting video...\nInitializing detector...\n\
                        Arguments loaded and network parsed: 1.250000 seconds\n\
                        Image 0 ===========================\nPrediction duration: 0.000012 seconds\n\
                        Detection probabilities:\nbottle: 12%\ntraffic light: 10%\n\
                        Image 1 ===========================\nPrediction duration: unknown\nDetection probabilities:\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn a_refused_stdout_is_tried_once_and_stops_nothing() {
        struct Refused(usize);
        impl Write for Refused {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                self.0 += 1;
                Err(io::ErrorKind::PermissionDenied.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut refused = Refused(0);
        let mut lines = Lines::new(&mut refused);
        lines.decrypting();
        lines.image(0, None, &[]);
        assert_eq!(refused.0, 1);
    }
}
