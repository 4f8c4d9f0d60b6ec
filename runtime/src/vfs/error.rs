//! Why the file system does not do what it is asked.

use std::fmt;

use veracruz_policy::{Denied, Sha256Digest, Target, VfsPath};

use crate::budget::OverBudget;

/// Characters of a path that an error shows: enough to know which one, too few to fill a log.
const SHOWN_CHARACTERS: usize = 160;

/// A refusal. Its text names the place and the next step; [`VfsError::code`] is for machines.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VfsError {
    /// The policy does not allow it.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Nothing has this path.
    #[error("{0} does not exist; write it first, or look at the list of its directory")]
    NotFound(Place),
    /// A directory where a file is needed.
    #[error("{0} is a directory; name a file in it")]
    IsDirectory(Place),
    /// A file where a directory is needed.
    #[error("{0} is a file or lies below one; name a directory")]
    NotDirectory(Place),
    /// Something has this path already.
    #[error("{0} exists already; remove it first, or choose another name")]
    Exists(Place),
    /// A directory with something in it.
    #[error("{0} is not empty; remove what is in it first")]
    NotEmpty(Place),
    /// The content does not have the digest that the policy declares.
    #[error("{path} must have the SHA-256 {declared} by the policy, what came has {found}; send the declared file")]
    WrongHash {
        /// Where.
        path: Place,
        /// What the policy declares.
        declared: Sha256Digest,
        /// What came.
        found: Sha256Digest,
    },
    /// The policy fixes the content, and it is there already.
    #[error("the policy fixes the content of {0} by its hash; nobody can change it")]
    ContentIsFixed(Place),
    /// Out of the instance's memory.
    #[error(transparent)]
    OverBudget(#[from] OverBudget),
    /// Too many files and directories.
    #[error("the instance holds {limit} files and directories, its limit; remove some")]
    TooManyFiles {
        /// The limit.
        limit: u64,
    },
    /// Too many names in a directory.
    #[error("the directory of {path} holds {limit} names, the limit; use another directory")]
    TooManyEntries {
        /// What would have been the next.
        path: Place,
        /// The limit.
        limit: usize,
    },
    /// Too many components.
    #[error("{path} has more than {limit} components; use a shorter path")]
    TooDeep {
        /// The path.
        path: Place,
        /// The limit.
        limit: usize,
    },
    /// A file larger than files can be.
    #[error("a file has at most {limit} bytes; split it")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// More bytes than the caller is ready to hold in one piece.
    #[error("the file has {size} bytes, at most {limit} are taken in one piece; read it in parts")]
    TooLargeAtOnce {
        /// The size.
        size: u64,
        /// What the caller allowed.
        limit: u64,
    },
    /// A name that leads nowhere because what it belongs to is gone, or a rename of a directory into itself.
    #[error("{0} cannot be moved there; choose a target outside of it")]
    IntoItself(Place),
}

impl VfsError {
    /// A stable name for machines.
    pub fn code(&self) -> &'static str {
        match self {
            VfsError::Denied(denial) => denial.reason.code(),
            VfsError::NotFound(_) => "not-found",
            VfsError::IsDirectory(_) => "is-a-directory",
            VfsError::NotDirectory(_) => "not-a-directory",
            VfsError::Exists(_) => "exists-already",
            VfsError::NotEmpty(_) => "not-empty",
            VfsError::WrongHash { .. } => "wrong-hash",
            VfsError::ContentIsFixed(_) => "content-is-fixed",
            VfsError::OverBudget(over) => over.code(),
            VfsError::TooManyFiles { .. } => "too-many-files",
            VfsError::TooManyEntries { .. } => "too-many-entries",
            VfsError::TooDeep { .. } => "path-too-deep",
            VfsError::TooLarge { .. } => "file-too-large",
            VfsError::TooLargeAtOnce { .. } => "file-too-large-at-once",
            VfsError::IntoItself(_) => "into-itself",
        }
    }
}

/// A path or stream as errors show it: quoted, escaped, cut when it is long.
#[derive(Clone, PartialEq, Eq)]
pub struct Place(String);

impl Place {
    /// Something that had a path and has none any more.
    pub(super) fn removed(ino: u64) -> Self {
        Place(format!("(removed, number {ino})"))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cut = self.0.chars().take(SHOWN_CHARACTERS).collect::<String>();
        let more = if cut.len() < self.0.len() { "…" } else { "" };
        write!(f, "{cut:?}{more}")
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<&VfsPath> for Place {
    fn from(path: &VfsPath) -> Self {
        Place(path.as_str().to_owned())
    }
}

impl From<&Target> for Place {
    fn from(target: &Target) -> Self {
        Place(target.to_string())
    }
}
