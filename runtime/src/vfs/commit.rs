//! How staged content becomes a file: checked aside, then swapped in at one moment. Whatever fails leaves the old file.

use veracruz_policy::{Principal, Sha256Digest, Stream, Target, VfsPath};

use super::directory::Node;
use super::error::VfsError;
use super::participant::WriteMode;
use super::report::Committed;
use super::snapshot::Snapshot;
use super::tree::Tree;
use super::upload::{Staged, Upload};
use super::{Shared, Vfs, append};

/// Why content did not become a file.
#[derive(Debug, thiserror::Error)]
pub enum CommitError<E> {
    /// The file system refuses it.
    #[error(transparent)]
    Vfs(#[from] VfsError),
    /// The caller's own check refuses it.
    #[error("{0}")]
    Refused(E),
}

/// No check of the caller's own.
enum Unchecked {}

impl Vfs {
    /// Content that nobody sees until it is committed.
    ///
    /// # Errors
    /// [`VfsError::OverBudget`].
    pub fn stage(&self) -> Result<Upload, VfsError> {
        self.0.stage(false)
    }

    /// As [`Vfs::stage`], hashed while it comes: for what will be compared with a declared hash, or compiled.
    ///
    /// # Errors
    /// [`VfsError::OverBudget`].
    pub fn stage_hashed(&self) -> Result<Upload, VfsError> {
        self.0.stage(true)
    }

    /// Makes `upload` the content of `target`, or adds it to the end, at one moment. Directories that are missing above
    /// a new file are made. Writing `stdin` sets what later runs read.
    ///
    /// # Errors
    /// [`VfsError::Denied`]; [`VfsError::WrongHash`] when the policy declares another content;
    /// [`VfsError::IsDirectory`], [`VfsError::NotDirectory`]; the quotas. The old file is untouched then.
    pub fn commit(
        &self,
        who: &Principal,
        target: &Target,
        mode: WriteMode,
        upload: Upload,
    ) -> Result<Committed, VfsError> {
        let check = None::<fn(&Snapshot, &Sha256Digest) -> Result<(), Unchecked>>;
        self.0.commit(Some(who), target, mode, upload, check).map_err(|error| match error {
            CommitError::Vfs(error) => error,
            CommitError::Refused(never) => match never {},
        })
    }

    /// As [`Vfs::commit`] with a check of what came and its digest, which runs without any lock before the file appears.
    ///
    /// # Errors
    /// As [`Vfs::commit`], or what the check refuses with.
    pub fn commit_checked<E>(
        &self,
        who: &Principal,
        target: &Target,
        mode: WriteMode,
        upload: Upload,
        check: impl FnOnce(&Snapshot, &Sha256Digest) -> Result<(), E>,
    ) -> Result<Committed, CommitError<E>> {
        self.0.commit(Some(who), target, mode, upload, Some(check))
    }

    /// Puts a file in place for the embedder itself, before anybody connects: no rights are asked, declared hashes hold.
    ///
    /// # Errors
    /// As [`Vfs::commit`], without [`VfsError::Denied`].
    pub fn provision(&self, path: &VfsPath, upload: Upload) -> Result<(), VfsError> {
        let check = None::<fn(&Snapshot, &Sha256Digest) -> Result<(), Unchecked>>;
        let target = Target::from(path.clone());
        match self.0.commit(None, &target, WriteMode::Replace, upload, check) {
            Ok(_) => Ok(()),
            Err(CommitError::Vfs(error)) => Err(error),
            Err(CommitError::Refused(never)) => match never {},
        }
    }
}

impl Shared {
    fn commit<E>(
        &self,
        who: Option<&Principal>,
        target: &Target,
        mode: WriteMode,
        upload: Upload,
        check: Option<impl FnOnce(&Snapshot, &Sha256Digest) -> Result<(), E>>,
    ) -> Result<Committed, CommitError<E>> {
        let declared = {
            let tree = self.tree.read();
            self.permit(&tree, who, target, mode)?
        };
        let came = upload.snapshot();
        let mut staged = upload.finish();
        if declared.is_some() || check.is_some() {
            staged.digest = Some(staged.digest.unwrap_or_else(|| came.digest()));
        }
        if let (Some(declared), Some(found), Some(path)) = (declared, staged.digest, target.as_path())
            && declared != found
        {
            return Err(VfsError::WrongHash { path: path.into(), declared, found }.into());
        }
        if let (Some(check), Some(digest)) = (check, &staged.digest) {
            check(&came, digest).map_err(CommitError::Refused)?;
        }
        drop(came);
        Ok(match target {
            Target::Stream(stream) => self.put_stream(*stream, staged)?,
            Target::Path(path) => self.put_file(who, path, target, mode, staged)?,
        })
    }

    fn permit(
        &self,
        tree: &Tree,
        who: Option<&Principal>,
        target: &Target,
        mode: WriteMode,
    ) -> Result<Option<Sha256Digest>, VfsError> {
        match (who, target) {
            (Some(who), _) => self.permit_write(tree, who, target, mode),
            (None, Target::Path(path)) => Ok(self.policy.declared_hash(path).copied()),
            (None, Target::Stream(_)) => Ok(None),
        }
    }

    fn put_file(
        &self,
        who: Option<&Principal>,
        path: &VfsPath,
        target: &Target,
        mode: WriteMode,
        staged: Staged,
    ) -> Result<Committed, VfsError> {
        let maker = self.maker();
        let Staged { content, digest } = staged;
        let mut tree = self.tree.write();
        let declared = self.permit(&tree, who, target, mode)?;
        let (file, left) = match tree.look(path)? {
            Some(Node::Directory(_)) => return Err(VfsError::IsDirectory(path.into())),
            // The content is the declared one, for it was compared; so it is there already.
            Some(Node::File(file)) if file.is_sealed() && declared.is_some() && declared == digest => (file, None),
            Some(Node::File(file)) if file.is_sealed() => return Err(VfsError::ContentIsFixed(path.into())),
            Some(Node::File(file)) => (file, Some(content)),
            None => {
                let file = maker.file(content, declared.is_some())?;
                if let Some(digest) = digest {
                    file.remember(file.snapshot().version(), digest);
                }
                tree.attach(path, Node::File(file.clone()), &maker)?;
                (file, None)
            }
        };
        drop(tree);
        let content = match (left, mode) {
            (Some(content), WriteMode::Replace) => file.replace(content, digest, maker.now()),
            (Some(content), WriteMode::Append) => {
                append::append(&file, content, &self.limits, maker.now())?;
                file.snapshot()
            }
            (None, _) => file.snapshot(),
        };
        Ok(Committed { path: Some(path.clone()), declared: declared.is_some(), digest, content })
    }

    /// A run that has begun goes on with the input that it began with.
    fn put_stream(&self, stream: Stream, staged: Staged) -> Result<Committed, VfsError> {
        let file = self.maker().file(staged.content, false)?;
        let content = file.snapshot();
        let mut streams = self.streams.lock();
        let old = match stream {
            Stream::Stdin => std::mem::replace(&mut streams.stdin, file),
            Stream::Stdout => std::mem::replace(&mut streams.stdout, file),
            Stream::Stderr => std::mem::replace(&mut streams.stderr, file),
        };
        drop(streams);
        drop(old);
        Ok(Committed { path: None, declared: false, digest: staged.digest, content })
    }
}
