//! Each call of WASI preview 1, handed to what does it.

use std::borrow::Cow;

use veracruz_policy::Rights;
use wiggle::{GuestMemory, GuestPtr};

use super::abi::types::{
    Advice, CiovecArray, Clockid, Dircookie, Errno, Event, Exitcode, Fd, Fdflags, Fdstat, Filedelta, Filesize,
    Filestat, Fstflags, IovecArray, Lookupflags, Oflags, Prestat, Riflags, Rights as GuestRights, Roflags, Sdflags,
    Siflags, Signal, Size, Subscription, Timestamp, Whence,
};
use super::abi::wasi_snapshot_preview1::WasiSnapshotPreview1;
use super::abi::{Stop, from_guest};
use super::open::Wish;
use super::stat::SetTimes;
use super::{Exit, Wasi};

type Memory<'a> = GuestMemory<'a>;

/// The text that a guest names a path with. It is checked before it is believed: see [`walk`](super::walk).
fn text<'a>(memory: &'a Memory<'_>, path: GuestPtr<str>) -> Result<Cow<'a, str>, Stop> {
    // A longer one would only be refused after it was read.
    if path.len() as usize > 2 * veracruz_policy::MAX_PATH_BYTES {
        return Err(Errno::Nametoolong.into());
    }
    Ok(memory.as_cow_str(path)?)
}

impl WasiSnapshotPreview1 for Wasi {
    fn args_get(
        &mut self,
        mem: &mut Memory<'_>,
        argv: GuestPtr<GuestPtr<u8>>,
        argv_buf: GuestPtr<u8>,
    ) -> Result<(), Stop> {
        self.arguments.write(mem, argv, argv_buf)
    }

    fn args_sizes_get(&mut self, _: &mut Memory<'_>) -> Result<(Size, Size), Stop> {
        self.arguments.sizes()
    }

    fn environ_get(
        &mut self,
        mem: &mut Memory<'_>,
        environ: GuestPtr<GuestPtr<u8>>,
        environ_buf: GuestPtr<u8>,
    ) -> Result<(), Stop> {
        self.environment.write(mem, environ, environ_buf)
    }

    fn environ_sizes_get(&mut self, _: &mut Memory<'_>) -> Result<(Size, Size), Stop> {
        self.environment.sizes()
    }

    fn clock_res_get(&mut self, _: &mut Memory<'_>, _: Clockid) -> Result<Timestamp, Stop> {
        self.clock_resolution()
    }

    fn clock_time_get(&mut self, _: &mut Memory<'_>, id: Clockid, _: Timestamp) -> Result<Timestamp, Stop> {
        self.clock_time(id)
    }

    fn fd_advise(
        &mut self,
        _: &mut Memory<'_>,
        fd: Fd,
        offset: Filesize,
        len: Filesize,
        _: Advice,
    ) -> Result<(), Stop> {
        self.advise(fd, offset, len)
    }

    fn fd_allocate(&mut self, _: &mut Memory<'_>, fd: Fd, offset: Filesize, len: Filesize) -> Result<(), Stop> {
        self.allocate(fd, offset, len)
    }

    fn fd_close(&mut self, _: &mut Memory<'_>, fd: Fd) -> Result<(), Stop> {
        self.table.close(fd)
    }

    fn fd_datasync(&mut self, _: &mut Memory<'_>, fd: Fd) -> Result<(), Stop> {
        self.sync(fd, Rights::FD_DATASYNC)
    }

    fn fd_fdstat_get(&mut self, _: &mut Memory<'_>, fd: Fd) -> Result<Fdstat, Stop> {
        self.fdstat(fd)
    }

    fn fd_fdstat_set_flags(&mut self, _: &mut Memory<'_>, fd: Fd, flags: Fdflags) -> Result<(), Stop> {
        self.set_flags(fd, flags)
    }

    fn fd_fdstat_set_rights(
        &mut self,
        _: &mut Memory<'_>,
        fd: Fd,
        base: GuestRights,
        inheriting: GuestRights,
    ) -> Result<(), Stop> {
        self.set_rights(fd, from_guest(base), from_guest(inheriting))
    }

    fn fd_filestat_get(&mut self, _: &mut Memory<'_>, fd: Fd) -> Result<Filestat, Stop> {
        self.fd_filestat(fd)
    }

