//! An S3 server whose objects are made up as they are asked for, and misbehave as a test wants it.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};

use futures_util::stream::{self, Stream};
use hyper::body::Bytes;
use hyper::header::HeaderValue;
use hyper::{HeaderMap, StatusCode};
use s3s::dto::{ETag, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput, IfMatch, StreamingBlob};
use s3s::{S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result, s3_error};
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

/// The bucket that there is.
pub(crate) const BUCKET: &str = "bucket";

const CHUNK: u64 = 64 * 1024;

/// An object.
#[derive(Clone, Debug)]
pub(crate) struct Thing {
    /// Bytes that it has and announces.
    pub(crate) length: u64,
    /// The content of each request's answer; the last one is for all that come after.
    pub(crate) generations: Vec<u8>,
    /// Where its body ends or waits.
    pub(crate) ends: Ends,
    /// The server compares `If-Match`.
    pub(crate) compares: bool,
    /// Each request is refused so.
    pub(crate) refusal: Option<S3ErrorCode>,
    /// Only requests that are signed for this region get it.
    pub(crate) region: Option<&'static str>,
    /// Only requests with this session token get it.
    pub(crate) token: Option<&'static str>,
    /// The checksum (CRC-32 in base64) that the server has of it.
    pub(crate) checksum: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub(crate) enum Ends {
    /// With its length.
    Well,
    /// Each answer after so many bytes.
    Short(u64),
    /// At this byte it waits until it is released.
    Waits(u64, Arc<Gate>),
    /// Without having announced a length.
    Unannounced,
}

/// Where a test and a body meet.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    /// The body has come to its place.
    pub(crate) reached: CancellationToken,
    /// It may go on.
    pub(crate) released: CancellationToken,
    /// It was dropped.
    pub(crate) gone: CancellationToken,
}

impl Thing {
    pub(crate) fn new(length: u64) -> Self {
        Thing {
            length,
            generations: vec![1],
            ends: Ends::Well,
            compares: true,
            refusal: None,
            region: None,
            token: None,
            checksum: None,
        }
    }

    /// SHA-256 of its first content.
    pub(crate) fn sha256(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        let mut offset = 0;
        while offset < self.length {
            let piece = piece(self.generations[0], offset, self.length);
            offset += piece.len() as u64;
            hash.update(piece);
        }
        hash.finalize().into()
    }

    /// One that waits in the middle.
    pub(crate) fn waiting(length: u64) -> (Self, Arc<Gate>) {
        let gate = Arc::new(Gate::default());
        (Thing { ends: Ends::Waits(length / 2, gate.clone()), ..Thing::new(length) }, gate)
    }
}

/// The bytes from `offset` to the next multiple of [`CHUNK`]: the chunk's number, and then the seed.
fn piece(seed: u8, offset: u64, end: u64) -> Bytes {
    let index = offset / CHUNK;
    let mut chunk = vec![seed; CHUNK as usize];
    chunk[..8].copy_from_slice(&index.to_le_bytes());
    let last = (end - index * CHUNK).min(CHUNK);
    Bytes::from(chunk).slice((offset % CHUNK) as usize..last as usize)
}

/// The server.
#[derive(Clone, Default)]
pub(crate) struct Made(Arc<Mutex<HashMap<String, (Thing, usize)>>>);

