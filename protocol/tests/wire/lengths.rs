//! Announced lengths, ends of the stream, and what a decoder holds meanwhile.

use veracruz_protocol::{
    FrameError, Limits, MAX_CONTROL_BYTES, MAX_MESSAGE_BYTES, Request, RequestDecoder, ResponseDecoder, encode_request,
};

use crate::bytes::{field, framed, hex, varint};
use crate::golden;
use crate::seen::{Seen, Watch, requests, watch_requests, watch_responses};

/// Names, small fields and prost's own copy of them.
const HELD_AT_MOST: usize = 4 * MAX_CONTROL_BYTES;

#[test]
fn a_length_beyond_what_protobuf_can_hold_ends_the_stream_and_allocates_nothing() {
    for announced in [1 << 31, 1 << 32, 1 << 63, u64::MAX] {
        let mut requests = RequestDecoder::new(Limits::default());
        let mut responses = ResponseDecoder::new(Limits::new(10));
        let prefix = announced.to_be_bytes();
        assert_eq!(requests.decode(&mut prefix.as_slice()).unwrap_err(), FrameError::TooLong { announced });
        let error = responses.decode(&mut prefix.as_slice()).unwrap_err();
        assert_eq!(error.code(), "frame-too-long");
        assert!(error.to_string().contains(&announced.to_string()));
        assert_eq!((requests.buffered_bytes(), responses.buffered_bytes()), (0, 0));
    }
}

#[test]
fn the_longest_message_is_waited_for_and_allocates_nothing() {
    let mut decoder = RequestDecoder::new(Limits::default());
    // A write of a file of nearly 2 GiB, of which the first byte comes.
    let payload = MAX_MESSAGE_BYTES - 20;
    let member = [hex("0a 02 2f61 12"), varint(payload)].concat();
    let body = [hex("12"), varint(member.len() as u64 + payload), member].concat();
    let stream = [&MAX_MESSAGE_BYTES.to_be_bytes()[..], &body, b"x"].concat();
    let mut input = stream.as_slice();
    while decoder.decode(&mut input).unwrap().is_some() {}
    assert_eq!(decoder.payload_remaining(), payload - 1);
    assert!(decoder.buffered_bytes() < 256, "{}", decoder.buffered_bytes());
}

#[test]
fn a_length_of_zero_is_a_request_for_nothing() {
    assert!(matches!(requests(&[0; 8])[..], [Seen::Message(Request::Unsupported(_))]));
}

#[test]
fn a_message_beyond_the_own_limit_is_skipped_without_being_held() {
    let mut watch = Watch::new(RequestDecoder::new(Limits::new(1000)));
    let piece = vec![0x12; 4096];
    watch.feed(&(256 * 4096u64).to_be_bytes()).unwrap();
    for _ in 0..256 {
        watch.feed(&piece).unwrap();
        assert_eq!(watch.decoder.buffered_bytes(), 0);
    }
    watch.feed(&framed(&hex("52 00"))).unwrap();
    let [Seen::Refused(refusal), Seen::Message(Request::PolicyHash)] = watch.seen.as_slice() else {
        panic!("{:?}", watch.seen)
    };
    assert_eq!(refusal.code().code(), "message-too-large");
}

#[test]
fn the_own_limit_is_the_last_length_that_is_taken() {
    let stream = encode_request(&Request::ReadFile { name: "/a".to_owned() }).unwrap();
    let body = stream.len() as u64 - 8;
    for (limit, taken) in [(body, true), (body - 1, false)] {
        let mut watch = Watch::new(RequestDecoder::new(Limits::new(limit)));
        watch.feed(&stream).unwrap();
        assert_eq!(matches!(watch.seen[..], [Seen::Message(_)]), taken, "{:?}", watch.seen);
    }
    assert_eq!(Limits::new(u64::MAX).message(), MAX_MESSAGE_BYTES);
}

#[test]
fn unknown_fields_of_any_size_pass_without_being_held() {
    for inside in [false, true] {
        let unknown = field(7, &vec![0xff; 1 << 20]);
        let name = field(1, b"/a");
        let body = if inside { field(2, &[name, unknown].concat()) } else { [unknown, field(2, &name)].concat() };
        let mut watch = watch_requests();
        for piece in framed(&body).chunks(4096) {
            watch.feed(piece).unwrap();
            assert!(watch.decoder.buffered_bytes() < 256);
        }
        assert!(matches!(watch.seen[..], [Seen::Carrier(..)]), "{:?}", watch.seen);
    }
}

#[test]
fn small_fields_are_held_up_to_the_limit_only() {
    for body in [
        field(2, &field(1, &vec![b'a'; 1 << 20])),
        field(11, &vec![0; 1 << 20]),
        field(2, &field(1, &[b'a'; 4096]).repeat(256)),
        [0x52, 0x00].repeat(1 << 19),
    ] {
        let mut watch = watch_requests();
        for piece in framed(&body).chunks(4096) {
            watch.feed(piece).unwrap();
            assert!(watch.decoder.buffered_bytes() <= HELD_AT_MOST);
        }
        assert!(matches!(&watch.seen[..], [Seen::Refused(r)] if r.code().code() == "control-too-large"));
    }
}

#[test]
fn an_end_inside_a_message_is_told_with_what_is_missing() {
    let small = golden::small_requests().into_iter().map(|(_, body)| body);
    for body in small.chain(golden::uploads().into_iter().map(|(_, _, body)| body)) {
        let stream = framed(&body);
        for at in 1..stream.len() {
            let mut watch = watch_requests();
            watch.feed(&stream[..at]).unwrap();
            let missing = if at < 8 { 8 - at } else { stream.len() - at } as u64;
            assert_eq!(watch.decoder.finish(), Err(FrameError::Cut { missing }));
            assert!(watch.seen.is_empty(), "half a message is none: {:?}", watch.seen);
        }
    }
    assert_eq!(watch_requests().decoder.finish(), Ok(()));
    assert_eq!(watch_responses().decoder.finish(), Ok(()));
    assert_eq!(FrameError::Cut { missing: 1 }.code(), "frame-cut");
}