    fn fd_filestat_set_size(&mut self, _: &mut Memory<'_>, fd: Fd, size: Filesize) -> Result<(), Stop> {
        self.set_size(fd, size)
    }

    fn fd_filestat_set_times(
        &mut self,
        _: &mut Memory<'_>,
        fd: Fd,
        accessed: Timestamp,
        modified: Timestamp,
        which: Fstflags,
    ) -> Result<(), Stop> {
        self.fd_set_times(fd, SetTimes { accessed, modified, which })
    }

    fn fd_pread(&mut self, mem: &mut Memory<'_>, fd: Fd, iovs: IovecArray, at: Filesize) -> Result<Size, Stop> {
        self.read(mem, fd, iovs, Some(at))
    }

    fn fd_prestat_get(&mut self, _: &mut Memory<'_>, fd: Fd) -> Result<Prestat, Stop> {
        self.prestat(fd)
    }

    fn fd_prestat_dir_name(&mut self, mem: &mut Memory<'_>, fd: Fd, path: GuestPtr<u8>, len: Size) -> Result<(), Stop> {
        self.prestat_name(mem, fd, path, len)
    }

    fn fd_pwrite(&mut self, mem: &mut Memory<'_>, fd: Fd, iovs: CiovecArray, at: Filesize) -> Result<Size, Stop> {
        self.write(mem, fd, iovs, Some(at))
    }

    fn fd_read(&mut self, mem: &mut Memory<'_>, fd: Fd, iovs: IovecArray) -> Result<Size, Stop> {
        self.read(mem, fd, iovs, None)
    }

    fn fd_readdir(
        &mut self,
        mem: &mut Memory<'_>,
        fd: Fd,
        buf: GuestPtr<u8>,
        len: Size,
        cookie: Dircookie,
    ) -> Result<Size, Stop> {
        self.readdir(mem, fd, buf, len, cookie)
    }

    fn fd_renumber(&mut self, _: &mut Memory<'_>, fd: Fd, to: Fd) -> Result<(), Stop> {
        self.table.renumber(fd, to)
    }

    fn fd_seek(&mut self, _: &mut Memory<'_>, fd: Fd, offset: Filedelta, whence: Whence) -> Result<Filesize, Stop> {
        self.seek(fd, offset, whence)
    }

    fn fd_sync(&mut self, _: &mut Memory<'_>, fd: Fd) -> Result<(), Stop> {
        self.sync(fd, Rights::FD_SYNC)
    }

    fn fd_tell(&mut self, _: &mut Memory<'_>, fd: Fd) -> Result<Filesize, Stop> {
        self.tell(fd)
    }

    fn fd_write(&mut self, mem: &mut Memory<'_>, fd: Fd, iovs: CiovecArray) -> Result<Size, Stop> {
        self.write(mem, fd, iovs, None)
    }

    fn path_create_directory(&mut self, mem: &mut Memory<'_>, fd: Fd, path: GuestPtr<str>) -> Result<(), Stop> {
        self.create_directory(fd, &text(mem, path)?)
    }

    fn path_filestat_get(
        &mut self,
        mem: &mut Memory<'_>,
        fd: Fd,
        _: Lookupflags,
        path: GuestPtr<str>,
    ) -> Result<Filestat, Stop> {
        self.path_filestat(fd, &text(mem, path)?)
    }

    fn path_filestat_set_times(
        &mut self,
        mem: &mut Memory<'_>,
        fd: Fd,
        _: Lookupflags,
        path: GuestPtr<str>,
        accessed: Timestamp,
        modified: Timestamp,
        which: Fstflags,
    ) -> Result<(), Stop> {
        self.path_set_times(fd, &text(mem, path)?, SetTimes { accessed, modified, which })
    }

    fn path_link(
        &mut self,
        mem: &mut Memory<'_>,
        old_fd: Fd,
        _: Lookupflags,
        old_path: GuestPtr<str>,
        new_fd: Fd,
        new_path: GuestPtr<str>,
    ) -> Result<(), Stop> {
        self.link((old_fd, &text(mem, old_path)?), (new_fd, &text(mem, new_path)?))
    }

