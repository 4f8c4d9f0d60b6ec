//! Fields in any order, twice, unknown or bad mean what protobuf says, or are refused; the next message is read anyway.

use veracruz_policy::MAX_PATH_BYTES;
use veracruz_protocol::{Request, Response, Upload, UploadKind};

use crate::bytes::{field, framed, hex};
use crate::oracle;
use crate::seen::{Seen, SeenRequest, requests, responses};

fn written(name: &str, payload: &[u8]) -> SeenRequest {
    Seen::Carrier(Upload { name: name.to_owned(), kind: UploadKind::Write }, payload.to_vec())
}

fn appended(name: &str, payload: &[u8]) -> SeenRequest {
    Seen::Carrier(Upload { name: name.to_owned(), kind: UploadKind::Append }, payload.to_vec())
}

#[test]
fn fields_mean_what_protobuf_says() {
    let read = |name: &str| Seen::Message(Request::ReadFile { name: name.to_owned() });
    for (what, expected, body) in [
        ("the name after the data", written("/a", b"xy"), "12 08 12 02 7879 0a 02 2f61"),
        ("the context, before and after", written("/a", b"x"), "08 07 12 07 0a 02 2f61 12 01 78 08 00"),
        ("two names", written("/b", b"x"), "12 0b 0a 02 2f61 12 01 78 0a 02 2f62"),
        ("two payloads", written("/a", b"yz"), "12 0b 0a 02 2f61 12 01 78 12 02 797a"),
        ("a payload, then an empty one", written("/a", b""), "12 09 0a 02 2f61 12 01 78 12 00"),
        ("the member in two pieces", written("/a", b"x"), "12 04 0a 02 2f61 12 03 12 01 78"),
        ("the same, other order", written("/a", b"x"), "12 03 12 01 78 12 04 0a 02 2f61"),
        ("another member without payload later", read("/b"), "12 07 0a 02 2f61 12 01 78 5a 04 0a 02 2f62"),
        (
            "another member with payload later",
            appended("/b", b"y"),
            "12 07 0a 02 2f61 12 01 78 1a 07 0a 02 2f62 12 01 79",
        ),
        ("another member, empty, later", appended("", b""), "12 07 0a 02 2f61 12 01 78 1a 00"),
        ("another member between", written("/b", b""), "12 07 0a 02 2f61 12 01 78 52 00 12 04 0a 02 2f62"),
        ("another member before", written("/b", b""), "5a 04 0a 02 2f61 12 04 0a 02 2f62"),
        ("an empty member", written("", b""), "12 00"),
        (
            "unknown fields outside",
            written("/a", b"x"),
            "a006 01 a106 0102030405060708 12 07 0a 02 2f61 12 01 78 a206 01 ff a506 01020304",
        ),
        ("unknown fields inside", written("/a", b"x"), "12 12 18 01 0a 02 2f61 22 02 ffff 12 01 78 2d 01020304"),
        ("unknown fields inside a small member", read("/a"), "5a 08 0a 02 2f61 12 02 ffff"),
        ("keys and lengths longer than needed", written("/a", b"x"), "9200 8e00 0a 8280808000 2f61 92808000 01 78"),
        ("a number longer than needed", written("/a", b"x"), "08 87808080808080808000 12 07 0a 02 2f61 12 01 78"),
    ] {
        let body = hex(body);
        let seen = requests(&framed(&body));
        assert_eq!(seen, [expected], "{what}");
        oracle::hold_request(&body, &seen[0]);
    }
}

