//! What comes out of a stream does not depend on the pieces that it comes in.

use super::{MAX_UNIT_BYTES, Splitter};
use crate::Error;

fn split(stream: &[u8], piece: usize) -> Result<Vec<Vec<u8>>, Error> {
    let (mut splitter, mut units) = (Splitter::new(), Vec::new());
    for bytes in stream.chunks(piece) {
        splitter.push(bytes, |unit| -> Result<(), Error> {
            units.push(unit.to_vec());
            Ok(())
        })?;
    }
    units.push(splitter.finish()?.to_vec());
    Ok(units)
}

#[test]
fn units_come_out_whole_whatever_the_pieces() {
    let stream = b"\0\0\0\0\x01\x67abc\0\0\x01\x68d\0\0\0\x01\x65\0\0\x03\0\x01e\0\0\0";
    let units = [b"\0\0\x01\x67abc".as_slice(), b"\0\0\x01\x68d", b"\0\0\x01\x65\0\0\x03\0\x01e"];
    for piece in 1..=stream.len() {
        assert_eq!(split(stream, piece).unwrap(), units, "in pieces of {piece}");
    }
}

#[test]
fn what_does_not_begin_with_a_start_code_is_not_h264() {
    for (stream, error) in [
        (b"".as_slice(), Error::Empty),
        (b"\0\0\0\0\0\0", Error::NotH264),
        (b"\x01\x67", Error::NotH264),
        (b"\0\x01\x67", Error::NotH264),
        (b"\0\0\x02\x67", Error::NotH264),
        (b"RIFF\0\0\x01\x67", Error::NotH264),
    ] {
        for piece in 1..=stream.len().max(1) {
            assert_eq!(split(stream, piece).unwrap_err(), error, "{stream:?} in pieces of {piece}");
        }
    }
}

#[test]
fn a_unit_longer_than_the_limit_is_refused_before_it_is_all_held() {
    let mut splitter = Splitter::new();
    let mut pushed = 0;
    let mut take = |_: &[u8]| -> Result<(), Error> { Ok(()) };
    splitter.push(b"\0\0\x01\x65", &mut take).unwrap();
    let error = loop {
        pushed += 100_000;
        if let Err(error) = splitter.push(&[0xaa; 100_000], &mut take) {
            break error;
        }
        assert!(pushed <= MAX_UNIT_BYTES);
    };
    assert!(matches!(error, Error::TooLarge { what: "a NAL unit", limit: MAX_UNIT_BYTES, .. }), "{error}");
}

#[test]
fn many_small_units_in_one_piece_all_come_out() {
    let stream = b"\0\0\x01\x09\xf0".repeat(50_000);
    assert_eq!(split(&stream, stream.len()).unwrap().len(), 50_000);
}