    fn path_open(
        &mut self,
        mem: &mut Memory<'_>,
        fd: Fd,
        _: Lookupflags,
        path: GuestPtr<str>,
        how: Oflags,
        base: GuestRights,
        inheriting: GuestRights,
        flags: Fdflags,
    ) -> Result<Fd, Stop> {
        let path = text(mem, path)?;
        let (rights, inheriting) = (from_guest(base), from_guest(inheriting));
        self.open(fd, Wish { path: &path, how, rights, inheriting, flags })
    }

    fn path_readlink(
        &mut self,
        mem: &mut Memory<'_>,
        fd: Fd,
        path: GuestPtr<str>,
        _: GuestPtr<u8>,
        _: Size,
    ) -> Result<Size, Stop> {
        self.readlink(fd, &text(mem, path)?).map(|()| 0)
    }

    fn path_remove_directory(&mut self, mem: &mut Memory<'_>, fd: Fd, path: GuestPtr<str>) -> Result<(), Stop> {
        self.remove_directory(fd, &text(mem, path)?)
    }

    fn path_rename(
        &mut self,
        mem: &mut Memory<'_>,
        fd: Fd,
        old_path: GuestPtr<str>,
        new_fd: Fd,
        new_path: GuestPtr<str>,
    ) -> Result<(), Stop> {
        self.rename((fd, &text(mem, old_path)?), (new_fd, &text(mem, new_path)?))
    }

    fn path_symlink(
        &mut self,
        mem: &mut Memory<'_>,
        old_path: GuestPtr<str>,
        fd: Fd,
        new_path: GuestPtr<str>,
    ) -> Result<(), Stop> {
        text(mem, old_path)?;
        self.symlink(fd, &text(mem, new_path)?)
    }

    fn path_unlink_file(&mut self, mem: &mut Memory<'_>, fd: Fd, path: GuestPtr<str>) -> Result<(), Stop> {
        self.unlink_file(fd, &text(mem, path)?)
    }

    fn poll_oneoff(
        &mut self,
        mem: &mut Memory<'_>,
        subscriptions: GuestPtr<Subscription>,
        events: GuestPtr<Event>,
        count: Size,
    ) -> Result<Size, Stop> {
        self.poll(mem, subscriptions, events, count)
    }

    fn proc_exit(&mut self, _: &mut Memory<'_>, code: Exitcode) -> wiggle::error::Error {
        wiggle::error::Error::new(Exit(code))
    }

    /// No signal reaches a guest, not even its own.
    fn proc_raise(&mut self, _: &mut Memory<'_>, _: Signal) -> Result<(), Stop> {
        Err(Errno::Notsup.into())
    }

    /// There is no other thread to yield to; the engine interrupts a run by itself.
    fn sched_yield(&mut self, _: &mut Memory<'_>) -> Result<(), Stop> {
        Ok(())
    }

    fn random_get(&mut self, mem: &mut Memory<'_>, buf: GuestPtr<u8>, len: Size) -> Result<(), Stop> {
        self.random(mem, buf, len)
    }

    fn sock_accept(&mut self, _: &mut Memory<'_>, fd: Fd, _: Fdflags) -> Result<Fd, Stop> {
        self.no_socket(fd, Rights::empty()).map(|()| fd)
    }

    fn sock_recv(&mut self, _: &mut Memory<'_>, fd: Fd, _: IovecArray, _: Riflags) -> Result<(Size, Roflags), Stop> {
        self.no_socket(fd, Rights::FD_READ).map(|()| (0, Roflags::empty()))
    }

    fn sock_send(&mut self, _: &mut Memory<'_>, fd: Fd, _: CiovecArray, _: Siflags) -> Result<Size, Stop> {
        self.no_socket(fd, Rights::FD_WRITE).map(|()| 0)
    }

    fn sock_shutdown(&mut self, _: &mut Memory<'_>, fd: Fd, _: Sdflags) -> Result<(), Stop> {
        self.no_socket(fd, Rights::SOCK_SHUTDOWN)
    }
}

impl Wasi {
    /// An instance has no network for guests.
    fn no_socket(&mut self, fd: Fd, needed: Rights) -> Result<(), Stop> {
        self.table.get_mut(fd)?.with(needed)?;
        Err(Errno::Notsup.into())
    }
}
