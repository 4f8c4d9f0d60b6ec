//! Each message as bytes that were written by hand from the protocol's description, in both directions.

use std::time::Duration;

use ::bytes::Bytes;
use veracruz_policy::{Platform, Sha256Digest};
use veracruz_protocol::{
    ChunkInfo, ComputeOptions, Content, Download, Failure, FileKind, FileStat, ListEntry, Listing, ReadChunk, Request,
    Response, RunInfo, RunList, RunNumber, Upload, UploadKind, download_head, encode_exit_code, encode_request,
    encode_response, exit_code, upload_head,
};

use crate::bytes::{framed, hex};
use crate::seen::{Seen, SeenRequest, SeenResponse, requests, responses};

/// Requests without payload, and their bodies.
pub(crate) fn small_requests() -> Vec<(Request, Vec<u8>)> {
    let plain = ComputeOptions::default();
    let both = ComputeOptions { timeout: Some(Duration::from_millis(300)), run: RunNumber::new(7) };
    let nonce: [u8; 32] = std::array::from_fn(|i| i as u8);
    let part = ReadChunk { name: "/a".into(), offset: 1, length: 128, version: 3 };
    vec![
        // request_result=5 {file_name=1, timeout_ms=2, run=3}
        (Request::Compute { program: "/p".into(), options: plain }, hex("2a 04 0a 02 2f70")),
        (Request::Compute { program: "/p".into(), options: both }, hex("2a 09 0a 02 2f70 10 ac02 18 07")),
        // request_pipeline=12 {the same}
        (Request::Pipeline { name: "0".into(), options: plain }, hex("62 03 0a 01 30")),
        // read_file=11 {file_name=1}
        (Request::ReadFile { name: "/a".into() }, hex("5a 04 0a 02 2f61")),
        // request_policy_hash=10 {}
        (Request::PolicyHash, hex("52 00")),
        // request_shutdown=8 {}
        (Request::Shutdown, hex("42 00")),
        // evidence=13 {nonce=1}
        (Request::Evidence { nonce }, [hex("6a 22 0a 20"), nonce.to_vec()].concat()),
        // cancel=14 {run=1}
        (Request::Cancel { run: RunNumber::new(7).unwrap() }, hex("72 02 08 07")),
        // list=15 {path=1, after=2}
        (Request::List { path: "/".into(), after: None }, hex("7a 03 0a 01 2f")),
        (Request::List { path: "/".into(), after: Some("b".into()) }, hex("7a 06 0a 01 2f 12 01 62")),
        // stat=16 {file_name=1}
        (Request::Stat { name: "/a".into() }, hex("8201 04 0a 02 2f61")),
        // read_chunk=18 {file_name=1, offset=2, length=3, version=4}
        (Request::ReadChunk(part), hex("9201 0b 0a 02 2f61 10 01 18 8001 20 03")),
        // runs=19 {}
        (Request::Runs, hex("9a01 00")),
    ]
}

/// Requests with payload, and their bodies.
pub(crate) fn uploads() -> Vec<(Upload, Vec<u8>, Vec<u8>)> {
    let upload = |kind| Upload { name: "/a".to_owned(), kind };
    let first = UploadKind::Chunk { offset: 0, last: false, append: false };
    let last = UploadKind::Chunk { offset: 300, last: true, append: true };
    vec![
        // write_file=2 {file_name=1, data=2}
        (upload(UploadKind::Write), b"xyz".to_vec(), hex("12 09 0a 02 2f61 12 03 78797a")),
        (upload(UploadKind::Write), vec![], hex("12 04 0a 02 2f61")),
        // append_file=3 {the same}
        (upload(UploadKind::Append), b"xyz".to_vec(), hex("1a 09 0a 02 2f61 12 03 78797a")),
        // write_chunk=17 {file_name=1, offset=2, last=3, append=4, data=5}
        (upload(first), b"xyz".to_vec(), hex("8a01 09 0a 02 2f61 2a 03 78797a")),
        (upload(last), b"xyz".to_vec(), hex("8a01 10 0a 02 2f61 10 ac02 18 01 20 01 2a 03 78797a")),
    ]
}

