//! An S3 server in this process whose one object is in memory: never the bottleneck.

use std::net::SocketAddr;

use futures_util::{StreamExt as _, stream};
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::dto::{ETag, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput, StreamingBlob};
use s3s::service::S3ServiceBuilder;
use s3s::{S3, S3Request, S3Response, S3Result};
use tokio::net::TcpListener;
use tokio::time::{Duration, Instant};

/// The access key's identifier and the key.
pub(crate) const KEYS: (&str, &str) = ("bench", "bench-secret-of-this-run");

/// Bytes of a piece of the body.
const PIECE: usize = 256 * 1024;

#[derive(Clone)]
struct Memory {
    length: u64,
    piece: bytes::Bytes,
    /// Bytes a second that are given, of which a network may be the reason.
    rate: Option<f64>,
}

#[async_trait::async_trait]
impl S3 for Memory {
    async fn get_object(&self, _: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let (whole, rest) = (self.length / PIECE as u64, self.length % PIECE as u64);
        let pieces = std::iter::repeat_n(self.piece.clone(), whole as usize);
        let last = (rest > 0).then(|| self.piece.slice(..rest as usize));
        let (rate, begun) = (self.rate, Instant::now());
        let body = stream::iter(pieces.chain(last)).enumerate().then(move |(index, piece)| async move {
            if let Some(rate) = rate {
                tokio::time::sleep_until(begun + Duration::from_secs_f64((index * PIECE) as f64 / rate)).await;
            }
            Ok::<_, std::io::Error>(piece)
        });
        Ok(S3Response::new(GetObjectOutput {
            content_length: Some(self.length as i64),
            e_tag: Some(ETag::Strong("bench".to_owned())),
            body: Some(StreamingBlob::wrap(body)),
            ..Default::default()
        }))
    }

    async fn head_object(&self, _: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        Ok(S3Response::new(HeadObjectOutput {
            content_length: Some(self.length as i64),
            e_tag: Some(ETag::Strong("bench".to_owned())),
            ..Default::default()
        }))
    }
}

/// Serves an object of `length` bytes under every name, for as long as this process lives: as fast as it can, or `rate`
/// bytes a second.
pub(crate) async fn serve(length: u64, rate: Option<f64>) -> SocketAddr {
    let mut service = S3ServiceBuilder::new(Memory { length, piece: vec![7; PIECE].into(), rate });
    service.set_auth(SimpleAuth::from_single(KEYS.0, KEYS.1));
    let service = service.build();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let connection =
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket), service.clone());
            tokio::spawn(connection);
        }
    });
    address
}
