//! The contents of programs and data files, each under a random key, in a folder.
//!
//! Contents pass through in pieces and are hashed on the way; none is ever held whole. What is acknowledged is on the disk:
//! a content is written aside, made durable with the folder that names it, and only then told of. One that fails on the way
//! is gone before that is told. Which contents belong to which files is the store's matter; what belongs to none is swept at
//! the start.

use std::collections::HashSet;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use sha2::{Digest as _, Sha256};
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncWriteExt as _, BufWriter};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use veracruz_policy::Sha256Digest;

use crate::store::{BlobKey, LoadedFile};

/// Bytes that are written or read at once: many times what a connection delivers at once, and little beside the hundreds
/// of connections that a daemon may have.
const PIECE_BYTES: usize = 256 * 1024;

/// What a content is called behind its key while it is written. It is no key, so the sweep takes it.
const ASIDE: &str = ".part";

/// The folder of contents. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Blobs {
    folder: Arc<Path>,
}

/// A failure of the folder: for the log, never for a client.
#[derive(Debug, thiserror::Error)]
#[error("the contents in {}: cannot {doing}: {source}", folder.display())]
pub struct BlobError {
    doing: &'static str,
    folder: PathBuf,
    source: io::Error,
}

impl BlobError {
    /// Whether there is no space left.
    pub fn is_full(&self) -> bool {
        matches!(self.source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
    }
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
    file: BufWriter<File>,
    aside: Aside,
    key: BlobKey,
    pub(crate) digest: Sha256Digest,
    pub(crate) length: u64,
}

/// Where a content is written aside; removed when this is dropped.
struct Aside(Option<PathBuf>);

impl Blobs {
    /// Opens the folder, or makes it.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn in_folder(folder: &Path) -> Result<Self, BlobError> {
        let blobs = Blobs { folder: folder.into() };
        fs::create_dir_all(folder).map_err(|error| blobs.failed("open the folder", error))?;
        Ok(blobs)
    }

    /// Takes in a content of less than `limit` bytes.
    pub(crate) async fn receive<E>(
        &self,
        body: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin),
        limit: u64,
    ) -> Result<Received, ReceiveError> {
        let key = BlobKey::random();
        let begun = self.begin(key).await.map_err(|error| self.failed("begin a content", error));
        let (mut file, aside) = begun?;
        match self.copy(body, limit, &mut file).await {
            Ok((digest, length)) => Ok(Received { file, aside, key, digest, length }),
            Err(error) => {
                aside.discard().await;
                Err(error)
            }
        }
    }

    async fn begin(&self, key: BlobKey) -> io::Result<(BufWriter<File>, Aside)> {
        let path = self.folder.join(format!("{key}{ASIDE}"));
        // The file and who removes it come together: nobody may be waiting any more.
        let made = spawn_blocking(move || {
            let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
            io::Result::Ok((file, Aside(Some(path))))
        });
        let (file, aside) = made.await??;
        let mut file = File::from_std(file);
        file.set_max_buf_size(PIECE_BYTES);
        Ok((BufWriter::with_capacity(PIECE_BYTES, file), aside))
    }

    async fn copy<E>(
        &self,
        body: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin),
        limit: u64,
        file: &mut BufWriter<File>,
    ) -> Result<(Sha256Digest, u64), ReceiveError> {
        let (mut hash, mut length) = (Sha256::new(), 0_u64);
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(|_| ReceiveError::Cut)?;
            length = length.saturating_add(piece.len() as u64);
            if length >= limit {
                return Err(ReceiveError::TooLarge);
            }
            hash.update(&piece);
            file.write_all(&piece).await.map_err(|error| self.failed("write a content", error))?;
        }
        let digest: [u8; 32] = hash.finalize().into();
        Ok((digest.into(), length))
    }

    /// Puts a received content into the folder; when this returns it survives a crash. Where that fails nothing is left.
    pub(crate) async fn keep(&self, received: Received, path: &str) -> Result<LoadedFile, BlobError> {
        let Received { mut file, mut aside, key, length, .. } = received;
        let kept = async {
            file.flush().await?;
            let file = file.into_inner().into_std().await;
            let (from, to, folder) = (aside.0.clone().unwrap_or_default(), self.path(key), self.folder.clone());
            spawn_blocking(move || settle(&file, &from, &to, &folder)).await?
        };
        match kept.await {
            Ok(()) => {
                aside.0 = None;
                Ok(LoadedFile { path: path.to_owned(), blob: key, length })
            }
            Err(error) => {
                aside.discard().await;
                Err(self.failed("finish a content", error))
            }
        }
    }

    /// Reads a content from its begin. Once open, it can be read to its end even where it is removed meanwhile.
    ///
    /// # Errors
    /// The content is not there, or cannot be read.
    pub async fn open(&self, key: BlobKey) -> io::Result<impl AsyncRead + Send + Unpin + use<>> {
        let mut file = File::open(self.path(key)).await?;
        file.set_max_buf_size(PIECE_BYTES);
        Ok(file)
    }

    /// Removes a content. One that is not there is fine; one that cannot be removed is swept at the next start.
    pub(crate) async fn remove(&self, key: BlobKey) {
        match tokio::fs::remove_file(self.path(key)).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, "a content that nobody needs could not be removed");
            }
            _ => {}
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

    fn path(&self, key: BlobKey) -> PathBuf {
        self.folder.join(key.to_string())
    }

    fn failed(&self, doing: &'static str, source: io::Error) -> BlobError {
        BlobError { doing, folder: self.folder.to_path_buf(), source }
    }
}

impl Received {
    /// Removes what was written, and returns when it is gone.
    pub(crate) async fn discard(self) {
        self.aside.discard().await;
    }
}

impl Aside {
    async fn discard(mut self) {
        if let Some(path) = self.0.take()
            && let Err(error) = spawn_blocking(move || removed(&path)).await
        {
            tracing::warn!(%error, "a content that was refused is removed at the next start");
        }
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        let Some(path) = self.0.take() else {
            return;
        };
        // A large file takes its time; a thread that serves must not wait for that.
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(move || removed(&path))),
            Err(_) => removed(&path),
        }
    }
}

fn removed(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        tracing::warn!(%error, "a content that was refused could not be removed; the next start sweeps it");
    }
}

/// Gives a content its name, both durably. What has the name already but not durably is taken back.
fn settle(file: &fs::File, from: &Path, to: &Path, folder: &Path) -> io::Result<()> {
    file.sync_all()?;
    fs::rename(from, to)?;
    let synced = fs::File::open(folder).and_then(|folder| folder.sync_all());
    synced.or_else(|error| fs::rename(to, from).and(Err(error)))
}
