//! A guest without an engine: a piece of memory, and the calls made by name as wasm makes them.

use std::sync::Arc;

use veracruz_policy::{FullPolicy, Principal};
use veracruz_runtime::budget::Budget;
use veracruz_runtime::vfs::{Vfs, VfsLimits};
use veracruz_runtime::wasi::{Surroundings, Wasi, call};

use crate::world::{StoppedClock, builder, certificate, path};

pub(crate) const ACCES: i32 = 2;
pub(crate) const BADF: i32 = 8;
pub(crate) const EXIST: i32 = 20;
pub(crate) const FAULT: i32 = 21;
pub(crate) const FBIG: i32 = 22;
pub(crate) const ILSEQ: i32 = 25;
pub(crate) const INVAL: i32 = 28;
pub(crate) const ISDIR: i32 = 31;
pub(crate) const MFILE: i32 = 33;
pub(crate) const NAMETOOLONG: i32 = 37;
pub(crate) const NOENT: i32 = 44;
pub(crate) const NOSPC: i32 = 51;
pub(crate) const NOTDIR: i32 = 54;
pub(crate) const NOTEMPTY: i32 = 55;
pub(crate) const NOTSUP: i32 = 58;
pub(crate) const PERM: i32 = 63;

pub(crate) const CREAT: i64 = 1;
pub(crate) const DIRECTORY: i64 = 2;
pub(crate) const EXCL: i64 = 4;
pub(crate) const TRUNC: i64 = 8;

pub(crate) const APPEND: i64 = 1;

/// Bits 0 to 28: every right that guests and policies share.
pub(crate) const ALL: i64 = (1 << 29) - 1;

/// Where in memory results, paths, buffers and data lie.
pub(crate) const OUT: i64 = 64;
pub(crate) const FIRST_PATH: i64 = 1024;
pub(crate) const SECOND_PATH: i64 = 16 * 1024;
pub(crate) const BUFFERS: i64 = 32 * 1024;
pub(crate) const DATA: i64 = 64 * 1024;
const MEMORY: usize = 2 << 20;

/// The first directory that a policy's entry opens.
pub(crate) const DIR: u32 = 3;

pub(crate) struct Guest {
    pub(crate) vfs: Vfs,
    pub(crate) wasi: Wasi,
    pub(crate) memory: Vec<u8>,
}

/// What `fd_filestat_get` tells.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Filestat {
    pub(crate) ino: u64,
    pub(crate) kind: u8,
    pub(crate) links: u64,
    pub(crate) size: u64,
    pub(crate) times: [u64; 3],
}

pub(crate) type Answer<T> = Result<T, i32>;

/// An entry of a directory: the cookie to go on with, its name, its type.
pub(crate) type Listed = (u64, String, u8);

/// A policy with one participant that may do everything and a program with these capabilities.
pub(crate) fn program_policy(capabilities: &str) -> Arc<FullPolicy> {
    let policy = builder().identity(certificate("owner"), "/ : rwx, stdin : rw, stdout : r, stderr : r").unwrap();
    Arc::new(policy.program("/p.wasm", None, capabilities).unwrap().build().unwrap())
}

pub(crate) fn vfs_of(policy: Arc<FullPolicy>, budget: u64, limits: VfsLimits) -> Vfs {
    Vfs::new(policy, Budget::new(budget), limits, Arc::new(StoppedClock)).unwrap()
}

pub(crate) fn clocked() -> Surroundings {
    Surroundings { clock_enabled: true, ..Surroundings::default() }
}

impl Guest {
    /// A guest of a program with these capabilities, in an instance of its own.
    pub(crate) fn new(capabilities: &str) -> Self {
        Guest::on(vfs_of(program_policy(capabilities), 64 << 20, VfsLimits::default()), clocked())
    }

    pub(crate) fn limited(capabilities: &str, budget: u64, limits: VfsLimits) -> Self {
        Guest::on(vfs_of(program_policy(capabilities), budget, limits), clocked())
    }

    /// A run of the program on files that are there.
    pub(crate) fn on(vfs: Vfs, with: Surroundings) -> Self {
        let stdio = vfs.fresh_stdio().unwrap();
        let wasi = Wasi::new(&vfs, Principal::Program(path("/p.wasm")), &stdio, with).unwrap();
        Guest { vfs, wasi, memory: vec![0; MEMORY] }
    }

