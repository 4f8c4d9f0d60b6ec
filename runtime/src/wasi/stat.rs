//! What a guest learns of open files and paths, and the times it sets.
//!
//! Times are shown only to guests that may know the time; the others see 0 and may still set them.

use veracruz_policy::Rights;

use super::Wasi;
use super::abi::types::{Errno, Fd, Fdflags, Fdstat, Filestat, Filetype, Fstflags, Timestamp};
use super::abi::{Stop, to_guest};
use super::table::Origin;
use super::walk::Route;
use crate::vfs::{Node, Times};

/// All files of an instance are on one device.
const DEVICE: u64 = 1;

impl Wasi {
    pub(super) fn fdstat(&self, fd: Fd) -> Result<Fdstat, Stop> {
        let handle = self.table.get(fd)?;
        Ok(Fdstat {
            fs_filetype: filetype(&handle.node, handle.origin == Origin::Stream),
            fs_flags: handle.flags,
            fs_rights_base: to_guest(handle.rights),
            fs_rights_inheriting: to_guest(handle.inheriting),
        })
    }

    pub(super) fn set_flags(&mut self, fd: Fd, flags: Fdflags) -> Result<(), Stop> {
        let handle = self.table.get_mut(fd)?.with(Rights::FD_FDSTAT_SET_FLAGS)?;
        handle.file()?;
        handle.flags = flags;
        Ok(())
    }

    /// Rights can be given up, not taken.
    pub(super) fn set_rights(&mut self, fd: Fd, base: Rights, inheriting: Rights) -> Result<(), Stop> {
        let handle = self.table.get_mut(fd)?;
        if !handle.rights.contains(base) || !handle.inheriting.contains(inheriting) {
            return Err(Errno::Acces.into());
        }
        handle.rights = base;
        handle.inheriting = inheriting;
        Ok(())
    }

    pub(super) fn fd_filestat(&mut self, fd: Fd) -> Result<Filestat, Stop> {
        let handle = self.table.get_mut(fd)?.with(Rights::FD_FILESTAT_GET)?;
        let (node, is_stream) = (handle.node.clone(), handle.origin == Origin::Stream);
        Ok(self.filestat(&node, is_stream))
    }

    pub(super) fn path_filestat(&mut self, fd: Fd, path: &str) -> Result<Filestat, Stop> {
        let start = self.directory(fd, Rights::PATH_FILESTAT_GET)?;
        let shared = self.view.shared.clone();
        let tree = shared.tree.read();
        let route = Route::read(&tree, &start, path)?;
        self.view.decide(&route.path, Rights::PATH_FILESTAT_GET)?;
        Ok(self.filestat(&route.find()?, false))
    }

    pub(super) fn fd_set_times(&mut self, fd: Fd, set: SetTimes) -> Result<(), Stop> {
        let handle = self.table.get_mut(fd)?.with(Rights::FD_FILESTAT_SET_TIMES)?;
        set.check()?;
        apply(&handle.node, set, self.view.shared.clock.wall_nanos());
        Ok(())
    }

    pub(super) fn path_set_times(&mut self, fd: Fd, path: &str, set: SetTimes) -> Result<(), Stop> {
        let start = self.directory(fd, Rights::PATH_FILESTAT_SET_TIMES)?;
        set.check()?;
        let shared = self.view.shared.clone();
        let tree = shared.tree.read();
        let route = Route::read(&tree, &start, path)?;
        self.view.decide(&route.path, Rights::PATH_FILESTAT_SET_TIMES)?;
        let node = route.find()?;
        self.view.check_undeclared(&route.path)?;
        apply(&node, set, shared.clock.wall_nanos());
        Ok(())
    }

    fn filestat(&self, node: &Node, is_stream: bool) -> Filestat {
        let (size, times, nlink) = match node {
            Node::File(file) => {
                let (size, times) = file.size_and_times();
                (size, times, file.names())
            }
            Node::Directory(directory) => (0, directory.times(), 1),
        };
        let times = if self.clock_enabled { times } else { Times::default() };
        Filestat {
            dev: DEVICE,
            ino: node.ino(),
            filetype: filetype(node, is_stream),
            nlink,
            size,
            atim: times.accessed,
            mtim: times.modified,
            ctim: times.changed,
        }
    }
}

/// Which times to set to what.
#[derive(Clone, Copy, Debug)]
pub(super) struct SetTimes {
    pub(super) accessed: Timestamp,
    pub(super) modified: Timestamp,
    pub(super) which: Fstflags,
}

impl SetTimes {
    fn check(&self) -> Result<(), Stop> {
        let twice = [Fstflags::ATIM | Fstflags::ATIM_NOW, Fstflags::MTIM | Fstflags::MTIM_NOW];
        if twice.iter().any(|both| self.which.contains(*both)) { Err(Errno::Inval.into()) } else { Ok(()) }
    }
}

fn apply(node: &Node, set: SetTimes, now: u64) {
    let change = |times: &mut Times| {
        if set.which.contains(Fstflags::ATIM) {
            times.accessed = set.accessed;
        } else if set.which.contains(Fstflags::ATIM_NOW) {
            times.accessed = now;
        }
        if set.which.contains(Fstflags::MTIM) {
            times.modified = set.modified;
        } else if set.which.contains(Fstflags::MTIM_NOW) {
            times.modified = now;
        }
        times.changed = now;
    };
    match node {
        Node::File(file) => file.set_times(change),
        Node::Directory(directory) => directory.set_times(change),
    }
}

pub(super) fn filetype(node: &Node, is_stream: bool) -> Filetype {
    match node {
        Node::File(_) if is_stream => Filetype::CharacterDevice,
        Node::File(_) => Filetype::RegularFile,
        Node::Directory(_) => Filetype::Directory,
    }
}
