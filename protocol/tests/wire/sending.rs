//! What we send keeps the limits that the other side sets, and texts of others are shown bounded and escaped.

use std::time::Duration;

use veracruz_protocol::{
    ChunkInfo, ComputeOptions, Content, EncodeError, Failure, FileKind, ListEntry, Listing, MAX_CODE_BYTES,
    MAX_DETAIL_BYTES, MAX_MESSAGE_BYTES, MAX_PAGE_BYTES, Refusal, RefusalCode, Request, Response, RunInfo, RunList,
    RunNumber, Status, append_file_head, chunk_head, encode_request, encode_response, result_head, write_file_head,
};

use crate::bytes::{field, framed, hex};
use crate::seen::{Seen, requests, responses};

fn entry(name: String) -> ListEntry {
    ListEntry { name, kind: FileKind::File, size: u64::MAX }
}

#[test]
fn pages_together_are_the_whole_directory_and_each_fits_into_a_reply() {
    let names: Vec<String> = (0..3000).map(|i| format!("{i:0>40}")).rev().collect();
    let (mut after, mut listed, mut pages) = (None, Vec::new(), 0);
    loop {
        let page = Listing::page(names.iter().cloned().map(entry), after.as_deref());
        let reply = encode_response(&Response::Success(Content::Listing(page.clone()))).unwrap();
        assert!(reply.len() < MAX_PAGE_BYTES + 128);
        assert_eq!(responses(&reply), [Seen::Message(Response::Success(Content::Listing(page.clone())))]);
        listed.extend(page.entries().iter().map(|entry| entry.name.clone()));
        pages += 1;
        match page.next() {
            Some(next) => after = Some(next.to_owned()),
            None => break,
        }
    }
    assert!(pages > 2, "the test lists more than two pages");
    assert!(listed.iter().eq(names.iter().rev()), "each once, by name");
}

#[test]
fn every_name_fits_into_a_page_so_that_listing_ends() {
    let long = "a".repeat(veracruz_policy::MAX_PATH_BYTES);
    let (entries, next) = Listing::page([entry(long.clone())], None).into_parts();
    assert_eq!((entries, next), (vec![entry(long)], None));
    assert_eq!(Listing::page([], Some("x")), Listing::default());
}

#[test]
fn a_list_of_runs_says_when_it_is_cut() {
    let run = |n| RunInfo { run: RunNumber::new(n), program: "/p".repeat(500), elapsed_ms: n };
    let few = RunList::page((0..3).map(run));
    assert_eq!((few.runs().len(), few.is_cut()), (3, false));
    let many = RunList::page((0..100).map(run));
    assert!(many.is_cut() && many.runs().len() > 10);
    let reply = encode_response(&Response::Success(Content::Runs(many.clone()))).unwrap();
    assert_eq!(responses(&reply), [Seen::Message(Response::Success(Content::Runs(many)))]);
}

#[test]
fn a_payload_that_no_message_can_hold_is_refused_before_a_byte_is_sent() {
    let largest = MAX_MESSAGE_BYTES - 20;
    for payload in [MAX_MESSAGE_BYTES, 1 << 31, 1 << 63, u64::MAX] {
        let refused = EncodeError::PayloadTooLarge { payload };
        assert_eq!(write_file_head("/a", payload), Err(refused));
        assert_eq!(append_file_head("/a", payload), Err(refused));
        assert_eq!(result_head(payload), Err(refused));
        assert_eq!(chunk_head(ChunkInfo::default(), payload), Err(refused));
        assert_eq!(Failure::from(refused).code(), "message-too-large");
    }
    // The length in front counts the payload.
    let head = write_file_head("/a", largest).unwrap();
    assert_eq!(head[..8], (head.len() as u64 - 8 + largest).to_be_bytes());
}

#[test]
fn a_name_that_no_peer_takes_is_not_sent() {
    let name = "a".repeat(1 << 17);
    assert_eq!(write_file_head(&name, 1).unwrap_err().code(), "control-too-large");
    let error = encode_request(&Request::ReadFile { name }).unwrap_err();
    assert_eq!(error.code(), "control-too-large");
    assert!(error.to_string().contains("131"), "{error}");
}

#[test]
fn a_timeout_is_never_shortened_on_the_wire() {
    for (timeout, milliseconds) in [
        (Duration::ZERO, 1),
        (Duration::from_nanos(1), 1),
        (Duration::from_millis(5), 5),
        (Duration::from_micros(5001), 6),
        (Duration::MAX, u64::MAX),
    ] {
        let options = ComputeOptions { timeout: Some(timeout), run: None };
        let bytes = encode_request(&Request::Compute { program: "/p".to_owned(), options }).unwrap();
        let options = ComputeOptions { timeout: Some(Duration::from_millis(milliseconds)), run: None };
        assert_eq!(requests(&bytes), [Seen::Message(Request::Compute { program: "/p".to_owned(), options })]);
    }
}

#[test]
fn a_failure_is_cut_where_a_character_ends() {
    let failure = Failure::new("c".repeat(100), "ä".repeat(MAX_DETAIL_BYTES) + "x");
    assert_eq!((failure.code().len(), failure.detail().len()), (MAX_CODE_BYTES, MAX_DETAIL_BYTES));
    let odd = Failure::new("c", "x".to_owned() + &"ä".repeat(MAX_DETAIL_BYTES));
    assert_eq!(odd.detail().len(), MAX_DETAIL_BYTES - 1);
    let reply = encode_response(&Response::Failure(failure.clone())).unwrap();
    assert_eq!(responses(&reply), [Seen::Message(Response::Failure(failure))]);
}

#[test]
fn a_failure_shows_the_status_first_and_no_control_characters() {
    let failure = Failure::new("a\x1bb", "one\x1b[2J\r\n\ttwo");
    assert_eq!(failure.to_string(), "FAILED_INVALID_REQUEST (a\\u{1b}b): one\\u{1b}[2J\\r\n\ttwo");
    assert_eq!(failure.status(), Status::FailedInvalidRequest);
}

#[test]
fn every_refusal_has_its_own_name() {
    let mut codes: Vec<_> = RefusalCode::ALL.iter().map(|code| code.code()).collect();
    assert!(codes.iter().all(|code| code.chars().all(|c| c.is_ascii_lowercase() || c == '-')));
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), RefusalCode::ALL.len());
}

#[test]
fn a_refusal_becomes_the_failure_that_tells_the_peer() {
    let seen = requests(&framed(&field(13, &hex("0a 01 07"))));
    let [Seen::Refused(refusal)] = seen.as_slice() else { panic!("{seen:?}") };
    let refusal: &Refusal = refusal;
    let failure = Failure::from(refusal);
    assert_eq!((failure.code(), failure.status()), ("bad-nonce", Status::FailedInvalidRequest));
    assert_eq!(failure.detail(), "the nonce has 1 bytes, send 32 fresh random ones");
}
