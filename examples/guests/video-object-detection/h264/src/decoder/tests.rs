//! A small stream of high profile, decoded whole, in pieces, and spoilt in many ways. Whether pictures are right is for
//! `tests/video`, which asks ffmpeg.

mod limits;

use crate::{Colour, Decoder, Error, Frame, Matrix};

/// Twelve pictures of 96 by 80, each in two slices, with a pyramid of B pictures; BT.709 in full range.
const STREAM: &[u8] = include_bytes!("../testdata/small.h264");
/// Header types of NAL units (Table 7-1).
const SET: u8 = 7;

/// A picture's samples, in the order of I420.
type Samples = Vec<u8>;

fn decode(stream: &[u8], piece: usize) -> Result<Vec<Samples>, Error> {
    let mut frames = Vec::new();
    let mut sink = |frame: &Frame<'_>| -> Result<(), Error> {
        let half = frame.width / 2;
        let planes = [(frame.y, frame.width), (frame.u, half), (frame.v, half)];
        frames.push(planes.iter().flat_map(|(plane, width)| plane.rows(*width)).flatten().copied().collect());
        Ok(())
    };
    let mut decoder = Decoder::new()?;
    for bytes in stream.chunks(piece) {
        decoder.push(bytes, &mut sink)?;
    }
    decoder.finish(&mut sink)?;
    Ok(frames)
}

/// The stream's NAL units, each with a start code.
fn units() -> Vec<Vec<u8>> {
    let starts: Vec<usize> = (0..STREAM.len() - 3).filter(|at| STREAM[*at..].starts_with(&[0, 0, 1])).collect();
    let ends = starts.iter().skip(1).copied().chain([STREAM.len()]);
    starts.iter().zip(ends).map(|(start, end)| STREAM[*start..end].to_vec()).collect()
}

#[test]
fn the_pieces_that_a_stream_comes_in_do_not_matter() {
    let whole = decode(STREAM, STREAM.len()).unwrap();
    assert_eq!(whole.len(), 12);
    assert!(whole.iter().all(|frame| frame.len() == 96 * 80 * 3 / 2));
    assert!(whole.windows(2).all(|pair| pair[0] != pair[1]));
    for piece in [1, 7, 1000] {
        assert!(decode(STREAM, piece).unwrap() == whole, "pieces of {piece}");
    }
}

#[test]
fn a_frame_says_what_its_samples_mean() {
    let mut colours = Vec::new();
    let mut sink = |frame: &Frame<'_>| -> Result<(), Error> {
        assert_eq!((frame.width, frame.height), (96, 80));
        colours.push(frame.colour);
        Ok(())
    };
    let mut decoder = Decoder::new().unwrap();
    decoder.push(STREAM, &mut sink).unwrap();
    decoder.finish(&mut sink).unwrap();
    assert_eq!(colours, [Colour { matrix: Matrix::Bt709, full_range: true }; 12]);
}

#[test]
fn a_stream_that_ends_too_early_is_truncated() {
    let all = units();
    let before_last = all[..all.len() - 1].concat();
    assert_eq!(decode(&before_last, usize::MAX), Err(Error::Truncated { picture: 11 }));
    assert_eq!(decode(&STREAM[..STREAM.len() - 60], usize::MAX), Err(Error::Truncated { picture: 11 }));
    assert_eq!(decode(&STREAM[..600], usize::MAX), Err(Error::Truncated { picture: 0 }));
    assert_eq!(decode(&all[..2].concat(), usize::MAX), Err(Error::NoPicture));
}

#[test]
fn a_stream_may_end_between_pictures_and_nowhere_else() {
    let (mut slices, mut allowed) = (0, Vec::new());
    for start in (0..STREAM.len() - 3).filter(|at| STREAM[*at..].starts_with(&[0, 0, 1])) {
        // A start code says nothing yet, nor do the zeros in front of it.
        let zeros = STREAM[..start].iter().rev().take_while(|byte| **byte == 0).count();
        allowed.extend((slices > 0 && slices % 2 == 0).then_some(start - zeros..=start + 3));
        slices += usize::from(matches!(STREAM[start + 3] & 0x1f, 1 | 5));
    }
    assert_eq!((slices, allowed.len()), (24, 11));
    for end in 0..STREAM.len() {
        let fits = allowed.iter().any(|range| range.contains(&end));
        assert_eq!(decode(&STREAM[..end], usize::MAX).is_ok(), fits, "{end} bytes of {}", STREAM.len());
    }
}

#[test]
fn a_missing_unit_is_an_error_wherever_it_was() {
    let all = units();
    for missing in 0..all.len() {
        let rest: Vec<u8> =
            all.iter().enumerate().filter(|(index, _)| *index != missing).flat_map(|(_, unit)| unit).copied().collect();
        let error = decode(&rest, usize::MAX).expect_err("a stream with a hole");
        assert!(matches!(error, Error::Damaged { .. } | Error::Truncated { .. }), "without unit {missing}: {error}");
    }
}

#[test]
fn no_flipped_bit_does_more_than_an_error() {
    for at in (4..STREAM.len()).step_by(3) {
        let mut spoilt = STREAM.to_vec();
        spoilt[at] ^= 1 << (at % 8);
        if let Ok(frames) = decode(&spoilt, usize::MAX) {
            assert!(frames.len() <= 12, "flipped at {at}");
        }
    }
}

#[test]
fn kinds_of_streams_that_are_not_decoded_are_named() {
    // Sequence parameter sets as x264 writes them, for 352x288.
    for (set, what) in [
        ("67640015acd941612d808800000300080000030190f8a14cb0", "interlaced"),
        ("676e000da6cd9416096c0440000003004000000c83c50a6580", "10 bits"),
        ("677a000dbcd9416096c044000003000400000300c83c50a658", "4:2:2"),
        ("67f4000d919b282c12d808800000030080000019078a14cb", "4:4:4"),
    ] {
        let bytes: Vec<u8> =
            (0..set.len() / 2).map(|i| u8::from_str_radix(&set[2 * i..2 * i + 2], 16).unwrap()).collect();
        assert_eq!(bytes[0] & 0x1f, SET);
        let error = decode(&[&[0, 0, 1], bytes.as_slice()].concat(), usize::MAX).unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
    }
}

#[test]
fn after_an_error_nothing_more_is_decoded() {
    let mut sink = |_: &Frame<'_>| -> Result<(), Error> { Ok(()) };
    let mut decoder = Decoder::new().unwrap();
    assert_eq!(decoder.push(b"nonsense", &mut sink), Err(Error::NotH264));
    assert_eq!(decoder.push(STREAM, &mut sink), Err(Error::Stopped));
    assert_eq!(decoder.finish(&mut sink), Err(Error::Stopped));
}

#[test]
fn the_error_of_whoever_takes_the_frames_is_handed_back() {
    let mut decoder = Decoder::new().unwrap();
    let result = decoder.push(STREAM, &mut |_| -> Result<(), Error> { Err(Error::NoPicture) });
    assert_eq!(result, Err(Error::NoPicture));
}
