//! What the file system tells about itself.

use veracruz_policy::{Sha256Digest, VfsPath};

use super::directory::{Listed, Node};
use super::snapshot::Snapshot;

/// What something in the file system is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A file.
    File,
    /// A directory.
    Directory,
    /// `stdin`, `stdout` or `stderr`.
    Stream,
}

/// What is known of a file, directory or stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stat {
    /// What it is.
    pub kind: Kind,
    /// Bytes of a file or stream; 0 for a directory.
    pub size: u64,
    /// When its content changed last: nanoseconds since 1970-01-01T00:00:00Z.
    pub modified: u64,
}

impl Stat {
    pub(super) fn of(node: &Node) -> Self {
        match node {
            Node::File(file) => {
                let (size, times) = file.size_and_times();
                Stat { kind: Kind::File, size, modified: times.modified }
            }
            Node::Directory(directory) => Stat { kind: Kind::Directory, size: 0, modified: directory.times().modified },
        }
    }
}

/// One name of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListEntry {
    /// The name, without the directory.
    pub name: String,
    /// What it stands for.
    pub stat: Stat,
}

impl ListEntry {
    pub(super) fn of(listed: &Listed) -> Self {
        ListEntry { name: listed.name.as_ref().to_owned(), stat: Stat::of(&listed.node) }
    }
}

/// A program as it was when it was asked for.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ProgramFile {
    /// Its path: the name of the principal that it runs as.
    pub path: VfsPath,
    /// The digest of its content: the name that compiled code is kept under.
    pub digest: Sha256Digest,
    /// Its content.
    pub content: Snapshot,
}

/// What a commit did.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Committed {
    /// The file; none for `stdin`.
    pub path: Option<VfsPath>,
    /// Whether the policy declares the content, so that nobody can change it any more.
    pub declared: bool,
    /// The digest of what came, where it was computed.
    pub digest: Option<Sha256Digest>,
    /// The file's whole content right after.
    pub content: Snapshot,
}

/// One file or directory of an exported tree.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Exported {
    /// Its path.
    pub path: VfsPath,
    /// A file's content; none for a directory.
    pub content: Option<Snapshot>,
}
