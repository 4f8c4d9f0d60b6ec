//! One copy, from the first connection to the last acknowledgement.
//!
//! The instance comes first: what it does not want is never fetched. Dropped or failed before its last piece went out,
//! a copy leaves nothing in the instance: a file appears there when its last byte has come. After that only the instance
//! knows.

use std::io;
use std::sync::Arc;
use std::task::{Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::poll_fn;
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncRead;
use tokio::sync::mpsc;
use tokio_util::io::StreamReader;
use tokio_util::task::AbortOnDropHandle;
use veracruz_client::{Error, Progress, Session, Transfer};
use veracruz_rest::Copied;

use crate::course::Course;
use crate::error::CopyError;
use crate::object::Object;
use crate::order::Order;
use crate::pace::Pace;
use crate::settings::Limits;
use crate::storage::{Source, StorageError};

/// Pieces of an object that wait between S3 and the instance. The HTTP library makes them of at most 400 KiB or so, so
/// they take some megabytes, and bridge the time that either side needs to catch its breath.
const PIECES_AHEAD: usize = 16;

/// How long the farewell to an instance may take; what it acknowledged counts without one.
const FAREWELL: Duration = Duration::from_secs(2);

/// Copies the object into the instance; `course` is told how far it is.
pub(crate) async fn transfer(order: Order, course: Arc<Course>, limits: &Limits) -> Result<Copied, CopyError> {
    let Order { client, remote, name } = order;
    let source = remote.source().clone();
    let mut session = client.connect().await.map_err(CopyError::connecting)?;
    let object = Object::open(remote, course.clone()).await.map_err(|error| CopyError::storage(&source, error))?;
    let length = object.length();
    if length > limits.object_bytes {
        return Err(CopyError::TooLarge { length, limit: limits.object_bytes });
    }
    course.announce(length);
    let (reader, pump) = pump(object, course.clone()).await.map_err(|error| CopyError::storage(&source, error))?;
    let upload = Upload { name: &name, source: &source, course: &course, length, stall: limits.stall };
    upload.run(&mut session, reader).await?;
    let sha256 = pump.await.ok().flatten().ok_or(CopyError::Internal)?;
    // Bounded, and its outcome does not matter: the file is acknowledged.
    let _ = tokio::time::timeout(FAREWELL, session.close()).await;
    Ok(Copied { bytes: length, sha256 })
}

struct Upload<'a> {
    name: &'a str,
    source: &'a Source,
    course: &'a Course,
    length: u64,
    stall: Duration,
}

impl Upload<'_> {
    async fn run(&self, session: &mut Session, reader: impl AsyncRead + Send + Unpin) -> Result<(), CopyError> {
        let mut advance = |progress: Progress| self.course.advance(progress.done);
        let transfer = Transfer::new().length(self.length).progress(&mut advance);
        let pace = Pace::new(self.stall);
        tokio::select! {
            sent = session.upload(self.name, pace.watch(reader), transfer) => sent.map(drop).map_err(|error| self.failed(error)),
            () = pace.lost() => Err(CopyError::stalled(self.stall, self.course.has_departed())),
        }
    }

    /// What S3 says comes through the SDK as the reader's own failure.
    fn failed(&self, error: Error) -> CopyError {
        match error {
            Error::Source { source, .. } => match source.into_inner().map(|inner| inner.downcast::<StorageError>()) {
                Some(Ok(error)) => CopyError::storage(self.source, *error),
                _ => CopyError::Internal,
            },
            error => CopyError::uploading(error, self.course.has_departed()),
        }
    }
}

/// The digest of what went through, if all of it did.
type Pump = AbortOnDropHandle<Option<String>>;

/// Fetches and hashes the object in a task of its own, which ends with the handle, while the reader's user encrypts.
///
/// The first piece is fetched before: an empty object must be confirmed before anything is said to the instance, because
/// its upload would not read at all.
async fn pump(mut object: Object, course: Arc<Course>) -> Result<(impl AsyncRead + Send + Unpin, Pump), StorageError> {
    let mut left = object.length();
    let first = object.next().await?;
    if left == 0 {
        course.depart();
    }
    let (sender, mut pieces) = mpsc::channel(PIECES_AHEAD);
    let pump = AbortOnDropHandle::new(tokio::spawn(fetch(object, first, sender)));
    let reader = StreamReader::new(poll_fn(move |cx| {
        let piece = ready!(pieces.poll_recv(cx));
        if let Some(Ok(piece)) = &piece {
            left = left.saturating_sub(piece.len() as u64);
            if left == 0 {
                course.depart();
            }
        }
        Poll::Ready(piece)
    }));
    Ok((reader, pump))
}

async fn fetch(mut object: Object, first: Option<Bytes>, pieces: mpsc::Sender<io::Result<Bytes>>) -> Option<String> {
    let mut hash = Sha256::new();
    let mut next = first;
    while let Some(piece) = next {
        hash.update(&piece);
        // The reader is gone when the instance refused.
        pieces.send(Ok(piece)).await.ok()?;
        next = match object.next().await {
            Ok(next) => next,
            Err(error) => {
                pieces.send(Err(io::Error::other(error))).await.ok()?;
                return None;
            }
        };
    }
    Some(hex::encode(hash.finalize()))
}