    /// The errno of a call.
    pub(crate) fn call(&mut self, function: &str, arguments: &[i64]) -> i32 {
        let outcome = call(&mut self.wasi, &mut self.memory, function, arguments);
        outcome.unwrap_or_else(|| panic!("no function {function} with {} arguments", arguments.len())).unwrap()
    }

    fn ask(&mut self, function: &str, arguments: &[i64]) -> Answer<()> {
        match self.call(function, arguments) {
            0 => Ok(()),
            errno => Err(errno),
        }
    }

    pub(crate) fn put(&mut self, at: i64, bytes: &[u8]) {
        self.memory[at as usize..][..bytes.len()].copy_from_slice(bytes);
    }

    pub(crate) fn u32_at(&self, at: i64) -> u32 {
        u32::from_le_bytes(self.memory[at as usize..][..4].try_into().unwrap())
    }

    pub(crate) fn u64_at(&self, at: i64) -> u64 {
        u64::from_le_bytes(self.memory[at as usize..][..8].try_into().unwrap())
    }

    fn path(&mut self, at: i64, text: &str) -> [i64; 2] {
        self.put(at, text.as_bytes());
        [at, text.len() as i64]
    }

    /// One buffer at [`DATA`] of this length.
    fn buffer(&mut self, len: usize) -> [i64; 2] {
        self.put(BUFFERS, &(DATA as u32).to_le_bytes());
        self.put(BUFFERS + 4, &(len as u32).to_le_bytes());
        [BUFFERS, 1]
    }

    pub(crate) fn open(&mut self, dir: u32, path: &str, how: i64) -> Answer<u32> {
        self.open_with(dir, path, how, ALL, 0)
    }

    pub(crate) fn open_with(&mut self, dir: u32, path: &str, how: i64, rights: i64, flags: i64) -> Answer<u32> {
        let [at, len] = self.path(FIRST_PATH, path);
        self.ask("path_open", &[i64::from(dir), 0, at, len, how, rights, rights, flags, OUT])?;
        Ok(self.u32_at(OUT))
    }

    pub(crate) fn read(&mut self, fd: u32, len: usize) -> Answer<Vec<u8>> {
        let [at, count] = self.buffer(len);
        self.ask("fd_read", &[i64::from(fd), at, count, OUT])?;
        Ok(self.memory[DATA as usize..][..self.u32_at(OUT) as usize].to_vec())
    }

    pub(crate) fn pread(&mut self, fd: u32, len: usize, offset: i64) -> Answer<Vec<u8>> {
        let [at, count] = self.buffer(len);
        self.ask("fd_pread", &[i64::from(fd), at, count, offset, OUT])?;
        Ok(self.memory[DATA as usize..][..self.u32_at(OUT) as usize].to_vec())
    }

    pub(crate) fn write(&mut self, fd: u32, bytes: &[u8]) -> Answer<usize> {
        self.put(DATA, bytes);
        let [at, count] = self.buffer(bytes.len());
        self.ask("fd_write", &[i64::from(fd), at, count, OUT])?;
        Ok(self.u32_at(OUT) as usize)
    }

    pub(crate) fn pwrite(&mut self, fd: u32, bytes: &[u8], offset: i64) -> Answer<usize> {
        self.put(DATA, bytes);
        let [at, count] = self.buffer(bytes.len());
        self.ask("fd_pwrite", &[i64::from(fd), at, count, offset, OUT])?;
        Ok(self.u32_at(OUT) as usize)
    }

    pub(crate) fn seek(&mut self, fd: u32, delta: i64, whence: i64) -> Answer<u64> {
        self.ask("fd_seek", &[i64::from(fd), delta, whence, OUT])?;
        Ok(self.u64_at(OUT))
    }

    pub(crate) fn close(&mut self, fd: u32) -> Answer<()> {
        self.ask("fd_close", &[i64::from(fd)])
    }

    pub(crate) fn set_size(&mut self, fd: u32, size: i64) -> Answer<()> {
        self.ask("fd_filestat_set_size", &[i64::from(fd), size])
    }