/// Responses without payload, and their bodies.
pub(crate) fn small_responses() -> Vec<(Response, Vec<u8>)> {
    let hash = Sha256Digest::of(b"abc");
    let evidence = Content::Evidence { document: Bytes::from_static(b"doc"), platform: Platform::Simulated };
    let entry = |name: &str, kind, size| ListEntry { name: name.to_owned(), kind, size };
    let entries = vec![entry("b", FileKind::Directory, 0), entry("a", FileKind::File, 300)];
    let stat = FileStat { kind: FileKind::Stream, size: 1, modified_ns: 2 };
    let run = RunInfo { run: RunNumber::new(7), program: "/p".into(), elapsed_ms: 1 };
    let success = |content, body: &str| (Response::Success(content), hex(body));
    vec![
        // status=1, SUCCESS=1
        success(Content::Empty, "08 01"),
        // policy_hash=11 {data=1}: digits in ASCII
        (
            Response::Success(Content::PolicyHash(hash)),
            [hex("08 01 5a 42 0a 40"), b"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".to_vec()]
                .concat(),
        ),
        // evidence=13 {document=1, platform=2}
        success(evidence, "08 01 6a 10 0a 03 646f63 12 09 73696d756c61746564"),
        // listing=14 {entries=1 {name=1, kind=2, size=3}, next=2}
        success(
            Content::Listing(Listing::page(entries, None)),
            "08 01 72 11 0a 08 0a 01 61 10 01 18 ac02 0a 05 0a 01 62 10 02",
        ),
        // stat=15 {kind=1, size=2, modified_ns=3}
        success(Content::Stat(stat), "08 01 7a 06 08 03 10 01 18 02"),
        // written=17 {size=1}
        success(Content::Written { size: 300 }, "08 01 8a01 03 08 ac02"),
        // runs=18 {runs=1 {run=1, program=2, elapsed_ms=3}, more=2}
        success(Content::Runs(RunList::page([run])), "08 01 9201 0a 0a 08 08 07 12 02 2f70 18 01"),
        // FAILED_INVALID_REQUEST=7, detail=2, code=9
        (Response::Failure(Failure::new("c", "d")), hex("08 07 12 01 64 4a 01 63")),
        // as Veracruz sends it
        (Response::Failure(Failure::new("", "")), hex("08 07")),
    ]
}

/// Responses with payload, and their bodies.
pub(crate) fn downloads() -> Vec<(Download, Vec<u8>, Vec<u8>)> {
    let info = ChunkInfo { offset: 1, size: 300, version: 3 };
    vec![
        // result=4 {data=1}
        (Download::Result, b"xyz".to_vec(), hex("08 01 22 05 0a 03 78797a")),
        (Download::Result, vec![], hex("08 01 22 00")),
        // chunk=16 {data=1, offset=2, size=3, version=4}, data sent last
        (Download::Chunk(info), b"xyz".to_vec(), hex("08 01 8201 0c 10 01 18 ac02 20 03 0a 03 78797a")),
        (Download::Chunk(ChunkInfo::default()), vec![], hex("08 01 8201 00")),
    ]
}

#[test]
fn requests_are_written_and_read_as_described() {
    for (request, body) in small_requests() {
        assert_eq!(encode_request(&request).unwrap(), framed(&body), "{request:?}");
        assert_eq!(requests(&framed(&body)), [Seen::Message(request)]);
    }
}

#[test]
fn uploads_are_written_and_read_as_described() {
    for (upload, payload, body) in uploads() {
        let head = upload_head(&upload, payload.len() as u64).unwrap();
        assert_eq!([head.to_vec(), payload.clone()].concat(), framed(&body), "{upload:?}");
        assert_eq!(requests(&framed(&body)), [Seen::Carrier(upload, payload)]);
    }
}

#[test]
fn responses_are_written_and_read_as_described() {
    for (response, body) in small_responses() {
        assert_eq!(encode_response(&response).unwrap(), framed(&body), "{response:?}");
        assert_eq!(responses(&framed(&body)), [Seen::Message(response)]);
    }
}

#[test]
fn downloads_are_written_and_read_as_described() {
    for (download, payload, body) in downloads() {
        let head = download_head(&download, payload.len() as u64).unwrap();
        assert_eq!([head.to_vec(), payload.clone()].concat(), framed(&body), "{download:?}");
        assert_eq!(responses(&framed(&body)), [Seen::Carrier(download, payload)]);
    }
}

#[test]
fn an_exit_code_is_four_bytes_little_endian() {
    let bytes = encode_exit_code(0x01020304).unwrap();
    assert_eq!(bytes, framed(&hex("08 01 22 06 0a 04 04030201")));
    let seen = responses(&bytes);
    let [Seen::Carrier(Download::Result, payload)] = seen.as_slice() else { panic!("{seen:?}") };
    assert_eq!(exit_code(payload), Some(0x01020304));
    for wrong in [&[][..], &[1, 2, 3], &[1, 2, 3, 4, 5]] {
        assert_eq!(exit_code(wrong), None);
    }
}

#[test]
fn requests_that_no_runtime_answers_are_named() {
    for (name, body) in [
        ("request_pi_hash", "22 03 0a 01 61"),
        ("request_proxy_psa_attestation_token", "32 03 0a 01 61"),
        ("psa_attestation_init", "4a 05 0a 01 61 10 01"),
        ("no request of this version", ""),
        ("no request of this version", "08 00"),
        // a member of a later version
        ("no request of this version", "a206 03 0a 01 61"),
    ] {
        assert_eq!(requests(&framed(&hex(body))), [SeenRequest::Message(Request::Unsupported(name))]);
    }
}

#[test]
fn contents_that_no_runtime_sends_are_named() {
    for (name, body) in [
        ("pi_hash", "08 01 2a 03 0a 01 61"),
        ("error", "08 01 32 03 0a 01 61"),
        ("state", "08 01 52 03 0a 01 61"),
        ("cert", "08 01 62 03 0a 01 61"),
    ] {
        let expected = Response::Success(Content::Unsupported(name));
        assert_eq!(responses(&framed(&hex(body))), [SeenResponse::Message(expected)]);
    }
}
