//! The contents of programs and data files, each under a random key, in a folder.
//!
//! Contents pass through in pieces and are hashed on the way; none is ever held whole. What is acknowledged is on the disk:
//! a content is written aside, made durable with the folder that names it, and only then told of. Which contents belong to
//! which files is the store's matter; what belongs to none is swept at the start.

use std::collections::HashSet;
use std::error::Error as StdError;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use object_store::buffered::BufReader;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt as _, WriteMultipart};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncRead;
use veracruz_policy::Sha256Digest;

use crate::store::{BlobKey, LoadedFile};

/// Bytes that are written or read at once: many times what a connection delivers at once, and little beside the hundreds
/// of connections that a daemon may have.
const PIECE_BYTES: usize = 256 * 1024;

/// Pieces of one upload that are being written while the next is filled.
const PIECES_IN_FLIGHT: usize = 1;

/// The folder of contents. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Blobs {
    objects: Arc<LocalFileSystem>,
    folder: PathBuf,
}

/// A failure of the folder: for the log, never for a client.
#[derive(Debug, thiserror::Error)]
#[error("the contents in {}: cannot {doing}: {source}", folder.display())]
pub struct BlobError {
    doing: &'static str,
    folder: PathBuf,
    source: Box<dyn StdError + Send + Sync>,
}

impl BlobError {
    /// Whether there is no space left.
    pub fn is_full(&self) -> bool {
        let mut cause: Option<&(dyn StdError + 'static)> = Some(&*self.source);
        while let Some(error) = cause {
            if error.downcast_ref::<io::Error>().is_some_and(|error| is_full(error.kind())) {
                return true;
            }
            cause = error.source();
        }
        false
    }
}

fn is_full(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Why nothing was received.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReceiveError {
    /// The sender stopped before the end.
    #[error("the body ended before its end")]
    Cut,
    /// It sent as many bytes as are too many, or more.
    #[error("the body is too large")]
    TooLarge,
    /// The folder failed.
    #[error(transparent)]
    Blob(#[from] BlobError),
}

/// A content that was received whole and is not in the folder yet. Dropped, it leaves nothing behind.
pub(crate) struct Received {
    upload: WriteMultipart,
    key: BlobKey,
    pub(crate) digest: Sha256Digest,
    pub(crate) length: u64,
}

impl Blobs {
    /// Opens the folder, or makes it.
    ///
    /// # Errors
    /// The folder cannot be made or found.
    pub fn in_folder(folder: &Path) -> Result<Self, BlobError> {
        let failed = |source| BlobError { doing: "open the folder", folder: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(|error| failed(error.into()))?;
        let objects = LocalFileSystem::new_with_prefix(folder).map_err(|error| failed(error.into()))?;
        Ok(Blobs { objects: Arc::new(objects.with_fsync(true)), folder: folder.to_owned() })
    }

    /// Takes in a content of less than `limit` bytes.
    pub(crate) async fn receive<E>(
        &self,
        body: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin),
        limit: u64,
    ) -> Result<Received, ReceiveError> {
        let key = BlobKey::random();
        let begun = self.objects.put_multipart(&location(key)).await;
        let begun = begun.map_err(|error| self.failed("begin a content", error))?;
        let mut upload = WriteMultipart::new_with_chunk_size(begun, PIECE_BYTES);
        match self.copy(body, limit, &mut upload).await {
            Ok((digest, length)) => Ok(Received { upload, key, digest, length }),
            Err(error) => {
                discard(upload).await;
                Err(error)
            }
        }
    }

    async fn copy<E>(
        &self,
        body: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin),
        limit: u64,
        upload: &mut WriteMultipart,
    ) -> Result<(Sha256Digest, u64), ReceiveError> {
        let (mut hash, mut length) = (Sha256::new(), 0_u64);
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(|_| ReceiveError::Cut)?;
            length = length.saturating_add(piece.len() as u64);
            if length >= limit {
                return Err(ReceiveError::TooLarge);
            }
            hash.update(&piece);
            let room = upload.wait_for_capacity(PIECES_IN_FLIGHT).await;
            room.map_err(|error| self.failed("write a content", error))?;
            upload.write(&piece);
        }
        let digest: [u8; 32] = hash.finalize().into();
        Ok((digest.into(), length))
    }

    /// Puts a received content into the folder; when this returns it survives a crash.
    pub(crate) async fn keep(&self, received: Received, path: &str) -> Result<LoadedFile, BlobError> {
        let Received { upload, key, length, .. } = received;
        upload.finish().await.map_err(|error| self.failed("finish a content", error))?;
        Ok(LoadedFile { path: path.to_owned(), blob: key, length })
    }

    /// Reads a content from its begin, in pieces.
    ///
    /// # Errors
    /// The content is not there, or cannot be read.
    pub async fn open(&self, key: BlobKey) -> io::Result<impl AsyncRead + Send + Unpin + use<>> {
        let found = self.objects.head(&location(key)).await?;
        let objects: Arc<dyn ObjectStore> = self.objects.clone();
        Ok(BufReader::with_capacity(objects, &found, PIECE_BYTES))
    }

    /// Removes a content. One that is not there is fine; one that cannot be removed is swept at the next start.
    pub(crate) async fn remove(&self, key: BlobKey) {
        match self.objects.delete(&location(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => tracing::warn!(%error, "a content that nobody needs could not be removed"),
        }
    }

    /// Removes everything that is not in `known`: contents without a file, and what was being written when a process
    /// ended. Only for the start: an upload under way would be lost. Blocks for as long as the disk takes.
    ///
    /// # Errors
    /// The folder cannot be read, or what lies in it cannot be removed.
    pub(crate) fn sweep(&self, known: &HashSet<BlobKey>) -> Result<usize, BlobError> {
        let failed = |error: io::Error| self.failed("sweep the folder", error);
        let mut swept = 0;
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let key = entry.file_name().to_str().and_then(|name| name.parse().ok());
            if key.is_none_or(|key| !known.contains(&key)) && entry.file_type().map_err(failed)?.is_file() {
                fs::remove_file(entry.path()).map_err(failed)?;
                swept += 1;
            }
        }
        Ok(swept)
    }

    fn failed(&self, doing: &'static str, source: impl Into<Box<dyn StdError + Send + Sync>>) -> BlobError {
        BlobError { doing, folder: self.folder.clone(), source: source.into() }
    }
}

impl Received {
    /// Removes what was written, and returns when it is gone.
    pub(crate) async fn discard(self) {
        discard(self.upload).await;
    }
}

async fn discard(upload: WriteMultipart) {
    if let Err(error) = upload.abort().await {
        tracing::warn!(%error, "a content that was refused could not be removed; the next start sweeps it");
    }
}

fn location(key: BlobKey) -> ObjectPath {
    ObjectPath::from(key.to_string())
}