    /// A call that takes a directory and a path: `path_create_directory`, `path_unlink_file` and such.
    pub(crate) fn on_path(&mut self, function: &str, dir: u32, path: &str) -> Answer<()> {
        let [at, len] = self.path(FIRST_PATH, path);
        self.ask(function, &[i64::from(dir), at, len])
    }

    pub(crate) fn rename(&mut self, from: (u32, &str), to: (u32, &str)) -> Answer<()> {
        let [old, old_len] = self.path(FIRST_PATH, from.1);
        let [new, new_len] = self.path(SECOND_PATH, to.1);
        self.ask("path_rename", &[i64::from(from.0), old, old_len, i64::from(to.0), new, new_len])
    }

    pub(crate) fn link(&mut self, from: (u32, &str), to: (u32, &str)) -> Answer<()> {
        let [old, old_len] = self.path(FIRST_PATH, from.1);
        let [new, new_len] = self.path(SECOND_PATH, to.1);
        self.ask("path_link", &[i64::from(from.0), 0, old, old_len, i64::from(to.0), new, new_len])
    }

    pub(crate) fn stat(&mut self, dir: u32, path: &str) -> Answer<Filestat> {
        let [at, len] = self.path(FIRST_PATH, path);
        self.ask("path_filestat_get", &[i64::from(dir), 0, at, len, OUT])?;
        Ok(self.filestat())
    }

    pub(crate) fn fd_stat(&mut self, fd: u32) -> Answer<Filestat> {
        self.ask("fd_filestat_get", &[i64::from(fd), OUT])?;
        Ok(self.filestat())
    }

    fn filestat(&self) -> Filestat {
        Filestat {
            ino: self.u64_at(OUT + 8),
            kind: self.memory[OUT as usize + 16],
            links: self.u64_at(OUT + 24),
            size: self.u64_at(OUT + 32),
            times: [40, 48, 56].map(|at| self.u64_at(OUT + at)),
        }
    }

    /// Base and inheriting rights of a number.
    pub(crate) fn rights(&mut self, fd: u32) -> Answer<(i64, i64)> {
        self.ask("fd_fdstat_get", &[i64::from(fd), OUT])?;
        Ok((self.u64_at(OUT + 8) as i64, self.u64_at(OUT + 16) as i64))
    }

    /// The entries of one `fd_readdir`, and how many bytes were used.
    pub(crate) fn readdir(&mut self, fd: u32, room: usize, cookie: u64) -> Answer<(Vec<Listed>, usize)> {
        self.ask("fd_readdir", &[i64::from(fd), DATA, room as i64, cookie as i64, OUT])?;
        let used = self.u32_at(OUT) as usize;
        let mut rest = &self.memory[DATA as usize..][..used];
        let mut entries = Vec::new();
        while rest.len() >= 24 {
            let next = u64::from_le_bytes(rest[..8].try_into().unwrap());
            let len = u32::from_le_bytes(rest[16..20].try_into().unwrap()) as usize;
            let Some(name) = rest.get(24..24 + len) else { break };
            entries.push((next, String::from_utf8(name.to_vec()).unwrap(), rest[20]));
            rest = &rest[24 + len..];
        }
        Ok((entries, used))
    }

    /// All names of a directory, without `.` and `..`.
    pub(crate) fn names(&mut self, fd: u32) -> Answer<Vec<String>> {
        let (entries, _) = self.readdir(fd, 64 * 1024, 2)?;
        let mut names: Vec<String> = entries.into_iter().map(|(_, name, _)| name).collect();
        names.sort();
        Ok(names)
    }

    /// A new file with this content, closed again.
    pub(crate) fn make(&mut self, path: &str, bytes: &[u8]) {
        let fd = self.open(DIR, path, CREAT | TRUNC).unwrap();
        self.write(fd, bytes).unwrap();
        self.close(fd).unwrap();
    }

    /// The whole content of a file.
    pub(crate) fn content(&mut self, path: &str) -> Vec<u8> {
        let fd = self.open(DIR, path, 0).unwrap();
        let bytes = self.read(fd, 1 << 20).unwrap();
        self.close(fd).unwrap();
        bytes
    }
}
