//! A service that is none: it reads requests, keeps them, and answers from a script.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_rustls::TlsAcceptor;
use veracruz_client::rest::Service;

/// What the service does with each request.
#[derive(Clone)]
pub(crate) enum Script {
    /// Reads all of it and answers with these bytes.
    Answer(Vec<u8>),
    /// Answers with these bytes when it has read the head.
    AnswerEarly(Vec<u8>),
    /// Answers with the first bytes, and with the second ones for ever.
    Endless(Vec<u8>, Vec<u8>),
    /// Begins an answer, and keeps the connection without another byte.
    Stall(Vec<u8>),
}

/// A request as it came.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap().strip_suffix(" HTTP/1.1").unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// A running one.
pub(crate) struct StandIn {
    pub(crate) port: u16,
    requests: UnboundedReceiver<Request>,
}

impl StandIn {
    pub(crate) async fn start(script: Script) -> Self {
        Self::run(script, None).await
    }

    pub(crate) async fn start_tls(script: Script, config: Arc<rustls::ServerConfig>) -> Self {
        Self::run(script, Some(TlsAcceptor::from(config))).await
    }

    pub(crate) async fn json(body: &str) -> Self {
        Self::start(Script::Answer(response("200 OK", "application/json", body))).await
    }

    pub(crate) fn service(&self) -> Service {
        Service::at(&format!("http://127.0.0.1:{}", self.port)).unwrap()
    }

    pub(crate) async fn request(&mut self) -> Request {
        self.requests.recv().await.unwrap()
    }

    pub(crate) fn was_asked(&mut self) -> bool {
        self.requests.try_recv().is_ok()
    }

    async fn run(script: Script, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, requests) = unbounded_channel();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (script, sender, tls) = (script.clone(), sender.clone(), tls.clone());
                tokio::spawn(async move {
                    let keep = |request| drop(sender.send(request));
                    match tls {
                        None => converse(socket, &script, keep).await,
                        Some(tls) => match tls.accept(socket).await {
                            Ok(stream) => converse(stream, &script, keep).await,
                            Err(_) => None,
                        },
                    }
                });
            }
        });
        StandIn { port, requests }
    }
}

/// A response that is whole.
pub(crate) fn response(status: &str, kind: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
}

/// A problem as our services answer it.
pub(crate) fn problem(status: &str, body: &str) -> Script {
    Script::Answer(response(status, "application/problem+json", body))
}

/// One request, and what the script says; `None` when the client went away.
async fn converse(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    script: &Script,
    keep: impl Fn(Request),
) -> Option<()> {
    let mut bytes = Vec::new();
    let end = loop {
        stream.read_buf(&mut bytes).await.ok().filter(|read| *read > 0)?;
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let mut request = Request { head: String::from_utf8(bytes[..end].to_vec()).unwrap(), body: bytes[end..].to_vec() };
    let length = request.header("content-length").map_or(0, |length| length.parse::<usize>().unwrap());
    if !matches!(script, Script::AnswerEarly(_)) {
        while request.body.len() < length {
            stream.read_buf(&mut request.body).await.ok().filter(|read| *read > 0)?;
        }
    }
    keep(request);
    match script {
        Script::Stall(bytes) => stream.write_all(bytes).await.ok()?,
        Script::Answer(bytes) | Script::AnswerEarly(bytes) => {
            stream.write_all(bytes).await.ok()?;
            stream.shutdown().await.ok()?;
        }
        Script::Endless(first, again) => {
            stream.write_all(first).await.ok()?;
            loop {
                stream.write_all(again).await.ok()?;
            }
        }
    }
    // A socket that is closed with unread bytes is reset, and a reset takes the answer with it.
    tokio::io::copy(&mut stream, &mut tokio::io::sink()).await.ok().map(drop)
}
