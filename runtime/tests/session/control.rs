//! The channel between an enclave and its host.

use tokio::io::AsyncWriteExt as _;
use veracruz_policy::Sha256Digest;
use veracruz_runtime::control::{Control, ControlError, receive, send};

fn messages() -> Vec<Control> {
    vec![
        Control::Start("a policy".to_owned()),
        Control::StartSelfSigned(String::new()),
        Control::Stop,
        Control::NeedNonce,
        Control::Nonce([3; 32]),
        Control::Apply { evidence: vec![1; 5000], csr: vec![2; 300], policy_hash: Sha256Digest::of(b"policy") },
        Control::Chain(vec![vec![4; 900], vec![5; 400]]),
        Control::Chain(vec![]),
        Control::Refused("no".to_owned()),
        Control::Serving,
        Control::Ended,
        Control::Failed("why".to_owned()),
    ]
}

#[tokio::test]
async fn messages_arrive_as_they_were_sent() {
    let (mut host, mut enclave) = tokio::io::duplex(64);
    let sending = tokio::spawn(async move {
        for message in messages() {
            send(&mut host, &message).await.unwrap();
        }
    });
    for expected in messages() {
        assert_eq!(receive(&mut enclave).await.unwrap(), expected);
    }
    sending.await.unwrap();
    assert!(matches!(receive(&mut enclave).await, Err(ControlError::Io(_))), "the end of the channel");
}

#[tokio::test]
async fn messages_that_are_cut_are_errors_at_every_length() {
    for message in messages() {
        let mut whole = Vec::new();
        send(&mut whole, &message).await.unwrap();
        for end in 0..whole.len() {
            let cut = receive(&mut &whole[..end]).await;
            assert!(matches!(cut, Err(ControlError::Io(_))), "{message:?} cut at {end}");
        }
    }
}

#[tokio::test]
async fn what_is_no_message_is_refused_before_it_is_held() {
    let framed = |body: &[u8]| [&(body.len() as u32).to_be_bytes(), body].concat();
    for (what, bytes) in [
        ("no kind", framed(b"")),
        ("an unknown kind", framed(&[99])),
        ("a missing field", framed(&[1])),
        ("a field too many", framed(&[3, 0, 0, 0, 0])),
        ("a field longer than the message", framed(&[1, 0, 0, 0, 9, 7])),
        ("a nonce of another length", framed(&[5, 0, 0, 0, 1, 7])),
        ("text that is no UTF-8", framed(&[1, 0, 0, 0, 1, 0xff])),
        ("a chain without end", framed(&[[7].as_slice(), &[0; 4 * 9]].concat())),
    ] {
        let found = receive(&mut bytes.as_slice()).await;
        assert!(matches!(found, Err(ControlError::Malformed(_))), "{what}: {found:?}");
    }
    let (mut host, mut enclave) = tokio::io::duplex(64);
    host.write_all(&u32::MAX.to_be_bytes()).await.unwrap();
    assert!(matches!(receive(&mut enclave).await, Err(ControlError::TooLong(_))));
}
