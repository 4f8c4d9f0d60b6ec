//! The program that tries one system call, and what it can be told to try.

use veracruz_policy::{Rights, Stream};

use super::State;

/// What the program does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    Open,
    Read,
    Write,
    Append,
    Truncate,
    Seek,
    SetSize,
    ListDirectory,
    Create,
    Attributes,
    CreateDirectory,
    RemoveDirectory,
    Unlink,
    Rename,
    Stream(Stream),
}

/// A call and the rights that it needs.
#[derive(Debug)]
pub(super) struct Trial {
    pub(super) says: &'static str,
    pub(super) call: Call,
    /// Before the place is looked at.
    pub(super) at_path: Rights,
    /// After that, on what is there or made.
    pub(super) on_file: Rights,
}

pub(super) const TRIALS: &[Trial] = &[
    Trial::new("open", Call::Open, Rights::PATH_OPEN, Rights::empty()),
    Trial::new("read", Call::Read, Rights::PATH_OPEN, Rights::FD_READ),
    Trial::new("write", Call::Write, Rights::PATH_OPEN, Rights::FD_WRITE),
    Trial::new("append to", Call::Append, Rights::PATH_OPEN, Rights::FD_WRITE),
    Trial::new("truncate", Call::Truncate, Rights::PATH_OPEN.union(Rights::PATH_FILESTAT_SET_SIZE), Rights::empty()),
    Trial::new("seek in", Call::Seek, Rights::PATH_OPEN, Rights::FD_SEEK),
    Trial::new("set the size of", Call::SetSize, Rights::PATH_OPEN, Rights::FD_FILESTAT_SET_SIZE),
    Trial::new("list", Call::ListDirectory, Rights::PATH_OPEN, Rights::FD_READDIR),
    Trial::new("create", Call::Create, Rights::PATH_OPEN, Rights::PATH_CREATE_FILE),
    Trial::new("look at", Call::Attributes, Rights::PATH_FILESTAT_GET, Rights::empty()),
    Trial::new("make a directory", Call::CreateDirectory, Rights::PATH_CREATE_DIRECTORY, Rights::empty()),
    Trial::new("remove the directory", Call::RemoveDirectory, Rights::PATH_REMOVE_DIRECTORY, Rights::empty()),
    Trial::new("unlink", Call::Unlink, Rights::PATH_UNLINK_FILE, Rights::empty()),
    Trial::new("rename", Call::Rename, Rights::PATH_RENAME_SOURCE, Rights::empty()),
    Trial::new("read stdin beside", Call::Stream(Stream::Stdin), Rights::empty(), Rights::FD_READ),
    Trial::new("write stdout beside", Call::Stream(Stream::Stdout), Rights::empty(), Rights::FD_WRITE),
    Trial::new("write stderr beside", Call::Stream(Stream::Stderr), Rights::empty(), Rights::FD_WRITE),
];

impl Trial {
    const fn new(says: &'static str, call: Call, at_path: Rights, on_file: Rights) -> Self {
        Trial { says, call, at_path, on_file }
    }

    /// Whether the call has a meaning there: what reading a directory as a file gives is not the policy's matter, nor is
    /// moving a file from under one entry to under another.
    pub(super) fn fits(&self, state: State) -> bool {
        match self.call {
            Call::Stream(_) => state == State::Directory,
            Call::Read | Call::Write | Call::Append | Call::Truncate | Call::Seek | Call::SetSize | Call::Rename => {
                state != State::Directory
            }
            _ => true,
        }
    }

    /// Whether something can be another one afterwards.
    pub(super) fn changes(&self) -> bool {
        !matches!(
            self.call,
            Call::Open | Call::Read | Call::Seek | Call::ListDirectory | Call::Attributes | Call::Stream(_)
        )
    }

    /// What the program reads: its call, `oflags`, `fdflags`, three lengths, the rights to open with, three names.
    pub(super) fn command(&self, directory: &str, path: &str, moved: &str) -> Vec<u8> {
        const DIRECTORY: u8 = 2;
        const CREATE_EXCLUSIVELY: u8 = 1 | 4;
        const TRUNCATE: u8 = 8;
        const APPEND: u8 = 1;
        let (number, oflags, fdflags) = match self.call {
            Call::Open | Call::Truncate | Call::Create => (0, 0, 0),
            Call::Read => (1, 0, 0),
            Call::Write => (2, 0, 0),
            Call::Append => (2, 0, APPEND),
            Call::Seek => (3, 0, 0),
            Call::ListDirectory => (4, DIRECTORY, 0),
            Call::SetSize => (5, 0, 0),
            Call::Attributes => (6, 0, 0),
            Call::CreateDirectory => (7, 0, 0),
            Call::RemoveDirectory => (8, 0, 0),
            Call::Unlink => (9, 0, 0),
            Call::Rename => (10, 0, 0),
            Call::Stream(Stream::Stdin) => (11, 0, 0),
            Call::Stream(Stream::Stdout) => (12, 0, 0),
            Call::Stream(Stream::Stderr) => (13, 0, 0),
        };
        let oflags = match self.call {
            Call::Truncate => TRUNCATE,
            Call::Create => CREATE_EXCLUSIVELY,
            _ => oflags,
        };
        let length = |name: &str| u8::try_from(name.len()).unwrap();
        let lengths = [length(directory), length(path), length(moved)];
        let rights = self.on_file.bits().to_le_bytes();
        let names = [directory, path, moved].map(str::as_bytes).concat();
        [&[number, oflags, fdflags], lengths.as_slice(), &[0, 0], &rights, &names].concat()
    }
}

/// It reads `/command/line` and ends with the error number of the first call that fails, or 0; with 200 and 201 when it
/// is not given the directories it needs.
pub(super) fn program() -> Vec<u8> {
    wat::parse_str(include_str!("probe.wat")).unwrap()
}
