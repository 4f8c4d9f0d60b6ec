//! The open files of a run, by number. Looking one up is one step into a vector.

use std::sync::Arc;

use veracruz_policy::Rights;

use super::abi::Stop;
use super::abi::types::{Errno, Fd, Fdflags};
use crate::vfs::{Directory, File, Node};

/// Numbers below are the streams', whether or not the run has them: a file that became `stdout` by accident would be
/// written to by whatever prints.
pub(super) const FIRST_FREE: usize = 3;

#[derive(Debug)]
pub(super) struct Table {
    slots: Vec<Option<Handle>>,
    limit: usize,
}

/// An open file, directory or stream.
#[derive(Debug)]
pub(super) struct Handle {
    pub(super) node: Node,
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
    /// Itself if it has all of `needed`.
    pub(super) fn with(&mut self, needed: Rights) -> Result<&mut Self, Stop> {
        if self.rights.contains(needed) { Ok(self) } else { Err(Errno::Acces.into()) }
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
