//! Which weights fit a cfg.

use darknet::{Config, Error, Network};

/// 2 filters of 3 weights, normalized, then 1 filter of 2 weights.
const CFG: &str = "[net]\nwidth=2\nheight=1\nchannels=3\n[convolutional]\nbatch_normalize=1\nfilters=2\nactivation=linear\n\
                   [convolutional]\nactivation=leaky\n";

fn file(header: &[u8], numbers: &[f32]) -> Vec<u8> {
    header.iter().copied().chain(numbers.iter().flat_map(|number| number.to_le_bytes())).collect()
}

fn header(version: [u32; 3], seen: &[u8]) -> Vec<u8> {
    version.iter().flat_map(|number| number.to_le_bytes()).chain(seen.iter().copied()).collect()
}

/// Biases, scales, means, variances, weights; bias, weights.
const NUMBERS: [f32; 17] = [0.5, -1.0, 2.0, 4.0, 1.0, 2.0, 4.0, 0.25, 1.0, 2.0, 3.0, -1.0, 0.0, 1.0, 10.0, 1.0, -2.0];

fn load(bytes: &[u8]) -> Result<Network, Error> {
    Network::load(Config::parse(CFG)?, &mut &*bytes)
}

#[test]
fn both_headers_are_read_and_batch_normalisation_is_folded_in() {
    for header in [header([0, 2, 0], &[9; 8]), header([0, 1, 0], &[9; 4]), header([1000, 2, 5], &[9; 4])] {
        let mut network = load(&file(&header, &NUMBERS)).unwrap();
        let output = network.forward(&[1.0, 0.0, 0.0, 1.0, 2.0, 0.0]).unwrap();
        let (_, values) = output.layer(1).unwrap();
        // Pixel 1: first filter (1·1 + 3·2 − 1) / 2 · 2 + 0.5 = 6.5, second (−1 + 2 − 2) / 0.5 · 4 − 1 = −9.
        // Pixel 2: (2 − 1) / 2 · 2 + 0.5 = 1.5, and (0 − 2) / 0.5 · 4 − 1 = −17.
        for (value, expected) in values.iter().zip([10.0 + 6.5 + 18.0, 10.0 + 1.5 + 34.0]) {
            assert!((value - expected).abs() < 1e-3, "{value} is not {expected}");
        }
    }
}

#[test]
fn a_file_of_another_length_is_refused() {
    let whole = file(&header([0, 2, 0], &[0; 8]), &NUMBERS);
    assert_eq!(Config::parse(CFG).unwrap().weights_len(), whole.len() as u64);
    for length in 0..whole.len() {
        let Err(Error::WeightsTooShort { length: read, expected, place }) = load(&whole[..length]) else {
            panic!("{length} bytes are enough");
        };
        let (within, place) = (place, place_of(length));
        assert_eq!((read, expected, within.as_str()), (length as u64, whole.len() as u64, place));
    }
    let more = [&whole[..], &[0]].concat();
    assert_eq!(load(&more).unwrap_err().to_string(), "too long: the cfg asks for 88 bytes, and there are more");
}

fn place_of(length: usize) -> &'static str {
    match length {
        0..20 => "the header",
        20..76 => "layer 0",
        _ => "layer 1",
    }
}

#[test]
fn numbers_that_nothing_can_be_computed_with_are_refused() {
    let cases = [
        (0, f32::NAN, "layer 0: the bias of filter 0 is not a usable number"),
        (3, f32::INFINITY, "layer 0: the scale of filter 1 is not a usable number"),
        (5, f32::NEG_INFINITY, "layer 0: the mean of filter 1 is not a usable number"),
        (7, -1.0, "layer 0: the batch normalisation of filter 1 is not a usable number"),
        (12, f32::NAN, "layer 0: a weight of filter 1 is not a usable number"),
        (10, 3e38, "layer 0: a weight of filter 0 is not a usable number"),
        (15, f32::NAN, "layer 1: a weight of filter 0 is not a usable number"),
    ];
    for (index, number, message) in cases {
        let mut numbers = NUMBERS;
        numbers[index] = number;
        numbers[2] = 20.0;
        let error = load(&file(&header([0, 2, 0], &[0; 8]), &numbers)).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn an_image_of_another_size_is_refused() {
    let mut network = load(&file(&header([0, 2, 0], &[0; 8]), &NUMBERS)).unwrap();
    let error = network.forward(&[0.0; 7]).unwrap_err();
    assert_eq!(error.to_string(), "the image has 7 values, and the network takes 6");
}
