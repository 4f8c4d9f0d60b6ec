//! The control channel's messages: what is written is read, and nothing else is.

use std::io;

use veracruz_policy::{MAX_DOCUMENT_BYTES, Platform, Sha256Digest};
use veracruz_runtime::control::{
    Certificates, ControlError, MAX_REASON_BYTES, Message, ToEnclave, ToHost, receive, send,
};

fn of_the_host() -> Vec<ToEnclave> {
    let start = |certificates| ToEnclave::Start { policy: "{\"ä\": 1}".to_owned(), certificates };
    vec![
        start(Certificates::FromHost),
        start(Certificates::SelfSigned),
        ToEnclave::Nonce { attempt: 7, nonce: [9; 32] },
        ToEnclave::Chain { attempt: u32::MAX, chain: vec![vec![1; 700], vec![], vec![2; 300]] },
        ToEnclave::Chain { attempt: 0, chain: vec![] },
        ToEnclave::Refused { attempt: 1, reason: "no".to_owned() },
        ToEnclave::Stop,
    ]
}

fn of_the_enclave() -> Vec<ToHost> {
    let apply = |platform| ToHost::Apply {
        attempt: 3,
        platform,
        policy_hash: Sha256Digest::of(b"policy"),
        evidence: vec![4; 16 << 10],
        csr: vec![5; 500],
    };
    vec![
        ToHost::NeedNonce { attempt: 3 },
        apply(Platform::Nitro),
        apply(Platform::Simulated),
        ToHost::Serving,
        ToHost::EndedByParticipant { id: 2 },
        ToHost::EndedByHost { cut: 1 },
        ToHost::Failed { code: "policy-not-bound".to_owned(), reason: "register 16".to_owned() },
    ]
}

async fn written<M: Message>(messages: &[M]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for message in messages {
        send(&mut bytes, message).await.unwrap();
    }
    bytes
}

async fn read<M: Message>(mut bytes: &[u8]) -> Result<Vec<M>, ControlError> {
    let mut messages = Vec::new();
    loop {
        match receive(&mut bytes).await {
            Ok(message) => messages.push(message),
            Err(ControlError::Closed) => return Ok(messages),
            Err(error) => return Err(error),
        }
    }
}

#[tokio::test]
async fn what_is_sent_is_received_in_its_order() {
    assert_eq!(read::<ToEnclave>(&written(&of_the_host()).await).await.unwrap(), of_the_host());
    assert_eq!(read::<ToHost>(&written(&of_the_enclave()).await).await.unwrap(), of_the_enclave());
}

#[tokio::test]
async fn a_message_that_is_cut_anywhere_is_an_error() {
    for message in of_the_host() {
        let bytes = written(&[message]).await;
        for length in 1..bytes.len() {
            let error = read::<ToEnclave>(&bytes[..length]).await.unwrap_err();
            assert!(
                matches!(&error, ControlError::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof),
                "{error}"
            );
        }
    }
}

#[tokio::test]
async fn a_length_past_the_bound_of_its_kind_is_refused_before_its_bytes_come() {
    let largest_policy = u32::try_from(MAX_DOCUMENT_BYTES).unwrap();
    for (kind, length) in [(1, largest_policy + 65), (1, u32::MAX), (3, 65), (4, 1 << 20), (5, 8 << 10), (6, 65)] {
        let header = [&[kind][..], &u32::to_be_bytes(length)].concat();
        assert!(matches!(read::<ToEnclave>(&header).await, Err(ControlError::TooLong { .. })), "{kind} {length}");
    }
    for kind in [65, 66, 67, 68, 69, 70] {
        let header = [&[kind][..], &u32::to_be_bytes(1 << 20)].concat();
        assert!(matches!(read::<ToHost>(&header).await, Err(ControlError::TooLong { .. })), "{kind}");
    }
}

#[tokio::test]
async fn what_is_no_message_of_the_direction_is_refused() {
    let field = |bytes: &[u8]| [&u32::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat();
    let message = |kind: u8, body: &[u8]| [&[kind][..], &field(body)].concat();
    for (what, bytes) in [
        ("no such kind", message(0, b"")),
        ("the other direction's kind", message(65, &field(&[0; 4]))),
        ("a field too few", message(3, &field(&[0; 4]))),
        ("a field too many", message(6, &field(b""))),
        ("a nonce of 31 bytes", message(3, &[field(&[0; 4]), field(&[0; 31])].concat())),
        ("a number of 3 bytes", message(5, &[field(&[0; 3]), field(b"why")].concat())),
        ("a text that is no UTF-8", message(1, &field(&[0xff]))),
        ("a field longer than the message", message(1, &[0, 0, 0, 9, b'x'])),
        ("half a length", message(1, &[0, 0])),
        ("fields without end", message(4, &field(b"").repeat(9))),
    ] {
        assert!(matches!(read::<ToEnclave>(&bytes).await, Err(ControlError::Malformed(_))), "{what}");
    }
    let other = written(&[ToEnclave::Stop]).await;
    assert!(matches!(read::<ToHost>(&other).await, Err(ControlError::Malformed(_))));
}

#[tokio::test]
async fn a_long_reason_is_cut_and_a_policy_past_the_limit_is_not_sent() {
    let reason = "ä".repeat(MAX_REASON_BYTES);
    let refused = written(&[ToEnclave::Refused { attempt: 1, reason: reason.clone() }]).await;
    let ToEnclave::Refused { reason: read, .. } = receive(&mut refused.as_slice()).await.unwrap() else { panic!() };
    assert_eq!(read, reason[..MAX_REASON_BYTES]);
    let policy = "x".repeat(MAX_DOCUMENT_BYTES + 100);
    let start = ToEnclave::Start { policy, certificates: Certificates::SelfSigned };
    let mut sent = Vec::new();
    assert!(matches!(send(&mut sent, &start).await, Err(ControlError::TooLong { .. })));
    assert!(sent.is_empty());
}
