//! Paths and streams inside an instance.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::error::{Refusal, Rule, shown};

/// Bytes of a path: POSIX `PATH_MAX`, so that a path from a host always fits and a hostile one cannot grow.
pub const MAX_PATH_BYTES: usize = 4096;

/// Bytes of one component: POSIX `NAME_MAX`.
pub const MAX_COMPONENT_BYTES: usize = 255;

/// A path of the virtual file system in its one normal form: a leading slash, no trailing one, no component that is
/// empty, `.` or `..`; UTF-8 without NUL, at most [`MAX_PATH_BYTES`], each component at most [`MAX_COMPONENT_BYTES`].
///
/// Reading normalises what always meant the same thing to Veracruz (`input/`, `//input`, `/./input` are `/input`) and
/// refuses `..`, which in Veracruz escaped from the directory that the right was for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VfsPath(String);

impl VfsPath {
    /// The normal form of `text`.
    ///
    /// # Errors
    /// When the text has no normal form; see [`PathError`].
    pub fn parse(text: &str) -> Result<Self, PathError> {
        if text.is_empty() {
            return Err(PathError::Empty);
        }
        if text.len() > MAX_PATH_BYTES {
            return Err(PathError::TooLong(text.len()));
        }
        if text.contains('\0') {
            return Err(PathError::Nul);
        }
        let mut normal = String::with_capacity(text.len() + 1);
        for component in text.split('/') {
            match component {
                "" | "." => continue,
                ".." => return Err(PathError::Parent),
                _ if component.len() > MAX_COMPONENT_BYTES => return Err(PathError::ComponentTooLong(component.len())),
                _ => {
                    normal.push('/');
                    normal.push_str(component);
                }
            }
        }
        if normal.len() > MAX_PATH_BYTES {
            return Err(PathError::TooLong(normal.len()));
        }
        if normal.is_empty() {
            normal.push('/');
        }
        Ok(VfsPath(normal))
    }

    /// The normal form, with its leading slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The components from the root; none for the root itself.
    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.below_root().split('/').filter(|component| !component.is_empty())
    }

    /// Whether `other` is this path or lies below it.
    pub fn contains(&self, other: &VfsPath) -> bool {
        match other.below_root().strip_prefix(self.below_root()) {
            Some(rest) => rest.is_empty() || rest.starts_with('/') || self.is_root(),
            None => false,
        }
    }

    /// Whether this is `/`.
    pub fn is_root(&self) -> bool {
        self.0 == "/"
    }

    /// The path without its leading slash: empty for the root.
    pub(crate) fn below_root(&self) -> &str {
        self.0.strip_prefix('/').unwrap_or(&self.0)
    }
}

impl fmt::Display for VfsPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for VfsPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VfsPath({:?})", self.0)
    }
}

impl FromStr for VfsPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        VfsPath::parse(text)
    }
}

impl Serialize for VfsPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Why a text has no normal form as a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// No text at all.
    #[error("the path is empty")]
    Empty,
    /// Longer than [`MAX_PATH_BYTES`].
    #[error("the path has {0} bytes, the limit is {MAX_PATH_BYTES}")]
    TooLong(usize),
    /// A component longer than [`MAX_COMPONENT_BYTES`].
    #[error("a component of the path has {0} bytes, the limit is {MAX_COMPONENT_BYTES}")]
    ComponentTooLong(usize),
    /// A component `..`.
    #[error("the path has a component `..`; write the path that you mean")]
    Parent,
    /// A NUL character.
    #[error("the path has a NUL character")]
    Nul,
}

/// The three streams of a program, which policies list among the files by these names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// What the program reads.
    Stdin,
    /// What the program prints.
    Stdout,
    /// What the program reports.
    Stderr,
}

impl Stream {
    /// `stdin`, `stdout` or `stderr`.
    pub const fn name(self) -> &'static str {
        match self {
            Stream::Stdin => "stdin",
            Stream::Stdout => "stdout",
            Stream::Stderr => "stderr",
        }
    }

    fn by_name(name: &str) -> Option<Self> {
        [Stream::Stdin, Stream::Stdout, Stream::Stderr].into_iter().find(|stream| stream.name() == name)
    }
}

/// What a right is for: a path, or a stream when the name is exactly `stdin`, `stdout` or `stderr`.
///
/// `/stdin` with a slash is an ordinary file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// A file or directory.
    Path(VfsPath),
    /// A stream.
    Stream(Stream),
}

impl Target {
    /// The target that `name` stands for.
    ///
    /// # Errors
    /// When it is no stream and has no normal form as a path.
    pub fn parse(name: &str) -> Result<Self, PathError> {
        match Stream::by_name(name) {
            Some(stream) => Ok(Target::Stream(stream)),
            None => VfsPath::parse(name).map(Target::Path),
        }
    }

    /// The path, if it is one.
    pub fn as_path(&self) -> Option<&VfsPath> {
        match self {
            Target::Path(path) => Some(path),
            Target::Stream(_) => None,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Path(path) => path.fmt(f),
            Target::Stream(stream) => f.write_str(stream.name()),
        }
    }
}

impl From<VfsPath> for Target {
    fn from(path: VfsPath) -> Self {
        Target::Path(path)
    }
}

impl PathError {
    pub(crate) fn refuse(self, text: &str) -> Refusal {
        let found = format!("{}: {self}", shown(text));
        Refusal::new(Rule::BadPath, "a path such as `/input/` (no `..`), or `stdin`, `stdout`, `stderr`", found)
    }
}
