//! Listing a directory for a guest, straight into its memory.
//!
//! An entry's cookie is a number that its name keeps for as long as it has it, so a listing goes on rightly whatever was
//! added or removed in between. Names on which the principal has no right are left out.

use veracruz_policy::{Rights, VfsPath};
use wiggle::{GuestMemory, GuestPtr};

use super::Wasi;
use super::abi::Stop;
use super::abi::types::{Dircookie, Errno, Fd, Filetype, Size};
use super::stat::filetype;
use super::table::{Handle, Origin};
use crate::vfs::{Directory, below};

/// `dirent` in the witx: next cookie, inode, length of the name, type, padding.
const HEADER_BYTES: usize = 24;

/// Cookies after `.` and `..`.
const AFTER_SELF: u64 = 1;
const AFTER_PARENT: u64 = 2;

impl Wasi {
    pub(super) fn readdir(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: Fd,
        buffer: GuestPtr<u8>,
        len: Size,
        cookie: Dircookie,
    ) -> Result<Size, Stop> {
        let handle = self.table.get_mut(fd)?.with(Rights::FD_READDIR)?;
        let parent = parent_ino(handle)?;
        let directory = handle.directory()?.clone();
        let path = self.view.shared.tree.read().path_of(&directory).ok_or(Errno::Noent)?;
        self.view.decide(&path, Rights::FD_READDIR)?;
        let into = memory.as_slice_mut(buffer.as_array(len))?.ok_or(Errno::Fault)?;
        let mut page = Page { into, used: 0 };
        if cookie < AFTER_SELF {
            page.put(AFTER_SELF, directory.ino(), ".", Filetype::Directory);
        }
        if cookie < AFTER_PARENT {
            page.put(AFTER_PARENT, parent, "..", Filetype::Directory);
        }
        self.fill(&mut page, &directory, &path, cookie.max(AFTER_PARENT));
        Ok(page.used as Size)
    }

    fn fill(&self, page: &mut Page<'_>, directory: &Directory, path: &VfsPath, mut cookie: u64) {
        while !page.is_full() {
            let Some(listed) = directory.next_after(cookie) else { return };
            cookie = listed.cookie;
            if below(path, &listed.name).is_ok_and(|path| self.view.is_visible(path)) {
                page.put(cookie, listed.node.ino(), &listed.name, filetype(&listed.node, false));
            }
        }
    }
}

/// A guest does not learn what lies above what it was given.
fn parent_ino(handle: &Handle) -> Result<u64, Stop> {
    let directory = handle.directory()?;
    let above = match handle.origin {
        Origin::Opened => directory.above().map(|(above, _)| above.ino()),
        Origin::Preopen(_) | Origin::Stream => None,
    };
    Ok(above.unwrap_or(directory.ino()))
}

/// The guest's buffer. The last entry is cut where the buffer ends, which tells the guest that there is more.
struct Page<'a> {
    into: &'a mut [u8],
    used: usize,
}

impl Page<'_> {
    fn is_full(&self) -> bool {
        self.used >= self.into.len()
    }

    fn put(&mut self, next: u64, ino: u64, name: &str, kind: Filetype) {
        let mut header = [0; HEADER_BYTES];
        let fields = [&next.to_le_bytes()[..], &ino.to_le_bytes(), &(name.len() as u32).to_le_bytes(), &[kind.into()]];
        for (to, from) in header.iter_mut().zip(fields.into_iter().flatten()) {
            *to = *from;
        }
        self.bytes(&header);
        self.bytes(name.as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        let free = self.into.get_mut(self.used..).unwrap_or_default();
        let fits = free.len().min(bytes.len());
        if let (Some(to), Some(from)) = (free.get_mut(..fits), bytes.get(..fits)) {
            to.copy_from_slice(from);
            self.used += fits;
        }
    }
}
