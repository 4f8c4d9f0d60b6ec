//! Makes files, directories and names, and pays for them: in bytes, in inodes, in names of a directory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use veracruz_policy::VfsPath;

use super::content::Content;
use super::directory::{Directory, NAME_BYTES, Node};
use super::error::VfsError;
use super::file::File;
use super::limits::VfsLimits;
use crate::budget::{Budget, Charge};

/// What a file or directory costs besides its content and its names.
const INODE_BYTES: u64 = 320;

/// Versions of a file start here times its number, so that those of two files of one name do not meet.
const VERSIONS: u64 = 1 << 32;

/// Makes nodes of one file system at one moment.
pub(crate) struct Maker<'a> {
    pub(super) budget: &'a Budget,
    pub(super) seats: &'a Budget,
    pub(super) limits: &'a VfsLimits,
    pub(super) inos: &'a AtomicU64,
    pub(super) now: u64,
}

/// The place of a file or directory in the file system, given back when it is gone.
#[derive(Debug)]
pub(crate) struct Seat {
    ino: u64,
    _inode: Charge,
    _memory: Charge,
}

impl Seat {
    pub(super) fn ino(&self) -> u64 {
        self.ino
    }
}

impl Maker<'_> {
    /// The moment, in nanoseconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        self.now
    }

    fn seat(&self) -> Result<Seat, VfsError> {
        let limit = self.limits.inodes;
        let inode = self.seats.take(1).map_err(|_| VfsError::TooManyFiles { limit })?;
        let memory = self.budget.take(INODE_BYTES)?;
        Ok(Seat { ino: self.inos.fetch_add(1, Ordering::Relaxed), _inode: inode, _memory: memory })
    }

    /// An empty directory without name.
    pub(crate) fn directory(&self) -> Result<Arc<Directory>, VfsError> {
        Ok(Arc::new(Directory::new(self.seat()?, self.now)))
    }

    /// An empty file without name.
    pub(crate) fn empty_file(&self) -> Result<Arc<File>, VfsError> {
        self.file(Content::new(self.budget)?, false)
    }

    /// A file without name that holds `content`.
    pub(super) fn file(&self, mut content: Content, sealed: bool) -> Result<Arc<File>, VfsError> {
        let seat = self.seat()?;
        content.start_versions(seat.ino().wrapping_mul(VERSIONS));
        Ok(Arc::new(File::new(seat, content, sealed, self.now)))
    }

    pub(super) fn depth(&self, path: &VfsPath) -> Result<(), VfsError> {
        let limit = self.limits.depth;
        match path.components().count() > limit {
            true => Err(VfsError::TooDeep { path: path.into(), limit }),
            false => Ok(()),
        }
    }

    /// Whether all that is in `directory` keeps to the limit when it moves to `path`: recursion counts on it.
    pub(super) fn depth_below(&self, path: &VfsPath, directory: &Arc<Directory>) -> Result<(), VfsError> {
        let limit = self.limits.depth;
        let mut left = vec![(directory.clone(), path.components().count())];
        while let Some((directory, depth)) = left.pop() {
            for listed in directory.list() {
                if depth >= limit {
                    return Err(VfsError::TooDeep { path: path.into(), limit });
                }
                if let Node::Directory(inner) = listed.node {
                    left.push((inner, depth + 1));
                }
            }
        }
        Ok(())
    }

    /// Pays for a name in `directory`; `path` is only shown.
    pub(super) fn name(&self, path: &VfsPath, directory: &Arc<Directory>, name: &str) -> Result<Charge, VfsError> {
        let limit = self.limits.entries;
        if directory.count() >= limit && directory.child(name).is_none() {
            return Err(VfsError::TooManyEntries { path: path.into(), limit });
        }
        Ok(self.budget.take(NAME_BYTES + name.len() as u64)?)
    }

    /// `leaf` below new directories of these names, the last of which is the leaf's own.
    pub(super) fn wrap(&self, names: &[&str], leaf: Node) -> Result<Node, VfsError> {
        let mut inner = leaf;
        for name in names.iter().rev() {
            let outer = self.directory()?;
            let charge = self.budget.take(NAME_BYTES + name.len() as u64)?;
            outer.put(name, inner, charge, self.now);
            inner = Node::Directory(outer);
        }
        Ok(inner)
    }
}
