//! The contents of programs and data files, each under a random key, in a folder.
//!
//! Contents pass through in pieces and are hashed on the way; none is ever held whole. What is acknowledged is on the disk:
//! a content is written aside, made durable with the folder that names it, and only then told of. One that fails on the way
//! is gone before that is told. Which contents belong to which files is the store's matter; what belongs to none is swept at
//! the start.

use std::collections::HashSet;
use std::error::Error as StdError;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _};
use object_store::buffered::BufReader;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt as _};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncRead;
use tokio::task::{JoinHandle, spawn_blocking};
use veracruz_policy::Sha256Digest;

use crate::store::{BlobKey, LoadedFile};

/// Bytes that are written or read at once: many times what a connection delivers at once, and little beside the hundreds
/// of connections that a daemon may have.
const PIECE_BYTES: usize = 256 * 1024;

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
    upload: Upload,
    key: BlobKey,
    pub(crate) digest: Sha256Digest,
    pub(crate) length: u64,
}

/// A content that is written aside: one piece is on its way to the disk while the next is filled. Dropped, it leaves
/// nothing behind.
struct Upload {
    parts: Box<dyn MultipartUpload>,
    filling: BytesMut,
    writing: Option<JoinHandle<object_store::Result<()>>>,
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
        let mut upload = Upload { parts: begun, filling: BytesMut::new(), writing: None };
        match self.copy(body, limit, &mut upload).await {
            Ok((digest, length)) => Ok(Received { upload, key, digest, length }),
            Err(error) => {
                upload.discard().await;
                Err(error)
            }
        }
    }

    async fn copy<E>(
        &self,
        body: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin),
        limit: u64,
        upload: &mut Upload,
    ) -> Result<(Sha256Digest, u64), ReceiveError> {
        let (mut hash, mut length) = (Sha256::new(), 0_u64);
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(|_| ReceiveError::Cut)?;
            length = length.saturating_add(piece.len() as u64);
            if length >= limit {
                return Err(ReceiveError::TooLarge);
            }
            hash.update(&piece);
            upload.write(&piece).await.map_err(|error| self.failed("write a content", error))?;
        }
        let digest: [u8; 32] = hash.finalize().into();
        Ok((digest.into(), length))
    }

    /// Puts a received content into the folder; when this returns it survives a crash. Where that fails nothing is left.
    pub(crate) async fn keep(&self, received: Received, path: &str) -> Result<LoadedFile, BlobError> {
        let Received { upload, key, length, .. } = received;
        match upload.finish().await {
            Ok(()) => Ok(LoadedFile { path: path.to_owned(), blob: key, length }),
            Err(error) => {
                let blobs = self.clone();
                // What object_store wrote aside stays where its last step fails.
                let cleared = spawn_blocking(move || blobs.clear(key)).await.map_err(io::Error::from).flatten();
                if let Err(error) = cleared {
                    tracing::warn!(%error, "a content that could not be finished is removed at the next start");
                }
                Err(self.failed("finish a content", error))
            }
        }
    }

    /// Removes the files of one content: that with its key for a name, and those that are written aside of it.
    fn clear(&self, key: BlobKey) -> io::Result<()> {
        let key = key.to_string();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if entry.file_name().to_str().is_some_and(|name| name.starts_with(&key)) && entry.file_type()?.is_file() {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
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
        self.upload.discard().await;
    }
}

impl Upload {
    async fn write(&mut self, piece: &[u8]) -> object_store::Result<()> {
        self.filling.extend_from_slice(piece);
        while self.filling.len() >= PIECE_BYTES {
            let full = self.filling.split_to(PIECE_BYTES).freeze();
            self.send(full).await?;
        }
        Ok(())
    }

    async fn send(&mut self, piece: Bytes) -> object_store::Result<()> {
        self.written().await?;
        self.writing = Some(tokio::spawn(self.parts.put_part(piece.into())));
        Ok(())
    }

    /// Returns when nothing is on its way any more.
    async fn written(&mut self) -> object_store::Result<()> {
        match self.writing.take() {
            Some(writing) => writing.await?,
            None => Ok(()),
        }
    }

    async fn finish(mut self) -> object_store::Result<()> {
        let rest = self.filling.split().freeze();
        if !rest.is_empty() {
            self.send(rest).await?;
        }
        self.written().await?;
        self.parts.complete().await.map(drop)
    }

    async fn discard(mut self) {
        // A piece that fails is no matter any more.
        let _written = self.written().await;
        if let Err(error) = self.parts.abort().await {
            tracing::warn!(%error, "a content that was refused could not be removed; the next start sweeps it");
        }
    }
}

fn location(key: BlobKey) -> ObjectPath {
    ObjectPath::from(key.to_string())
}
