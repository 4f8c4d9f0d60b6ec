//! HTTP on a port of this machine: servers that end with their value, and a client.

use std::net::SocketAddr;
use std::path::Path;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body, Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

/// The access key that every server here knows.
pub(crate) const ID: &str = "AKIDTEST";
/// Its secret.
pub(crate) const SECRET: &str = "a-secret-that-must-never-be-shown";

/// A server, its connections included.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    _serving: AbortOnDropHandle<()>,
}

impl Server {
    pub(crate) async fn start<S, B>(service: S) -> Self
    where
        S: hyper::service::Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send,
        S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let service = service.clone();
                connections.spawn(async move {
                    let connection = hyper::server::conn::http1::Builder::new();
                    let _ = connection.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Server { address, _serving: AbortOnDropHandle::new(serving) }
    }

    /// An S3 server in front of `storage`, which takes one access key.
    pub(crate) async fn s3(storage: impl s3s::S3) -> Self {
        let mut service = S3ServiceBuilder::new(storage);
        service.set_auth(SimpleAuth::from_single(ID, SECRET));
        Server::start(service.build()).await
    }

    /// A real S3 server: the folders of `folder` are its buckets.
    pub(crate) async fn folder(folder: &Path) -> Self {
        Server::s3(s3s_fs::FileSystem::new(folder).unwrap()).await
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Status and code of a refusal.
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{}", self.text());
        let json = self.json();
        assert_eq!(json["status"], self.status, "{json}");
        (self.status, json["code"].as_str().unwrap().to_owned())
    }
}

/// One request on a connection of its own, which ends when this is dropped.
pub(crate) async fn send(address: SocketAddr, request: Request<Full<Bytes>>) -> Answer {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    let _connection = AbortOnDropHandle::new(tokio::spawn(connection));
    let (parts, body) = sender.send_request(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}
