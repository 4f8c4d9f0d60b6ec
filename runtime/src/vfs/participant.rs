//! What participants do with files. Each door asks the policy first and goes on with its permit.

use std::sync::Arc;

use veracruz_policy::{Action, Permit, Principal, Rights, Sha256Digest, Stream, Target, VfsPath};

use super::directory::{Directory, Node};
use super::error::VfsError;
use super::file::File;
use super::report::{Kind, ListEntry, ProgramFile, Stat};
use super::snapshot::Snapshot;
use super::tree::{Tree, below};
use super::{Shared, Vfs};

/// How a participant writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteMode {
    /// The file has the new content alone.
    Replace,
    /// The new content follows the old one.
    Append,
}

impl Vfs {
    /// The content of a file, or what `stdout` or `stderr` of the latest run hold so far.
    ///
    /// # Errors
    /// [`VfsError::Denied`], [`VfsError::NotFound`], [`VfsError::IsDirectory`].
    pub fn read(&self, who: &Principal, target: &Target) -> Result<Snapshot, VfsError> {
        let shared = &*self.0;
        let permit = shared.policy.decide(who, Action::Read, target)?;
        Ok(shared.permitted_file(&permit)?.snapshot())
    }

    /// Refuses early what [`Vfs::commit`] would refuse, before a payload is taken. It promises nothing.
    ///
    /// # Errors
    /// As [`Vfs::commit`], except for those of the content.
    pub fn may_write(&self, who: &Principal, target: &Target, mode: WriteMode) -> Result<(), VfsError> {
        let shared = &*self.0;
        let tree = shared.tree.read();
        shared.permit_write(&tree, who, target, mode).map(drop)
    }

    /// What a directory holds, as far as this principal has any right on it, in the order of names.
    ///
    /// # Errors
    /// [`VfsError::Denied`], [`VfsError::NotFound`], [`VfsError::NotDirectory`].
    pub fn list(&self, who: &Principal, path: &VfsPath) -> Result<Vec<ListEntry>, VfsError> {
        let shared = &*self.0;
        let target = Target::from(path.clone());
        let permit = shared.policy.decide(who, Action::List, &target)?;
        let directory = shared.permitted_directory(&permit)?;
        let visible = |name: &str| below(path, name).is_ok_and(|path| shared.is_visible(who, path));
        let listed = directory.list().into_iter().filter(|listed| visible(&listed.name));
        Ok(listed.map(|listed| ListEntry::of(&listed)).collect())
    }

    /// Kind, size and time of a file, a directory or a stream.
    ///
    /// # Errors
    /// [`VfsError::Denied`], [`VfsError::NotFound`], [`VfsError::NotDirectory`].
    pub fn stat(&self, who: &Principal, target: &Target) -> Result<Stat, VfsError> {
        let shared = &*self.0;
        let permit = shared.policy.decide(who, Action::Stat, target)?;
        match permit.target() {
            Target::Path(path) => Ok(Stat::of(&shared.tree.read().find(path)?)),
            Target::Stream(stream) => Ok(Stat { kind: Kind::Stream, ..Stat::of(&Node::File(shared.stream(*stream))) }),
        }
    }

    /// The program that a participant asks to run.
    ///
    /// # Errors
    /// [`VfsError::Denied`], [`VfsError::NotFound`], [`VfsError::IsDirectory`], [`VfsError::TooLargeAtOnce`].
    pub fn program(&self, who: &Principal, path: &VfsPath) -> Result<ProgramFile, VfsError> {
        self.executable(who, Action::Execute, path)
    }

    /// A program that a pipeline runs.
    ///
    /// # Errors
    /// As [`Vfs::program`].
    pub fn pipeline_step(&self, pipeline: &Principal, path: &VfsPath) -> Result<ProgramFile, VfsError> {
        self.executable(pipeline, Action::Use(Rights::EXECUTE_ONLY), path)
    }

    fn executable(&self, who: &Principal, action: Action, path: &VfsPath) -> Result<ProgramFile, VfsError> {
        let shared = &*self.0;
        let target = Target::from(path.clone());
        let permit = shared.policy.decide(who, action, &target)?;
        let file = shared.permitted_file(&permit)?;
        let content = file.snapshot();
        let limit = shared.limits.program_bytes;
        if content.len() > limit {
            return Err(VfsError::TooLargeAtOnce { size: content.len(), limit });
        }
        Ok(ProgramFile { path: path.clone(), digest: file.digest(&content), content })
    }
}

impl Shared {
    /// Decides with the tree in hand, so that what is about to be created stays missing. The digest that the content
    /// must have, if the policy declares one.
    pub(super) fn permit_write(
        &self,
        tree: &Tree,
        who: &Principal,
        target: &Target,
        mode: WriteMode,
    ) -> Result<Option<Sha256Digest>, VfsError> {
        let node = match target {
            // What is in the way is told only to who may write there, so the decision comes first.
            Target::Path(path) => tree.look(path),
            Target::Stream(_) => Ok(None),
        };
        let creates = target.as_path().is_some() && matches!(node, Ok(None));
        let action = match mode {
            WriteMode::Replace => Action::Write { creates },
            WriteMode::Append => Action::Append { creates },
        };
        let permit = self.policy.decide(who, action, target)?;
        match (node?, target) {
            (Some(Node::Directory(_)), target) => Err(VfsError::IsDirectory(target.into())),
            _ => Ok(permit.declared_hash().copied()),
        }
    }

    fn permitted_file(&self, permit: &Permit<'_>) -> Result<Arc<File>, VfsError> {
        match permit.target() {
            Target::Stream(stream) => Ok(self.stream(*stream)),
            Target::Path(path) => match self.tree.read().find(path)? {
                Node::File(file) => Ok(file),
                Node::Directory(_) => Err(VfsError::IsDirectory(path.into())),
            },
        }
    }

    fn permitted_directory(&self, permit: &Permit<'_>) -> Result<Arc<Directory>, VfsError> {
        match permit.target() {
            Target::Path(path) => super::tree::directory_or(self.tree.read().find(path)?, path),
            stream @ Target::Stream(_) => Err(VfsError::NotDirectory(stream.into())),
        }
    }

    pub(super) fn stream(&self, stream: Stream) -> Arc<File> {
        self.streams.lock().of(stream).clone()
    }

    /// Whether the principal has any right at all on `path`.
    pub(crate) fn is_visible(&self, who: &Principal, path: VfsPath) -> bool {
        let target = Target::from(path);
        let entry = self.policy.table(who).and_then(|table| table.deciding(&target));
        entry.is_some_and(|entry| !entry.rights().is_empty())
    }
}
