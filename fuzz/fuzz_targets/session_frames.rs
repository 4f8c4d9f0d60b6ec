//! Any stream, in any pieces, into both decoders: no panic, bounded memory, events in an order that makes sense.
#![no_main]

use libfuzzer_sys::fuzz_target;
use veracruz_protocol::{Decoder, Direction, Event, Limits, MAX_CONTROL_BYTES, RequestDecoder, ResponseDecoder};

/// Whatever is announced: names, small fields and prost's own copy of them.
const HELD_AT_MOST: usize = 4 * MAX_CONTROL_BYTES;

// The first byte is the size of the pieces, the second says how the session behaves; the stream follows.
fuzz_target!(|data: &[u8]| {
    let [size, manner, stream @ ..] = data else { return };
    let size = usize::from(*size).max(1);
    let limits = if manner & 4 == 0 { Limits::default() } else { Limits::new(64) };
    read(RequestDecoder::new(limits), stream, size, *manner);
    read(ResponseDecoder::new(limits), stream, size, *manner);
});

/// Reads like a session: takes payloads, past the decoder if bit 0 of `manner` is set, and skips uploads if bit 1 is.
fn read<D: Direction>(mut decoder: Decoder<D>, mut stream: &[u8], size: usize, manner: u8) {
    let mut expected: Option<u64> = None; // bytes of the payload that is coming
    let mut skipping = false;
    while !stream.is_empty() {
        if manner & 1 == 1 && decoder.payload_remaining() > 0 {
            let count = decoder.advance_payload(size.min(stream.len()) as u64);
            assert!(count > 0);
            stream = &stream[count as usize..];
            expected = expected.map(|left| left - count);
            continue;
        }
        let (mut piece, rest) = stream.split_at(size.min(stream.len()));
        stream = rest;
        loop {
            let Ok(event) = decoder.decode(&mut piece) else { return };
            assert!(decoder.buffered_bytes() <= HELD_AT_MOST);
            let Some(event) = event else { break };
            match event {
                Event::PayloadBegin { length, .. } => {
                    assert!(!skipping);
                    expected = Some(length);
                    if manner & 2 == 2 {
                        decoder.skip_message();
                        (skipping, expected) = (true, None);
                    }
                }
                Event::PayloadRestart { length } => {
                    assert_eq!(expected, Some(0), "a restart comes after a whole payload");
                    expected = Some(length);
                }
                Event::Payload(bytes) => {
                    let left = expected.expect("a payload has a beginning");
                    expected = Some(left.checked_sub(bytes.len() as u64).expect("no more than was announced"));
                }
                Event::PayloadEnd(_) => assert_eq!(expected.take(), Some(0), "all that was announced came"),
                Event::Skipped => {
                    assert!(skipping);
                    skipping = false;
                }
                Event::Message(_) | Event::Refused(_) => {
                    assert!(!skipping);
                    expected = None;
                }
            }
        }
        assert!(piece.is_empty(), "it asked for more before it had taken all");
    }
}
