//! An object on its way: piece by piece, across connections that break, and never another object's bytes.
//!
//! The last piece is handed out only when S3 has ended the object well, has confirmed that it is still the same one, and
//! the copy was not called off. Without the last piece the instance keeps nothing.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;

use crate::course::Course;
use crate::storage::{Remote, StorageError, Version};

/// How often one copy takes up a broken connection again.
const RESUMES: u32 = 8;

/// The pause before that; it grows with each time.
const PAUSE: Duration = Duration::from_millis(50);

/// An object of which some bytes have come.
pub(crate) struct Object {
    remote: Remote,
    course: Arc<Course>,
    version: Version,
    body: ByteStream,
    offset: u64,
    resumes: u32,
}

impl Object {
    /// Asks for the whole object.
    pub(crate) async fn open(mut remote: Remote, course: Arc<Course>) -> Result<Self, StorageError> {
        let part = remote.open().await?;
        let (version, body) = (part.version, part.body);
        Ok(Object { remote, course, version, body, offset: 0, resumes: 0 })
    }

    /// Bytes of the whole object.
    pub(crate) fn length(&self) -> u64 {
        self.version.length
    }

    /// The next bytes; `None` behind the last ones. An empty object has no bytes, and is confirmed all the same.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, StorageError> {
        if self.offset == self.version.length && self.offset > 0 {
            return Ok(None);
        }
        let piece = if self.offset < self.version.length { self.piece().await? } else { Bytes::new() };
        self.offset += piece.len() as u64;
        if self.offset < self.version.length {
            return Ok(Some(piece));
        }
        self.finish().await?;
        Ok(Some(piece).filter(|piece| !piece.is_empty()))
    }

    /// Some bytes, from the connection or from one that takes its place.
    async fn piece(&mut self) -> Result<Bytes, StorageError> {
        loop {
            match self.read().await? {
                Some(Ok(piece)) if piece.len() as u64 > self.version.length - self.offset => {
                    return Err(StorageError::Protocol("more bytes than it announced"));
                }
                Some(Ok(piece)) if piece.is_empty() => {}
                Some(Ok(piece)) => return Ok(piece),
                Some(Err(())) | None => self.resume().await?,
            }
        }
    }

    /// What the connection has. Why it broke does not matter, since what is missing is asked for anew.
    async fn read(&mut self) -> Result<Option<Result<Bytes, ()>>, StorageError> {
        let stall = self.remote.stall();
        let stalled = |_| StorageError::Stalled { seconds: stall.as_secs() };
        let read = tokio::time::timeout(stall, self.body.next()).await.map_err(stalled)?;
        Ok(read.map(|read| read.map_err(|error| tracing::debug!(%error, "S3's connection broke"))))
    }

    async fn resume(&mut self) -> Result<(), StorageError> {
        if self.resumes == RESUMES {
            return Err(StorageError::Short { at: self.offset, length: self.version.length });
        }
        self.resumes += 1;
        tokio::time::sleep(PAUSE * self.resumes).await;
        self.body = self.remote.resume(self.offset, &self.version).await?.body;
        Ok(())
    }

    /// Everything that must hold before the last piece may go out.
    async fn finish(&mut self) -> Result<(), StorageError> {
        match self.read().await? {
            None => {}
            Some(Ok(piece)) if piece.is_empty() => {}
            Some(Ok(_)) => return Err(StorageError::Protocol("more bytes than it announced")),
            // All bytes are here, so it is not the connection that the SDK complains of.
            Some(Err(())) => return Err(StorageError::Damaged),
        }
        self.remote.confirm(&self.version).await?;
        match self.course.commit() {
            true => Ok(()),
            // Whoever called it off no longer polls this.
            false => std::future::pending().await,
        }
    }
}
