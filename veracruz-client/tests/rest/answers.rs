//! Answers that are none: too long, cut, late, or of another world.

use std::time::Duration;

use veracruz_client::rest::{CcfaasClient, Error, MAX_ANSWER_BYTES};

use crate::stand_in::{Script, StandIn, response};

async fn failed(script: Script) -> Error {
    let stand_in = StandIn::start(script).await;
    CcfaasClient::new(stand_in.service()).functions(None, None).await.unwrap_err()
}

#[tokio::test]
async fn an_answer_without_end_is_given_up() {
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let error = failed(Script::Endless(head, chunk.into_bytes())).await;
    assert_eq!(error.code(), "answer-too-large");
    assert!(matches!(error, Error::TooLarge { limit: MAX_ANSWER_BYTES, .. }));
}

#[tokio::test]
async fn a_header_without_end_is_given_up() {
    let line = format!("x-a: {}\r\n", "b".repeat(100));
    let error = failed(Script::Endless(b"HTTP/1.1 200 OK\r\n".to_vec(), line.into_bytes())).await;
    assert_eq!(error.code(), "connection-lost");
}

#[tokio::test]
async fn a_cut_answer_is_no_answer() {
    for cut in ["HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"functions\": []}", "HTTP/1.1 200 O", ""] {
        let error = failed(Script::Answer(cut.as_bytes().to_vec())).await;
        assert_eq!(error.code(), "connection-lost", "{cut:?}: {error}");
        assert!(error.is_retryable());
        assert!(error.next_step().contains("before you repeat"));
    }
}

#[tokio::test]
async fn what_cannot_be_understood_is_not_repeated_in_the_error() {
    for body in ["<html>hello secret</html>", "{\"functions\": \"secret\"}", "{", "", "[\"secret\"]"] {
        let error = failed(Script::Answer(response("200 OK", "application/json", body))).await;
        assert_eq!(error.code(), "protocol", "{body}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    let error = failed(Script::Answer(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec())).await;
    assert_eq!(error.code(), "connection-lost");
}

#[tokio::test]
async fn a_service_that_falls_silent_is_given_up_in_time() {
    let begun = b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{".to_vec();
    for said in [Vec::new(), begun] {
        let stand_in = StandIn::start(Script::Stall(said)).await;
        let service = stand_in.service().timeout(Duration::from_millis(50));
        let error = CcfaasClient::new(service).functions(None, None).await.unwrap_err();
        assert_eq!(error.code(), "timeout");
    }
}
