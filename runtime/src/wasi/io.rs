//! Reading, writing, seeking: the calls that a guest makes most. No lock but the file's own, no allocation, no search.

use veracruz_policy::Rights;
use wiggle::{GuestMemory, GuestPtr};

use super::Wasi;
use super::abi::Stop;
use super::abi::types::{Ciovec, Errno, Fd, Fdflags, Filedelta, Filesize, Iovec, Size, Whence};
use super::table::Handle;

/// Buffers of one call: POSIX `IOV_MAX` of Linux. More is EINVAL there and here.
const MAX_BUFFERS: u32 = 1024;

/// Bytes of one call. A guest can name the same 4 GiB in each of its buffers; a call must end soon enough for the run to
/// be cancelled within 100 ms. POSIX allows to transfer less than was asked for.
const MAX_TRANSFER: usize = 32 << 20;

impl Wasi {
    pub(super) fn read(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: Fd,
        buffers: GuestPtr<[Iovec]>,
        at: Option<Filesize>,
    ) -> Result<Size, Stop> {
        let handle = self.table.get_mut(fd)?.with(Rights::FD_READ | positioned(at))?;
        let file = handle.file()?;
        check_buffers(buffers.len())?;
        let start = at.unwrap_or(handle.offset);
        let mut done = 0;
        for buffer in buffers.iter() {
            let Iovec { buf, buf_len } = memory.read(buffer?)?;
            let wanted = (buf_len as usize).min(MAX_TRANSFER - done);
            let into = memory.as_slice_mut(buf.as_array(wanted as u32))?.ok_or(Errno::Fault)?;
            let piece = file.read_at(start.saturating_add(done as u64), into);
            done += piece;
            if piece < buf_len as usize {
                break;
            }
        }
        if at.is_none() {
            handle.offset = start.saturating_add(done as u64);
        }
        Ok(done as Size)
    }

    pub(super) fn write(
        &mut self,
        memory: &GuestMemory<'_>,
        fd: Fd,
        buffers: GuestPtr<[Ciovec]>,
        at: Option<Filesize>,
    ) -> Result<Size, Stop> {
        let now = self.view.shared.clock.wall_nanos();
        let limits = &self.view.shared.limits;
        let handle = self.table.get_mut(fd)?.with(Rights::FD_WRITE | positioned(at))?;
        let file = handle.file()?;
        check_buffers(buffers.len())?;
        let appends = at.is_none() && handle.flags.contains(Fdflags::APPEND);
        let mut offset = at.unwrap_or(handle.offset);
        let mut done = 0;
        for buffer in buffers.iter() {
            let Ciovec { buf, buf_len } = memory.read(buffer?)?;
            let wanted = (buf_len as usize).min(MAX_TRANSFER - done);
            let bytes = memory.as_slice(buf.as_array(wanted as u32))?.ok_or(Errno::Fault)?;
            let written = match appends {
                true => file.write_end(bytes, limits, now).map(|(piece, end)| {
                    offset = if piece > 0 { end } else { offset };
                    piece
                }),
                false => file.write_at(offset, bytes, limits, now).inspect(|piece| offset += *piece as u64),
            };
            match written {
                Ok(piece) => done += piece,
                // What is written is written: the guest learns of the end of memory by its next call.
                Err(_) if done > 0 => break,
                Err(error) => return Err(error.into()),
            }
            if done >= MAX_TRANSFER {
                break;
            }
        }
        if at.is_none() {
            handle.offset = offset;
        }
        Ok(done as Size)
    }

    pub(super) fn seek(&mut self, fd: Fd, delta: Filedelta, whence: Whence) -> Result<Filesize, Stop> {
        if delta == 0 && whence == Whence::Cur {
            return self.tell(fd);
        }
        let handle = self.table.get_mut(fd)?.with(Rights::FD_SEEK)?;
        let file = handle.file()?;
        let base = match whence {
            Whence::Set => 0,
            Whence::Cur => handle.offset,
            Whence::End => file.len(),
        };
        let offset = base.checked_add_signed(delta).filter(|offset| i64::try_from(*offset).is_ok());
        handle.offset = offset.ok_or(Errno::Inval)?;
        Ok(handle.offset)
    }

    /// The right to seek implies it (witx, `$rights`).
    pub(super) fn tell(&mut self, fd: Fd) -> Result<Filesize, Stop> {
        let handle = self.table.get(fd)?;
        handle.file()?;
        if !handle.rights.intersects(Rights::FD_TELL | Rights::FD_SEEK) {
            return Err(Errno::Acces.into());
        }
        Ok(handle.offset)
    }

    pub(super) fn set_size(&mut self, fd: Fd, size: Filesize) -> Result<(), Stop> {
        let file = self.table.get_mut(fd)?.with(Rights::FD_FILESTAT_SET_SIZE)?.file()?;
        check_signed(size)?;
        let shared = &self.view.shared;
        Ok(file.set_len(size, &shared.limits, shared.clock.wall_nanos())?)
    }

    /// The file is as long as asked for afterwards, and there was memory for what it grew by. It is not set aside: that
    /// would let a guest hold memory that it does not use.
    pub(super) fn allocate(&mut self, fd: Fd, offset: Filesize, len: Filesize) -> Result<(), Stop> {
        let file = self.table.get_mut(fd)?.with(Rights::FD_ALLOCATE)?.file()?;
        check_signed(offset)?;
        check_signed(len)?;
        if len == 0 {
            return Err(Errno::Inval.into());
        }
        let shared = &self.view.shared;
        let end = offset.saturating_add(len);
        let grows = end.saturating_sub(file.len());
        if end > shared.limits.file_bytes {
            return Err(Errno::Fbig.into());
        }
        if grows > 0 {
            shared.check_budget(grows)?;
            file.set_len(end, &shared.limits, shared.clock.wall_nanos())?;
        }
        Ok(())
    }

    /// Whatever is advised, files are in memory.
    pub(super) fn advise(&mut self, fd: Fd, offset: Filesize, len: Filesize) -> Result<(), Stop> {
        self.table.get_mut(fd)?.with(Rights::FD_ADVISE)?.file()?;
        check_signed(offset)?;
        check_signed(len)
    }

    /// There is nothing that a file could be synchronised with.
    pub(super) fn sync(&mut self, fd: Fd, needed: Rights) -> Result<(), Stop> {
        self.table.get_mut(fd)?.with(needed).map(|_: &mut Handle| ())
    }
}

/// Reading and writing at an offset needs the right to seek too (witx, `$rights`).
fn positioned(at: Option<Filesize>) -> Rights {
    if at.is_some() { Rights::FD_SEEK } else { Rights::empty() }
}

fn check_buffers(count: u32) -> Result<(), Stop> {
    if count <= MAX_BUFFERS { Ok(()) } else { Err(Errno::Inval.into()) }
}

/// Offsets and sizes are signed in POSIX, so larger ones can only be mistakes.
fn check_signed(number: u64) -> Result<(), Stop> {
    i64::try_from(number).map(drop).map_err(|_| Errno::Inval.into())
}
