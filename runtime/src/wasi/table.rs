//! The open files of a run, by number. Looking one up is one step into a vector.

use std::sync::Arc;

use veracruz_policy::Rights;

use super::abi::Stop;
use super::abi::types::{Errno, Fd, Fdflags};
use crate::vfs::{Directory, File, Node};

/// Numbers below are the streams', whether or not the run has them: a file that became `stdout` by accident would be
/// written to by whatever prints.
pub(super) const FIRST_FREE: usize = 3;

/// What can be done with a directory's number (witx: the `path_*` rights, and those of `fd_*` calls that take one). No
/// directory's number has others: an entry of a policy writes the rights of the files in it beside these, and they are
/// what its directory hands on.
pub(super) const OF_DIRECTORIES: Rights = Rights::FD_DATASYNC
    .union(Rights::FD_SYNC)
    .union(Rights::PATH_CREATE_DIRECTORY)
    .union(Rights::PATH_CREATE_FILE)
    .union(Rights::PATH_LINK_SOURCE)
    .union(Rights::PATH_LINK_TARGET)
    .union(Rights::PATH_OPEN)
    .union(Rights::FD_READDIR)
    .union(Rights::PATH_READLINK)
    .union(Rights::PATH_RENAME_SOURCE)
    .union(Rights::PATH_RENAME_TARGET)
    .union(Rights::PATH_FILESTAT_GET)
    .union(Rights::PATH_FILESTAT_SET_SIZE)
    .union(Rights::PATH_FILESTAT_SET_TIMES)
    .union(Rights::FD_FILESTAT_GET)
    .union(Rights::FD_FILESTAT_SET_TIMES)
    .union(Rights::PATH_SYMLINK)
    .union(Rights::PATH_REMOVE_DIRECTORY)
    .union(Rights::PATH_UNLINK_FILE);

#[derive(Debug)]
pub(super) struct Table {
    slots: Vec<Option<Handle>>,
    limit: usize,
}

/// An open file, directory or stream.
#[derive(Debug)]
pub(super) struct Handle {
    pub(super) node: Node,
    /// What its number can be used for; a directory's has nothing but [`OF_DIRECTORIES`].
    pub(super) rights: Rights,
    /// What a file that is opened through this directory has at most.
    pub(super) inheriting: Rights,
    pub(super) flags: Fdflags,
    pub(super) offset: u64,
    pub(super) origin: Origin,
}

/// Where an open file comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// One of the three streams.
    Stream,
    /// There from the start, with the name that the guest knows it by.
    Preopen(Arc<str>),
    /// Opened by the guest.
    Opened,
}

impl Handle {
    /// Itself if it has all of `needed`; a directory is no number for a call that needs a right which none has.
    pub(super) fn with(&mut self, needed: Rights) -> Result<&mut Self, Stop> {
        match &self.node {
            _ if self.rights.contains(needed) => Ok(self),
            Node::Directory(_) if !OF_DIRECTORIES.contains(needed) => Err(Errno::Badf.into()),
            _ => Err(Errno::Acces.into()),
        }
    }

    /// The file; calls for files do not know what to do with a directory's number.
    pub(super) fn file(&self) -> Result<&Arc<File>, Stop> {
        match &self.node {
            Node::File(file) => Ok(file),
            Node::Directory(_) => Err(Errno::Badf.into()),
        }
    }

    pub(super) fn directory(&self) -> Result<&Arc<Directory>, Stop> {
        match &self.node {
            Node::Directory(directory) => Ok(directory),
            Node::File(_) => Err(Errno::Notdir.into()),
        }
    }
}

impl Table {
    pub(super) fn new(limit: usize) -> Self {
        Table { slots: (0..FIRST_FREE).map(|_| None).collect(), limit }
    }

    pub(super) fn get(&self, fd: Fd) -> Result<&Handle, Stop> {
        let slot = self.slots.get(u32::from(fd) as usize);
        slot.and_then(Option::as_ref).ok_or(Stop::Errno(Errno::Badf))
    }

    pub(super) fn get_mut(&mut self, fd: Fd) -> Result<&mut Handle, Stop> {
        let slot = self.slots.get_mut(u32::from(fd) as usize);
        slot.and_then(Option::as_mut).ok_or(Stop::Errno(Errno::Badf))
    }

    /// Puts a stream at its number.
    pub(super) fn set_stream(&mut self, number: usize, handle: Handle) {
        if let Some(slot) = self.slots.get_mut(number) {
            *slot = Some(handle);
        }
    }

    /// Adds what is open from the start. The limit is for what the guest opens.
    pub(super) fn push_preopen(&mut self, handle: Handle) {
        self.slots.push(Some(handle));
        self.limit += 1;
    }

    /// Whether another file can be opened.
    pub(super) fn check_room(&self) -> Result<(), Stop> {
        let open = self.slots.iter().filter(|slot| slot.is_some()).count();
        if open < self.limit { Ok(()) } else { Err(Errno::Mfile.into()) }
    }

    /// Gives a file the lowest number that is free.
    pub(super) fn push(&mut self, handle: Handle) -> Result<Fd, Stop> {
        self.check_room()?;
        let free = self.slots.iter().skip(FIRST_FREE).position(Option::is_none);
        let number = match free {
            Some(position) => position + FIRST_FREE,
            None => {
                self.slots.push(None);
                self.slots.len() - 1
            }
        };
        if let Some(slot) = self.slots.get_mut(number) {
            *slot = Some(handle);
        }
        u32::try_from(number).map(Fd::from).map_err(|_| Errno::Mfile.into())
    }

    pub(super) fn close(&mut self, fd: Fd) -> Result<(), Stop> {
        let slot = self.slots.get_mut(u32::from(fd) as usize);
        slot.and_then(Option::take).map(drop).ok_or(Stop::Errno(Errno::Badf))
    }

    /// Moves an open file to the number of another one, which is closed.
    pub(super) fn renumber(&mut self, from: Fd, to: Fd) -> Result<(), Stop> {
        self.get(to)?;
        self.get(from)?;
        if from == to {
            return Ok(());
        }
        let moved = self.slots.get_mut(u32::from(from) as usize).and_then(Option::take);
        if let Some(slot) = self.slots.get_mut(u32::from(to) as usize) {
            *slot = moved;
        }
        Ok(())
    }
}
