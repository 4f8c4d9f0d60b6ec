//! Files on their way to CCFaaS.

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use veracruz_client::rest::CcfaasClient;

use crate::stand_in::{Script, StandIn, problem, response};

fn loaded() -> Script {
    Script::Answer(response("200 OK", "text/html", "<p>function loaded!</p>"))
}

#[tokio::test]
async fn a_file_is_sent_as_raw_bytes_of_a_known_length() {
    let content = b"\0asm\x01\0\0\0";
    for (program, path) in [(true, "program"), (false, "data_file")] {
        let mut stand_in = StandIn::start(loaded()).await;
        let client = CcfaasClient::new(stand_in.service());
        match program {
            true => client.upload_program("vod", "/a", 8, &content[..]).await.unwrap(),
            false => client.upload_data_file("vod", "/a", 8, &content[..]).await.unwrap(),
        }
        let request = stand_in.request().await;
        assert_eq!(request.line(), format!("POST /function/vod/{path}/L2E%3D"));
        assert_eq!(request.header("content-length"), Some("8"));
        assert_eq!(request.header("transfer-encoding"), None);
        assert_eq!(request.body, content);
    }
}

#[tokio::test]
async fn an_empty_file_is_a_file() {
    let mut stand_in = StandIn::start(loaded()).await;
    CcfaasClient::new(stand_in.service()).upload_program("vod", "/a", 0, tokio::io::empty()).await.unwrap();
    assert_eq!(stand_in.request().await.header("content-length"), Some("0"));
}

#[tokio::test]
async fn a_large_file_streams() {
    const LENGTH: u64 = 40 << 20;
    let mut stand_in = StandIn::start(loaded()).await;
    let client = CcfaasClient::new(stand_in.service());
    client.upload_data_file("vod", "/a", LENGTH, tokio::io::repeat(7)).await.unwrap();
    assert_eq!(stand_in.request().await.body.len() as u64, LENGTH, "and nothing beyond the announced length");
}

#[tokio::test]
async fn a_file_that_is_shorter_than_announced_is_not_loaded() {
    let mut stand_in = StandIn::start(loaded()).await;
    let error =
        CcfaasClient::new(stand_in.service()).upload_program("vod", "/a", 9, &b"12345678"[..]).await.unwrap_err();
    assert_eq!(error.code(), "source-unreadable");
    assert!(error.to_string().contains("1 bytes before"), "{error}");
    assert!(!stand_in.was_asked(), "the service never sees a whole request");
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_told_as_that() {
    let stand_in = StandIn::start(loaded()).await;
    let disk = io::Error::new(io::ErrorKind::PermissionDenied, "the disk is gone");
    let reader = (&b"1234"[..]).chain(Failing(Some(disk)));
    let error = CcfaasClient::new(stand_in.service()).upload_program("vod", "/a", 8, reader).await.unwrap_err();
    assert_eq!(error.code(), "source-unreadable");
    assert!(error.to_string().contains("the disk is gone"), "{error}");
}

/// A reader that fails.
struct Failing(Option<io::Error>);

impl tokio::io::AsyncRead for Failing {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        _: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        std::task::Poll::Ready(Err(self.0.take().expect("it is read once")))
    }
}

#[tokio::test]
async fn a_refusal_comes_through_before_the_file_is_sent() {
    let Script::Answer(refusal) = problem("413 Content Too Large", r#"{"status": 413, "code": "file-too-large"}"#)
    else {
        unreachable!("a problem is an answer")
    };
    let mut stand_in = StandIn::start(Script::AnswerEarly(refusal)).await;
    let client = CcfaasClient::new(stand_in.service());
    // The file never ends: only the refusal can end the call.
    let (mut writer, reader): (DuplexStream, DuplexStream) = tokio::io::duplex(64);
    let error = client.upload_program("vod", "/a", 1 << 30, reader).await.unwrap_err();
    assert_eq!((error.code(), error.status()), ("file-too-large", Some(413)));
    assert_eq!(stand_in.request().await.header("content-length"), Some("1073741824"));
    let _ = writer.shutdown().await;
}
