//! Programs and data files: loaded into a function, listed, removed.
//!
//! A file is loaded when its whole content is on the disk, has the SHA-256 that the function declares, and its row is
//! committed. Anything else leaves nothing behind: the name is free for the next attempt.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::Stream;
use veracruz_policy::{Sha256Digest, VfsPath};
use veracruz_rest::{decode_segment, encode_segment};

use crate::blobs::{ReceiveError, Received};
use crate::error::{Error, shown};
use crate::functions::Function;
use crate::service::Ccfaas;
use crate::store::{AddedFile, FileKind, FunctionId};

/// A file that a function declares, as a request names it.
struct Declared {
    function: FunctionId,
    path: VfsPath,
    digest: Sha256Digest,
}

impl Ccfaas {
    /// The loaded files of a function, in base64; none where there is no such function.
    ///
    /// # Errors
    /// The service failed.
    pub async fn files(&self, function: &str, kind: FileKind) -> Result<Vec<String>, Error> {
        let Some(row) = self.ports.store.function(function).await? else {
            return Ok(Vec::new());
        };
        let files = self.ports.store.files(row.id, kind).await?;
        Ok(files.iter().map(|file| encode_segment(&file.path)).collect())
    }

    /// The name of a file, if it is loaded.
    ///
    /// # Errors
    /// [`Error::FunctionNotFound`], [`Error::BadFileName`], [`Error::FileNotDeclared`], [`Error::FileNotLoaded`], or the
    /// service failed.
    pub async fn loaded_file(&self, function: &str, kind: FileKind, segment: &str) -> Result<String, Error> {
        let file = self.declared(function, kind, segment).await?;
        match self.is_loaded(&file, kind).await? {
            true => Ok(file.path.as_str().to_owned()),
            false => Err(not_loaded(function, kind, &file)),
        }
    }

    /// Removes a file; gives its name.
    ///
    /// # Errors
    /// As [`loaded_file`](Self::loaded_file).
    pub async fn remove_file(self: &Arc<Self>, function: &str, kind: FileKind, segment: &str) -> Result<String, Error> {
        let file = self.declared(function, kind, segment).await?;
        let (service, function) = (self.clone(), function.to_owned());
        self.finish(async move {
            let removed = service.ports.store.remove_file(file.function, kind, file.path.as_str()).await?;
            let blob = removed.ok_or_else(|| not_loaded(&function, kind, &file))?;
            tracing::info!(function, file = file.path.as_str(), "{} removed", kind.name());
            service.ports.blobs.remove(blob).await;
            Ok(file.path.as_str().to_owned())
        })
        .await
    }

    /// Loads a file; gives its name. `length` is what the sender says of the body, if it says anything; what counts is
    /// what comes.
    ///
    /// # Errors
    /// As [`loaded_file`](Self::loaded_file), and [`Error::FileExists`], [`Error::FileTooLarge`],
    /// [`Error::HashMismatch`], [`Error::BodyIncomplete`]. Nothing is kept then.
    pub async fn load_file<E>(
        self: &Arc<Self>,
        (function, kind, segment): (&str, FileKind, &str),
        length: Option<u64>,
        body: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin),
    ) -> Result<String, Error> {
        let file = self.declared(function, kind, segment).await?;
        let path = file.path.as_str().to_owned();
        let exists = || Error::FileExists { kind, path: path.clone(), function: function.to_owned() };
        if self.is_loaded(&file, kind).await? {
            return Err(exists());
        }
        let limit = self.limit(kind);
        if length.is_some_and(|length| length >= limit) {
            return Err(Error::FileTooLarge { kind, limit });
        }
        let received = self.ports.blobs.receive(body, limit).await.map_err(|error| match error {
            ReceiveError::Cut => Error::BodyIncomplete,
            ReceiveError::TooLarge => Error::FileTooLarge { kind, limit },
            ReceiveError::Blob(error) => Error::Blob(error),
        })?;
        if received.digest != file.digest {
            let found = received.digest;
            received.discard().await;
            return Err(Error::HashMismatch { path, found, declared: file.digest });
        }
        match self.keep(file, kind, received).await? {
            AddedFile::Yes => {
                tracing::info!(function, file = path, "{} loaded", kind.name());
                Ok(path)
            }
            AddedFile::Exists => Err(exists()),
            AddedFile::NoFunction => Err(Error::FunctionNotFound(shown(function))),
        }
    }

    /// The bytes that are too many.
    pub(crate) fn limit(&self, kind: FileKind) -> u64 {
        match kind {
            FileKind::Program => self.settings.limits.program_bytes,
            FileKind::DataFile => self.settings.limits.data_file_bytes,
        }
    }

    /// Puts content and row where they belong, to the end even where the sender has gone: a row without its content must
    /// not be.
    async fn keep(self: &Arc<Self>, file: Declared, kind: FileKind, received: Received) -> Result<AddedFile, Error> {
        let service = self.clone();
        self.finish(async move {
            let ports = &service.ports;
            let content = ports.blobs.keep(received, file.path.as_str()).await?;
            let blob = content.blob;
            let added = ports.store.add_file(file.function, kind, content).await;
            if !matches!(added, Ok(AddedFile::Yes) | Err(_)) {
                ports.blobs.remove(blob).await;
            }
            // After a failure of the store the row may be there: the next start sweeps the content if it is not.
            Ok(added?)
        })
        .await
    }

    async fn is_loaded(&self, file: &Declared, kind: FileKind) -> Result<bool, Error> {
        let files = self.ports.store.files(file.function, kind).await?;
        Ok(files.iter().any(|loaded| loaded.path == file.path.as_str()))
    }

    async fn declared(&self, function: &str, kind: FileKind, segment: &str) -> Result<Declared, Error> {
        let registered = self.registered(function).await?;
        let files = declared_files(&registered, kind);
        let found = decode_segment(segment, files.iter().map(|(path, _)| path.as_str()))?;
        let file = found.and_then(|name| files.iter().find(|(path, _)| path.as_str() == name));
        match file {
            Some((path, digest)) => Ok(Declared { function: registered.id, path: (*path).clone(), digest: *digest }),
            None => Err(Error::FileNotDeclared { kind, name: shown(segment), function: shown(function) }),
        }
    }
}

fn declared_files(function: &Function, kind: FileKind) -> Vec<(&VfsPath, Sha256Digest)> {
    let policy = &function.policy;
    match kind {
        FileKind::Program => policy.programs.iter().map(|file| (&file.program_file_name, file.pi_hash)).collect(),
        FileKind::DataFile => policy.data_files.iter().map(|file| (&file.data_file, file.pi_hash)).collect(),
    }
}

fn not_loaded(function: &str, kind: FileKind, file: &Declared) -> Error {
    Error::FileNotLoaded { kind, path: file.path.as_str().to_owned(), function: function.to_owned() }
}
