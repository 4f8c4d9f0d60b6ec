//! Payloads pass through: lent from the input, read past the decoder, restarted, skipped.

use veracruz_protocol::{Event, Limits, Request, RequestDecoder, Requests, Upload, UploadKind, write_file_head};

use crate::bytes::{framed, hex};

fn decoder() -> RequestDecoder {
    RequestDecoder::new(Limits::default())
}

/// The names of the events of one stream, with what each tells.
fn told(stream: &[u8]) -> Vec<String> {
    let (mut decoder, mut input, mut told) = (decoder(), stream, Vec::new());
    while let Some(event) = decoder.decode(&mut input).unwrap() {
        told.push(match event {
            Event::PayloadBegin { so_far, length } => format!("begin {} {length}", so_far.name),
            Event::Payload(piece) => format!("payload {}", String::from_utf8_lossy(piece)),
            Event::PayloadRestart { length } => format!("restart {length}"),
            Event::PayloadEnd(upload) => format!("end {}", upload.name),
            Event::Message(request) => request.kind().to_owned(),
            Event::Refused(refusal) => refusal.code().code().to_owned(),
            Event::Skipped => "skipped".to_owned(),
        });
    }
    told
}

#[test]
fn events_of_a_payload_come_in_order() {
    for (body, expected) in [
        ("12 09 0a 02 2f61 12 03 78797a", &["begin /a 3", "payload xyz", "end /a"][..]),
        // the name is not known while the payload comes
        ("12 09 12 03 78797a 0a 02 2f61", &["begin  3", "payload xyz", "end /a"]),
        // protobuf leaves an empty payload out
        ("12 04 0a 02 2f61", &["begin /a 0", "end /a"]),
        ("12 06 0a 02 2f61 12 00", &["begin /a 0", "end /a"]),
        ("12 0a 0a 02 2f61 12 01 78 12 01 79", &["begin /a 1", "payload x", "restart 1", "payload y", "end /a"]),
        ("12 07 0a 02 2f61 12 01 78 52 00", &["begin /a 1", "payload x", "request_policy_hash"]),
        ("12 07 0a 02 2f61 12 01 78 07", &["begin /a 1", "payload x", "bad-protobuf"]),
        (
            "12 07 0a 02 2f61 12 01 78 1a 07 0a 02 2f62 12 01 79",
            &["begin /a 1", "payload x", "begin /b 1", "payload y", "end /b"],
        ),
        ("12 07 0a 02 2f61 12 01 78 1a 04 0a 02 2f62", &["begin /a 1", "payload x", "begin /b 0", "end /b"]),
    ] {
        assert_eq!(told(&framed(&hex(body))), expected, "{body}");
    }
}

#[test]
fn a_payload_is_lent_from_the_input() {
    let stream = [write_file_head("/a", 1 << 20).unwrap().to_vec(), vec![7; 1 << 20]].concat();
    let (mut decoder, mut input) = (decoder(), stream.as_slice());
    let mut lent = 0;
    while let Some(event) = decoder.decode(&mut input).unwrap() {
        if let Event::Payload(piece) = event {
            assert!(stream.as_ptr_range().contains(&piece.as_ptr()), "a copy");
            lent += piece.len();
        }
    }
    assert_eq!(lent, 1 << 20);
    assert!(decoder.buffered_bytes() < 256);
}

#[test]
fn a_payload_may_be_read_past_the_decoder() {
    let head = write_file_head("/a", 1000).unwrap();
    let mut decoder = decoder();
    assert_eq!((decoder.payload_remaining(), decoder.advance_payload(5)), (0, 0), "no payload yet");
    let mut input = head.as_ref();
    assert!(matches!(decoder.decode(&mut input).unwrap(), Some(Event::PayloadBegin { length: 1000, .. })));
    assert_eq!(decoder.payload_remaining(), 1000);
    assert_eq!(decoder.advance_payload(400), 400);
    assert!(
        matches!(decoder.decode(&mut [7; 100].as_slice()).unwrap(), Some(Event::Payload(piece)) if piece.len() == 100)
    );
    assert_eq!(decoder.payload_remaining(), 500);
    assert_eq!(decoder.advance_payload(u64::MAX), 500, "never past the payload");
    assert_eq!(decoder.payload_remaining(), 0);
    let expected = Upload { name: "/a".to_owned(), kind: UploadKind::Write };
    assert!(matches!(decoder.decode(&mut [].as_slice()).unwrap(), Some(Event::PayloadEnd(end)) if end == expected));
    assert_eq!(decoder.finish(), Ok(()));
}

/// Skips at the event of this number, and tells how many events came until and with the end of the message.
fn skipped_at(number: usize, stream: &[u8]) -> Vec<String> {
    let (mut decoder, mut input, mut told) = (decoder(), stream, Vec::new());
    while let Some(event) = decoder.decode(&mut input).unwrap() {
        told.push(format!("{event:?}"));
        if told.len() == number {
            decoder.skip_message();
        }
    }
    told
}

#[test]
fn a_message_that_is_not_wanted_passes_without_events() {
    let next = framed(&hex("52 00"));
    for body in [
        "12 09 0a 02 2f61 12 03 78797a",
        "12 04 0a 02 2f61",                                // its end is owed
        "12 0f 0a 02 2f61 12 03 78797a 0a 04 ffffffff 0f", // bad further on
    ] {
        let told = skipped_at(1, &[framed(&hex(body)), next.clone()].concat());
        let [begin, skipped, then] = told.as_slice() else { panic!("{body}: {told:?}") };
        assert!(begin.starts_with("PayloadBegin"), "{begin}");
        assert_eq!((skipped.as_str(), then.as_str()), ("Skipped", "Message(PolicyHash)"));
    }
    let told = skipped_at(1, &[next.clone(), next].concat());
    assert_eq!(told, ["Message(PolicyHash)", "Message(PolicyHash)"], "between messages there is nothing to skip");
}

#[test]
fn content_and_evidence_do_not_show_in_debug_texts() {
    let event: Event<'_, Requests> = Event::Payload(b"secret");
    assert_eq!(format!("{event:?}"), "Payload(6 bytes)");
    let event: Event<'_, Requests> = Event::Message(Request::Runs);
    assert_eq!(format!("{event:?}"), "Message(Runs)");
    assert!(!format!("{:?}", decoder()).is_empty());
}
