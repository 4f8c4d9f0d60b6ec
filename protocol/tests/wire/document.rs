//! The examples of `docs/PROTOCOL.md` are the bytes that this crate writes and reads.

use crate::bytes::{framed, hex};
use crate::golden;
use crate::seen::{Seen, requests, responses};

const DOCUMENT: &str = include_str!("../../../docs/PROTOCOL.md");

/// The whole messages of the blocks that follow a heading, by their arrows: `>` goes to the server, `<` to the client.
fn examples() -> Vec<(bool, String, Vec<u8>)> {
    let blocks = DOCUMENT.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix("text\n"));
    let lines = blocks.flat_map(str::lines).filter_map(|line| {
        let to_server = line.starts_with("> ");
        let rest = line.strip_prefix("> ").or_else(|| line.strip_prefix("< "))?;
        let (bytes, what) = rest.split_once("  ").expect("two blanks before the words");
        Some((to_server, what.trim().to_owned(), hex(bytes)))
    });
    lines.collect()
}

#[test]
fn each_example_is_one_message_that_is_read() {
    let examples = examples();
    assert!(examples.len() >= 16, "the document lost its examples: {}", examples.len());
    for (to_server, what, bytes) in examples {
        if to_server {
            assert!(matches!(requests(&bytes)[..], [Seen::Message(_) | Seen::Carrier(..)]), "{what}");
        } else {
            assert!(matches!(responses(&bytes)[..], [Seen::Message(_) | Seen::Carrier(..)]), "{what}");
        }
    }
}

#[test]
fn examples_are_written_as_we_write() {
    let requests = golden::small_requests().into_iter().map(|(_, body)| body);
    let uploads = golden::uploads().into_iter().map(|(_, _, body)| body);
    let responses = golden::small_responses().into_iter().map(|(_, body)| body);
    let downloads = golden::downloads().into_iter().map(|(_, _, body)| body);
    let ours: Vec<_> = requests.chain(uploads).chain(responses).chain(downloads).map(|body| framed(&body)).collect();
    let exit_code = framed(&hex("08 01 22 06 0a 04 04030201"));
    for (_, what, bytes) in examples() {
        assert!(ours.contains(&bytes) || bytes == exit_code, "{what} is not among the messages that the tests write");
    }
}

#[test]
fn every_number_of_the_document_is_a_limit_of_the_code() {
    for (name, value) in [
        ("MAX_MESSAGE_BYTES", veracruz_protocol::MAX_MESSAGE_BYTES),
        ("MAX_CONTROL_BYTES", veracruz_protocol::MAX_CONTROL_BYTES as u64),
        ("MAX_PAGE_BYTES", veracruz_protocol::MAX_PAGE_BYTES as u64),
        ("MAX_DETAIL_BYTES", veracruz_protocol::MAX_DETAIL_BYTES as u64),
        ("MAX_CODE_BYTES", veracruz_protocol::MAX_CODE_BYTES as u64),
        ("MAX_PATH_BYTES", veracruz_policy::MAX_PATH_BYTES as u64),
    ] {
        let row = DOCUMENT.lines().find(|line| line.contains(&format!("`{name}`"))).expect(name);
        assert!(row.replace(',', "").contains(&value.to_string()), "{name} is {value}: {row}");
    }
}

#[test]
fn every_refusal_of_the_code_stands_in_the_document() {
    for code in veracruz_protocol::RefusalCode::ALL {
        assert!(DOCUMENT.contains(&format!("`{}`", code.code())), "{}", code.code());
    }
}
