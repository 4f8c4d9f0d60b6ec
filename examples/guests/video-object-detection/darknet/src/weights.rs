//! Darknet's weights files, as a stream: header, then for each convolution biases, batch normalisation and filters.
//!
//! All numbers are little-endian. Nothing is kept that was handed on, so a file of any size costs a small buffer.

use std::io::Read;

use crate::error::Error;

/// Bytes of today's header: major, minor, revision (32 bits each), images seen (64 bits; before version 0.2, 32).
pub(crate) const HEADER: u64 = 20;

/// What Darknet adds to a standard deviation before it divides by it.
const EPSILON: f32 = 0.000_001;

/// Bytes that are read at once.
const PIECE: usize = 64 << 10;

/// A weights file that is being read.
pub(crate) struct Weights<'a> {
    source: &'a mut dyn Read,
    buffer: Vec<u8>,
    /// Bytes so far.
    length: u64,
    /// Bytes that there should be.
    expected: u64,
}

/// A layer's numbers for each filter, batch normalisation folded into them.
#[derive(Debug)]
pub(crate) struct Folded {
    pub(crate) biases: Vec<f32>,
    /// What the weights of each filter are multiplied with.
    pub(crate) scales: Vec<f32>,
}

impl<'a> Weights<'a> {
    /// Reads the header. `expected`: bytes of the file, with today's header.
    pub(crate) fn open(source: &'a mut dyn Read, expected: u64) -> Result<Weights<'a>, Error> {
        let mut weights = Weights { source, buffer: vec![0; PIECE], length: 0, expected };
        let mut version = [0; 12];
        weights.bytes(&mut version, "the header")?;
        let [major, minor] = [0, 4].map(|at| u32::from_le_bytes([0, 1, 2, 3].map(|i| version[at + i])));
        // Darknet's own rule; its numbers are signed, and none is negative in a real file.
        let long = major < 1000 && minor < 1000 && major * 10 + minor >= 2;
        if !long {
            weights.expected -= 4;
        }
        weights.bytes(&mut [0; 8][..if long { 8 } else { 4 }], "the header")?;
        Ok(weights)
    }

    /// The numbers before a layer's weights.
    pub(crate) fn folded(&mut self, layer: usize, filters: usize, normalize: bool) -> Result<Folded, Error> {
        let mut biases = self.numbers(layer, filters, "the bias")?;
        if !normalize {
            return Ok(Folded { biases, scales: vec![1.0; filters] });
        }
        let mut scales = self.numbers(layer, filters, "the scale")?;
        let means = self.numbers(layer, filters, "the mean")?;
        let variances = self.numbers(layer, filters, "the variance")?;
        for (filter, (mean, variance)) in means.iter().zip(variances).enumerate() {
            scales[filter] /= variance.sqrt() + EPSILON;
            biases[filter] -= mean * scales[filter];
            if !scales[filter].is_finite() || !biases[filter].is_finite() {
                return Err(Error::WeightsNotUsable { layer, filter, what: "the batch normalisation" });
            }
        }
        Ok(Folded { biases, scales })
    }

    /// The weights of the next filter, multiplied with `scale`.
    pub(crate) fn filter(&mut self, layer: usize, filter: usize, scale: f32, into: &mut [f32]) -> Result<(), Error> {
        self.floats(layer, into)?;
        let mut usable = true;
        for weight in into.iter_mut() {
            *weight *= scale;
            usable &= weight.is_finite();
        }
        if usable { Ok(()) } else { Err(Error::WeightsNotUsable { layer, filter, what: "a weight" }) }
    }

    /// That nothing is left.
    pub(crate) fn close(self) -> Result<(), Error> {
        match self.source.take(1).read_to_end(&mut Vec::new())? {
            0 => Ok(()),
            _ => Err(Error::WeightsTooLong { expected: self.expected }),
        }
    }

    fn numbers(&mut self, layer: usize, filters: usize, what: &'static str) -> Result<Vec<f32>, Error> {
        let mut numbers = vec![0.0; filters];
        self.floats(layer, &mut numbers)?;
        match numbers.iter().position(|number| !number.is_finite()) {
            Some(filter) => Err(Error::WeightsNotUsable { layer, filter, what }),
            None => Ok(numbers),
        }
    }

    fn floats(&mut self, layer: usize, into: &mut [f32]) -> Result<(), Error> {
        let mut buffer = std::mem::take(&mut self.buffer);
        for floats in into.chunks_mut(PIECE / 4) {
            let bytes = &mut buffer[..floats.len() * 4];
            self.bytes(bytes, format_args!("layer {layer}"))?;
            for (float, bytes) in floats.iter_mut().zip(bytes.as_chunks::<4>().0) {
                *float = f32::from_le_bytes(*bytes);
            }
        }
        self.buffer = buffer;
        Ok(())
    }

    fn bytes(&mut self, mut into: &mut [u8], place: impl std::fmt::Display) -> Result<(), Error> {
        while !into.is_empty() {
            let read = match self.source.read(into) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                read => read?,
            };
            if read == 0 {
                let (length, expected, place) = (self.length, self.expected, place.to_string());
                return Err(Error::WeightsTooShort { length, expected, place });
            }
            self.length += read as u64;
            into = into.get_mut(read..).unwrap_or_default();
        }
        Ok(())
    }
}

/// Zeros, or an error where an allocation would end the program.
pub(crate) fn reserve(what: &'static str, values: usize) -> Result<Vec<f32>, Error> {
    let mut zeros = Vec::new();
    zeros.try_reserve_exact(values).map_err(|_| Error::Memory { what, bytes: 4 * values as u64 })?;
    zeros.resize(values, 0.0);
    Ok(zeros)
}