#[test]
fn bad_requests_are_refused_by_name_and_the_next_one_is_read() {
    let long = |number| field(number, &field(1, &vec![b'a'; MAX_PATH_BYTES + 1]));
    let mut cases = vec![
        ("name-too-long", long(11)),
        ("name-too-long", long(2)),
        ("name-too-long", long(15)),
        ("name-too-long", field(15, &field(2, &vec![b'a'; MAX_PATH_BYTES + 1]))),
        // the name is refused at the payload's beginning, with the payload still to come
        ("name-too-long", field(2, &[field(1, &vec![b'a'; MAX_PATH_BYTES + 1]), field(2, b"xyz")].concat())),
        ("control-too-large", field(11, &vec![0; 65_536])),
        ("control-too-large", field(2, &field(1, &vec![b'a'; 65_536]))),
        ("control-too-large", [0x08, 0x01].repeat(40_000)),
        ("control-too-large", field(2, &field(1, &[b'a'; 4096]).repeat(20))),
        ("bad-nonce", field(13, &field(1, &[7; 31]))),
        ("bad-nonce", field(13, &field(1, &[7; 33]))),
        ("bad-nonce", field(13, &[])),
        ("bad-run", field(14, &[])),
        ("bad-run", field(14, &hex("08 00"))),
    ];
    for body in [
        "0b 0c",                      // a group
        "0c",                         // the end of a group
        "12 02 1b 1c",                // a group inside
        "a306 a406",                  // a group of an unknown number
        "16 00",                      // wire type 6
        "17 00",                      // wire type 7
        "00 00",                      // field 0
        "12 02 02 00",                // field 0 inside
        "8280808010 00",              // a field number of 30 bits
        "08 ffffffffffffffffff 02",   // a number of 65 bits
        "08 ffffffffffffffffffff 01", // a number of eleven bytes
        "08",                         // no value
        "08 80",                      // half a value
        "12",                         // no length
        "12 05 0a 02 2f61",           // a member past the end of the message
        "12 ffffffffffffffffff01",    // a member of 2^64-1 bytes
        "12 04 0a 03 2f61 00",        // a name past the end of its member
        "12 04 12 03 7878 78 00",     // a payload past the end of its member
        "12 01 0a 02 2f61",           // a key without length in its member
        "a106 01020304",              // eight bytes of which four came
        "12 04 0a 02 ffff",           // a name that is no UTF-8
        "12 02 08 01",                // a name that is a number
        "12 02 10 01",                // a payload that is a number
        "10 01",                      // a member that is a number
        "0a 01 00",                   // a context that is bytes
        "5a 04 0a 03 2f61",           // a name past the end of a small member
        "12 04 0a 02 ffff 52 00",     // bad even if another member takes its place
    ] {
        cases.push(("bad-protobuf", hex(body)));
    }
    for (code, body) in cases {
        let start = &body[..body.len().min(24)];
        let stream = [framed(&body), framed(&hex("52 00"))].concat();
        let seen = requests(&stream);
        let [Seen::Refused(refusal), Seen::Message(Request::PolicyHash)] = seen.as_slice() else {
            panic!("{start:02x?}: {seen:?}")
        };
        assert_eq!(refusal.code().code(), code, "{start:02x?}: {refusal}");
        assert!(!refusal.detail().is_empty());
        oracle::hold_request(&body, &seen[0]);
    }
}

#[test]
fn bad_responses_are_refused_by_name_and_the_next_one_is_read() {
    for (code, body) in [
        ("bad-reply", hex("08 01 5a 04 0a 02 6162")), // a policy hash of two digits
        ("bad-reply", hex("08 01 5a 00")),            // no policy hash
        ("bad-reply", hex("08 01 6a 06 0a 01 00 12 01 78")), // a platform `x`
        ("bad-reply", hex("08 01 7a 02 08 09")),      // a file of kind 9
        ("bad-reply", hex("08 01 72 07 0a 05 0a 01 61 10 00")), // an entry of kind 0
        ("bad-reply", [hex("08 01"), field(14, &field(2, &[b'a'; 4097]))].concat()),
        ("bad-protobuf", hex("08 01 22 05 0a 04 78797a")), // a result past its end
        ("bad-protobuf", hex("0a 01 01")),                 // a status that is bytes
        ("bad-protobuf", hex("08 01 12 01 ff")),           // a detail that is no UTF-8
        ("control-too-large", [hex("08 01"), field(2, &vec![b'a'; 65_536])].concat()),
    ] {
        let seen = responses(&[framed(&body), framed(&hex("08 01"))].concat());
        let [Seen::Refused(refusal), Seen::Message(Response::Success(_))] = seen.as_slice() else {
            panic!("{body:02x?}: {seen:?}")
        };
        assert_eq!(refusal.code().code(), code, "{refusal}");
        oracle::hold_response(&body, &seen[0]);
    }
}

#[test]
fn a_status_that_is_no_success_is_a_failure_whatever_comes_with_it() {
    for (name, body) in [
        ("UNSET", ""),
        ("UNSET", "08 00"),
        ("UNSET", "08 63"),
        ("UNSET", "08 ffffffffffffffffff01"),
        ("UNSET", "22 03 0a 01 78"),
        ("FAILED_INVALID_ROLE", "08 02"),
        ("FAILED_NOT_READY", "08 03"),
        ("FAILED_GENERIC", "08 04"),
        ("FAILED_VM_ERROR", "08 05"),
        ("FAILED_ERROR_CODE_RETURNED", "08 06"),
        ("FAILED_INVALID_REQUEST", "08 07"),
        ("FAILED_INVALID_REQUEST", "22 03 0a 01 78 08 07"),
        ("FAILED_INVALID_REQUEST", "08 01 22 03 0a 01 78 08 07"),
    ] {
        let body = hex(body);
        let seen = responses(&framed(&body));
        let [Seen::Message(Response::Failure(failure))] = seen.as_slice() else { panic!("{body:02x?}: {seen:?}") };
        assert_eq!(failure.to_string(), name);
        oracle::hold_response(&body, &seen[0]);
    }
}
