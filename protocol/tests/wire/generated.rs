//! Messages that nobody thought of: ours come back as they were, and any bytes mean to us what they mean to prost.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use veracruz_protocol::{
    ChunkInfo, ComputeOptions, Download, ReadChunk, Request, RunNumber, Upload, UploadKind, download_head,
    encode_request, upload_head,
};

use crate::bytes::{framed, varint};
use crate::golden;
use crate::oracle;
use crate::seen::{Seen, requests, responses, watch_requests, watch_responses};

fn options() -> impl Strategy<Value = ComputeOptions> {
    (proptest::option::of(1..=u64::MAX), any::<u64>()).prop_map(|(milliseconds, run)| ComputeOptions {
        timeout: milliseconds.map(Duration::from_millis),
        run: RunNumber::new(run),
    })
}

fn request() -> impl Strategy<Value = Request> {
    let part = (any::<String>(), any::<[u64; 3]>());
    let after = proptest::option::of(".+");
    prop_oneof![
        (any::<String>(), options()).prop_map(|(program, options)| Request::Compute { program, options }),
        (any::<String>(), options()).prop_map(|(name, options)| Request::Pipeline { name, options }),
        any::<String>().prop_map(|name| Request::ReadFile { name }),
        any::<String>().prop_map(|name| Request::Stat { name }),
        any::<[u8; 32]>().prop_map(|nonce| Request::Evidence { nonce }),
        (1..=u64::MAX).prop_map(|run| Request::Cancel { run: RunNumber::new(run).unwrap() }),
        (any::<String>(), after).prop_map(|(path, after)| Request::List { path, after }),
        part.prop_map(|(name, [offset, length, version])| {
            Request::ReadChunk(ReadChunk { name, offset, length, version })
        }),
    ]
}

fn upload() -> impl Strategy<Value = Upload> {
    let kind = prop_oneof![
        Just(UploadKind::Write),
        Just(UploadKind::Append),
        any::<(u64, bool, bool)>().prop_map(|(offset, last, append)| UploadKind::Chunk { offset, last, append }),
    ];
    (any::<String>(), kind).prop_map(|(name, kind)| Upload { name, kind })
}

/// Fields of the protocol's numbers and others, of right and wrong types, nested, cut and concatenated.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        vec(any::<u8>(), 0..6),
        (1..6u64, any::<u64>()).prop_map(|(number, value)| [varint(number << 3), varint(value)].concat()),
        (1..6u64, 0..4u64).prop_map(|(number, value)| [varint(number << 3), varint(value)].concat()),
        (1..6u64, "[a-z]{0,4}").prop_map(|(number, text)| delimited(number, text.as_bytes())),
        (1..6u64, any::<[u8; 4]>()).prop_map(|(number, bytes)| [varint(number << 3 | 5), bytes.to_vec()].concat()),
    ];
    let member = prop_oneof![
        4 => (select(vec![2, 3, 17, 4, 16, 5, 11, 13, 14, 15, 18, 40]), vec(leaf.clone(), 0..5))
            .prop_map(|(number, fields)| delimited(number, &fields.concat())),
        1 => leaf,
        1 => (1..21u64, 0..9u64).prop_map(|(number, value)| [varint(number << 3), varint(value)].concat()),
    ];
    (vec(member, 0..6), 0..40usize).prop_map(|(members, cut)| {
        let mut body = members.concat();
        // One in four is cut.
        body.truncate(if cut < 10 { body.len().saturating_sub(cut) } else { body.len() });
        body
    })
}

fn delimited(number: u64, value: &[u8]) -> Vec<u8> {
    [varint(number << 3 | 2), varint(value.len() as u64), value.to_vec()].concat()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn requests_come_back_as_they_were(request in request()) {
        let bytes = encode_request(&request).unwrap();
        prop_assert_eq!(requests(&bytes), [Seen::Message(request)]);
    }

    #[test]
    fn uploads_come_back_as_they_were(upload in upload(), payload in vec(any::<u8>(), 0..300), cut in 1..50usize) {
        let bytes = [&upload_head(&upload, payload.len() as u64).unwrap(), payload.as_slice()].concat();
        let mut watch = watch_requests();
        for piece in bytes.chunks(cut) {
            watch.feed(piece).unwrap();
        }
        prop_assert_eq!(watch.seen, [Seen::Carrier(upload, payload)]);
    }

    #[test]
    fn downloads_come_back_as_they_were(
        chunk in proptest::option::of(any::<[u64; 3]>()), payload in vec(any::<u8>(), 0..300), cut in 1..50usize,
    ) {
        let info = |[offset, size, version]: [u64; 3]| Download::Chunk(ChunkInfo { offset, size, version });
        let download = chunk.map_or(Download::Result, info);
        let bytes = [&download_head(&download, payload.len() as u64).unwrap(), payload.as_slice()].concat();
        let mut watch = watch_responses();
        for piece in bytes.chunks(cut) {
            watch.feed(piece).unwrap();
        }
        prop_assert_eq!(watch.seen, [Seen::Carrier(download, payload)]);
    }

    #[test]
    fn a_request_means_what_it_means_to_prost(body in body()) {
        let seen = requests(&framed(&body));
        prop_assert_eq!(seen.len(), 1);
        oracle::hold_request(&body, &seen[0]);
    }

    #[test]
    fn a_response_means_what_it_means_to_prost(body in body(), success: bool) {
        let body = if success { [vec![0x08, 0x01], body].concat() } else { body };
        let seen = responses(&framed(&body));
        prop_assert_eq!(seen.len(), 1);
        oracle::hold_response(&body, &seen[0]);
    }
}

#[test]
fn a_damaged_message_means_what_it_means_to_prost() {
    let small = golden::small_requests().into_iter().map(|(_, body)| body);
    for body in small.chain(golden::uploads().into_iter().map(|(_, _, body)| body)) {
        for at in 0..body.len() {
            oracle::hold_request(&body[..at], &requests(&framed(&body[..at]))[0]);
            for bit in 0..8 {
                let mut damaged = body.clone();
                damaged[at] ^= 1 << bit;
                oracle::hold_request(&damaged, &requests(&framed(&damaged))[0]);
            }
        }
    }
}
