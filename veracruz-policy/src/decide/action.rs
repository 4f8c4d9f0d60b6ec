//! What can be done with a file, a directory or a stream, and which rights that needs.

use std::fmt;

use crate::path::Target;
use crate::rights::Rights;

/// What is to be done with a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Read a whole file, or what a stream holds.
    Read,
    /// Replace a file's content, or set the standard input.
    Write {
        /// Whether the file does not exist yet.
        creates: bool,
    },
    /// Add to the end of a file.
    Append {
        /// Whether the file does not exist yet.
        creates: bool,
    },
    /// Run the file as a program.
    Execute,
    /// List a directory.
    List,
    /// Ask whether a path exists, and for its size.
    Stat,
    /// Use exactly these rights: what a program's system call needs.
    Use(Rights),
}

impl Action {
    /// The rights that the action needs on `target` (reference behaviour of Veracruz main's client operations).
    pub fn needs(self, target: &Target) -> Rights {
        let created = |creates| {
            if creates { Rights::PATH_CREATE_FILE } else { Rights::empty() }
        };
        let on_path = match target {
            Target::Path(_) => Rights::PATH_OPEN,
            Target::Stream(_) => Rights::empty(),
        };
        match (self, target) {
            (Action::Read, _) => on_path | Rights::FD_READ | Rights::FD_SEEK,
            (Action::Write { .. }, Target::Stream(_)) | (Action::Append { .. }, Target::Stream(_)) => {
                Rights::FD_WRITE | Rights::FD_SEEK
            }
            (Action::Write { creates }, Target::Path(_)) => {
                on_path | Rights::FD_WRITE | Rights::FD_SEEK | Rights::PATH_FILESTAT_SET_SIZE | created(creates)
            }
            (Action::Append { creates }, Target::Path(_)) => {
                on_path | Rights::FD_WRITE | Rights::FD_SEEK | created(creates)
            }
            (Action::Execute, _) => Rights::EXECUTE_ONLY,
            (Action::List, _) => on_path | Rights::FD_READDIR,
            (Action::Stat, _) => on_path,
            (Action::Use(rights), _) => rights,
        }
    }

    /// Whether a path can stand for something else afterwards, and everything below it too.
    pub(super) fn moves(self) -> bool {
        matches!(self, Action::Use(rights) if rights.intersects(Rights::PATH_RENAME_SOURCE | Rights::PATH_RENAME_TARGET))
    }

    /// Whether a file can be another one afterwards.
    pub(super) fn changes(self) -> bool {
        const CHANGING: Rights = Rights::FD_WRITE
            .union(Rights::FD_ALLOCATE)
            .union(Rights::FD_FILESTAT_SET_SIZE)
            .union(Rights::PATH_FILESTAT_SET_SIZE)
            .union(Rights::PATH_RENAME_SOURCE)
            .union(Rights::PATH_RENAME_TARGET)
            .union(Rights::PATH_LINK_TARGET)
            .union(Rights::PATH_SYMLINK)
            .union(Rights::PATH_UNLINK_FILE);
        match self {
            Action::Write { .. } | Action::Append { .. } => true,
            Action::Use(rights) => rights.intersects(CHANGING),
            Action::Read | Action::Execute | Action::List | Action::Stat => false,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Read => f.write_str("read"),
            Action::Write { .. } => f.write_str("write"),
            Action::Append { .. } => f.write_str("append to"),
            Action::Execute => f.write_str("execute"),
            Action::List => f.write_str("list"),
            Action::Stat => f.write_str("look at"),
            Action::Use(rights) => write!(f, "use {rights} on"),
        }
    }
}
