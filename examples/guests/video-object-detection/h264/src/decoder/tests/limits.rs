//! Streams that ask for more than there is, written bit by bit: none may cost more than a limit says.

use super::{STREAM, decode, units};
use crate::{Error, MAX_PICTURE_BYTES, MAX_SLICES, MAX_UNIT_BYTES};

#[test]
fn sizes_beyond_the_limit_are_refused_before_memory_is_taken() {
    // Level 6.2, 16384 by 16384: bits that say so, closed as a parameter set is.
    let mut set = Bits::default();
    set.fixed(8, 0x67).fixed(8, 66).fixed(8, 0).fixed(8, 62).golomb(0).golomb(0).golomb(2).golomb(1).fixed(1, 0);
    set.golomb(1023).golomb(100).fixed(1, 1).fixed(1, 1).fixed(1, 0).fixed(1, 0).fixed(1, 1);
    let error = decode(&[&[0, 0, 1], set.bytes().as_slice()].concat(), usize::MAX).unwrap_err();
    assert!(matches!(error, Error::TooLarge { what: "a picture's width", size: 16384, .. }), "{error}");
}

#[test]
fn the_extended_profile_is_refused() {
    let error = decode(&sets(88, 4), usize::MAX).unwrap_err();
    assert!(matches!(&error, Error::Unsupported { what } if what == "profile 88"), "{error}");
}

#[test]
fn slices_beyond_the_limit_are_refused() {
    let mut stream = sets(66, 64);
    for start in 0..=MAX_SLICES as u32 {
        stream.extend(slice(start, 0));
    }
    let (what, size) = ("a picture's number of slices", MAX_SLICES + 1);
    assert_eq!(decode(&stream, usize::MAX), Err(Error::TooLarge { what, size, limit: MAX_SLICES }));
}

#[test]
fn bytes_of_one_picture_beyond_the_limit_are_refused() {
    let mut stream = sets(66, 64);
    for start in 0..5 {
        stream.extend(slice(start, MAX_UNIT_BYTES - 20));
    }
    let error = decode(&stream, usize::MAX).unwrap_err();
    assert!(matches!(error, Error::TooLarge { what: "a picture's number of bytes", limit: MAX_PICTURE_BYTES, .. }));
}

#[test]
fn a_slice_that_comes_again_is_an_error() {
    let all = units();
    let slices: Vec<usize> = (0..all.len()).filter(|at| matches!(all[*at][3] & 0x1f, 1 | 5)).collect();
    for again in slices {
        let stream = [&all[..=again], &all[again..]].concat().concat();
        let error = decode(&stream, usize::MAX).unwrap_err();
        assert!(matches!(&error, Error::Damaged { what, .. } if what.contains("same place")), "unit {again}: {error}");
    }
}

#[test]
fn a_long_stream_takes_no_more_room_than_a_short_one() {
    // Zeros may follow the slices of this kind of stream (7.4.2.10), and take room like data.
    let zeros = [0, 0, 3].repeat(200_000);
    let pad = |mut unit: Vec<u8>| {
        if matches!(unit[3] & 0x1f, 1 | 5) {
            unit.truncate(unit.iter().rposition(|byte| *byte != 0).unwrap() + 1);
            unit.extend(&zeros);
        }
        unit
    };
    let padded: Vec<u8> = units().into_iter().flat_map(pad).collect();
    let times = 2 * MAX_PICTURE_BYTES / padded.len() + 1;
    let (frames, once) = (decode(&padded.repeat(times), 1 << 16).unwrap(), decode(STREAM, usize::MAX).unwrap());
    assert_eq!(frames.len(), times * once.len());
    assert!(frames.chunks(once.len()).all(|part| part == once));
}

/// Parameter sets for pictures of so many macroblocks a side, shown in the order of decoding, coded in CAVLC.
fn sets(profile: u32, side: u32) -> Vec<u8> {
    let (mut sequence, mut picture) = (Bits::default(), Bits::default());
    sequence.fixed(8, 0x67).fixed(8, profile).fixed(8, 0).fixed(8, 51).golomb(0).golomb(0).golomb(2).golomb(1);
    sequence.fixed(1, 0).golomb(side - 1).golomb(side - 1).fixed(1, 1).fixed(1, 1).fixed(1, 0).fixed(1, 0).fixed(1, 1);
    picture.fixed(8, 0x68).golomb(0).golomb(0).fixed(1, 0).fixed(1, 0).golomb(0).golomb(0).golomb(0);
    picture.fixed(1, 0).fixed(2, 0).golomb(0).golomb(0).golomb(0).fixed(1, 0).fixed(1, 0).fixed(1, 0).fixed(1, 1);
    [&[0, 0, 1], sequence.bytes().as_slice(), &[0, 0, 1], &picture.bytes()].concat()
}

/// An intra slice that begins with the given macroblock, and as many bytes of what may be macroblocks.
fn slice(start: u32, length: usize) -> Vec<u8> {
    let mut header = Bits::default();
    header.fixed(8, 0x65).golomb(start).golomb(7).golomb(0).fixed(4, 0).golomb(0).fixed(2, 0).golomb(0).fixed(1, 1);
    [&[0, 0, 1], header.bytes().as_slice(), &vec![0xff; length]].concat()
}

/// Writes the codes of a parameter set.
#[derive(Default)]
struct Bits(Vec<bool>);

impl Bits {
    fn fixed(&mut self, length: u32, value: u32) -> &mut Self {
        self.0.extend((0..length).rev().map(|bit| value >> bit & 1 == 1));
        self
    }

    fn golomb(&mut self, value: u32) -> &mut Self {
        let length = 32 - (value + 1).leading_zeros();
        self.fixed(length - 1, 0).fixed(length, value + 1)
    }

    fn bytes(&self) -> Vec<u8> {
        self.0
            .chunks(8)
            .map(|byte| byte.iter().enumerate().fold(0, |sum, (i, bit)| sum | u8::from(*bit) << (7 - i)))
            .collect()
    }
}