impl Made {
    pub(crate) fn with(things: impl IntoIterator<Item = (&'static str, Thing)>) -> Self {
        let things = things.into_iter().map(|(key, thing)| (key.to_owned(), (thing, 0)));
        Made(Arc::new(Mutex::new(things.collect())))
    }

    /// Requests that an object has answered.
    pub(crate) fn requests(&self, key: &str) -> usize {
        self.0.lock().unwrap()[key].1
    }

    /// The object and what it contains for this request, if the request may have it.
    fn find<T>(
        &self,
        request: &S3Request<T>,
        bucket: &str,
        key: &str,
        wanted: Option<&IfMatch>,
    ) -> S3Result<(Thing, u8)> {
        if bucket != BUCKET {
            return Err(s3_error!(NoSuchBucket));
        }
        let mut things = self.0.lock().unwrap();
        let (thing, requests) = things.get_mut(key).ok_or(s3_error!(NoSuchKey))?;
        let seed = *thing.generations.get(*requests).or(thing.generations.last()).unwrap();
        if let Some(region) = thing.region
            && request.region.as_ref().map(|region| region.as_str()) != Some(region)
        {
            return Err(elsewhere(region));
        }
        *requests += 1;
        if let Some(code) = &thing.refusal {
            return Err(S3Error::new(code.clone()));
        }
        let token = request.headers.get("x-amz-security-token").map(|token| token.to_str().unwrap());
        if thing.token != token {
            return Err(s3_error!(InvalidToken));
        }
        let other = wanted.and_then(IfMatch::as_etag).is_some_and(|wanted| *wanted != etag(seed));
        if other && thing.compares {
            return Err(s3_error!(PreconditionFailed));
        }
        Ok((thing.clone(), seed))
    }
}

fn etag(seed: u8) -> ETag {
    ETag::Strong(format!("content-{seed}"))
}

fn elsewhere(region: &'static str) -> S3Error {
    let mut error = s3_error!(PermanentRedirect);
    error.set_status_code(StatusCode::MOVED_PERMANENTLY);
    error.set_headers(HeaderMap::from_iter([(
        "x-amz-bucket-region".parse().unwrap(),
        HeaderValue::from_static(region),
    )]));
    error
}

#[async_trait::async_trait]
impl S3 for Made {
    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let input = &request.input;
        let (thing, seed) = self.find(&request, &input.bucket, &input.key, input.if_match.as_ref())?;
        let range = input.range.map(|range| range.check(thing.length).unwrap());
        let span = range.clone().unwrap_or(0..thing.length);
        let content_range = range.map(|range| format!("bytes {}-{}/{}", range.start, range.end - 1, thing.length));
        let announced = !matches!(thing.ends, Ends::Unannounced);
        let checksum = thing.checksum.filter(|_| input.checksum_mode.is_some() && content_range.is_none());
        Ok(S3Response::new(GetObjectOutput {
            content_length: announced.then_some((span.end - span.start) as i64),
            content_range,
            e_tag: Some(etag(seed)),
            checksum_crc32: checksum.map(str::to_owned),
            body: Some(StreamingBlob::wrap(body(seed, span, thing.ends))),
            ..GetObjectOutput::default()
        }))
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = &request.input;
        let (thing, seed) = self.find(&request, &input.bucket, &input.key, input.if_match.as_ref())?;
        Ok(S3Response::new(HeadObjectOutput {
            content_length: Some(thing.length as i64),
            e_tag: Some(etag(seed)),
            ..HeadObjectOutput::default()
        }))
    }
}

/// Tells its gate when the body goes.
struct Held(Option<Arc<Gate>>);

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(gate) = &self.0 {
            gate.gone.cancel();
        }
    }
}

fn body(seed: u8, span: std::ops::Range<u64>, ends: Ends) -> impl Stream<Item = io::Result<Bytes>> + Send + Sync {
    let held = match &ends {
        Ends::Waits(_, gate) => Held(Some(gate.clone())),
        _ => Held(None),
    };
    stream::unfold((span.start, held), move |(offset, held)| {
        let ends = ends.clone();
        async move {
            let stop = match &ends {
                Ends::Short(bytes) => span.end.min(span.start + *bytes),
                Ends::Waits(at, _) if offset < *at => span.end.min(*at),
                _ => span.end,
            };
            if let Ends::Waits(at, gate) = &ends
                && offset == *at
            {
                gate.reached.cancel();
                gate.released.cancelled().await;
            }
            let next = piece(seed, offset, stop.max(offset));
            (offset < stop).then(|| (Ok(next.clone()), (offset + next.len() as u64, held)))
        }
    })
}
