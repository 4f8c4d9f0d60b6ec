//! From a guest's import to the call: memory found once, bad arguments told as errno, everything else a trap.
//!
//! This stands in place of the linking that `wiggle` generates, which looks the memory's name up in a map at each call
//! and ends the guest where an argument is bad.

use wasmtime::{Caller, Extern, Linker, Memory};
use wiggle::{GuestError, GuestMemory};

use super::Wasi;
use super::abi::types::Errno;
use super::abi::{Stop, errno_of, wasi_snapshot_preview1};

const PREVIEW1: &str = "wasi_snapshot_preview1";

/// Veracruz main's own interface.
const VERACRUZ: &str = "veracruz_si";

/// What the calls of a guest work on, and who is told of them.
pub(crate) trait Host {
    fn wasi(&mut self) -> &mut Wasi;

    /// Told of each call when it is done. Costs nothing unless it is overridden.
    fn done(&mut self, _call: &Call<'_>, _memory: &[u8]) {}
}

/// A call that is done.
pub(crate) struct Call<'a> {
    pub(crate) function: &'static str,
    pub(crate) arguments: &'a [i64],
    /// The errno; none when the call ends the guest.
    pub(crate) outcome: Option<i32>,
}

impl Host for Wasi {
    fn wasi(&mut self) -> &mut Wasi {
        self
    }
}

/// Every function with its parameters as wasm has them.
macro_rules! functions {
    ($then:ident) => {
        $then! {
            args_get(a: i32, b: i32) -> i32;
            args_sizes_get(a: i32, b: i32) -> i32;
            environ_get(a: i32, b: i32) -> i32;
            environ_sizes_get(a: i32, b: i32) -> i32;
            clock_res_get(a: i32, b: i32) -> i32;
            clock_time_get(a: i32, b: i64, c: i32) -> i32;
            fd_advise(a: i32, b: i64, c: i64, d: i32) -> i32;
            fd_allocate(a: i32, b: i64, c: i64) -> i32;
            fd_close(a: i32) -> i32;
            fd_datasync(a: i32) -> i32;
            fd_fdstat_get(a: i32, b: i32) -> i32;
            fd_fdstat_set_flags(a: i32, b: i32) -> i32;
            fd_fdstat_set_rights(a: i32, b: i64, c: i64) -> i32;
            fd_filestat_get(a: i32, b: i32) -> i32;
            fd_filestat_set_size(a: i32, b: i64) -> i32;
            fd_filestat_set_times(a: i32, b: i64, c: i64, d: i32) -> i32;
            fd_pread(a: i32, b: i32, c: i32, d: i64, e: i32) -> i32;
            fd_prestat_get(a: i32, b: i32) -> i32;
            fd_prestat_dir_name(a: i32, b: i32, c: i32) -> i32;
            fd_pwrite(a: i32, b: i32, c: i32, d: i64, e: i32) -> i32;
            fd_read(a: i32, b: i32, c: i32, d: i32) -> i32;
            fd_readdir(a: i32, b: i32, c: i32, d: i64, e: i32) -> i32;
            fd_renumber(a: i32, b: i32) -> i32;
            fd_seek(a: i32, b: i64, c: i32, d: i32) -> i32;
            fd_sync(a: i32) -> i32;
            fd_tell(a: i32, b: i32) -> i32;
            fd_write(a: i32, b: i32, c: i32, d: i32) -> i32;
            path_create_directory(a: i32, b: i32, c: i32) -> i32;
            path_filestat_get(a: i32, b: i32, c: i32, d: i32, e: i32) -> i32;
            path_filestat_set_times(a: i32, b: i32, c: i32, d: i32, e: i64, f: i64, g: i32) -> i32;
            path_link(a: i32, b: i32, c: i32, d: i32, e: i32, f: i32, g: i32) -> i32;
            path_open(a: i32, b: i32, c: i32, d: i32, e: i32, f: i64, g: i64, h: i32, i: i32) -> i32;
            path_readlink(a: i32, b: i32, c: i32, d: i32, e: i32, f: i32) -> i32;
            path_remove_directory(a: i32, b: i32, c: i32) -> i32;
            path_rename(a: i32, b: i32, c: i32, d: i32, e: i32, f: i32) -> i32;
            path_symlink(a: i32, b: i32, c: i32, d: i32, e: i32) -> i32;
            path_unlink_file(a: i32, b: i32, c: i32) -> i32;
            poll_oneoff(a: i32, b: i32, c: i32, d: i32) -> i32;
            proc_exit(a: i32) -> ();
            proc_raise(a: i32) -> i32;
            sched_yield() -> i32;
            random_get(a: i32, b: i32) -> i32;
            sock_accept(a: i32, b: i32, c: i32) -> i32;
            sock_recv(a: i32, b: i32, c: i32, d: i32, e: i32, f: i32) -> i32;
            sock_send(a: i32, b: i32, c: i32, d: i32, e: i32) -> i32;
            sock_shutdown(a: i32, b: i32) -> i32;
        }
    };
}

/// Makes the imports of WASI preview 1 and of `veracruz_si` known to `linker`.
pub(super) fn add<T: 'static, H: Host + 'static>(
    linker: &mut Linker<T>,
    get: impl Fn(&mut T) -> &mut H + Copy + Send + Sync + 'static,
) -> wasmtime::Result<()> {
    macro_rules! define {
        ($($name:ident($($arg:ident: $kind:ty),*) -> $out:ty;)*) => {$(
            linker.func_wrap(
                PREVIEW1,
                stringify!($name),
                move |mut caller: Caller<'_, T>, $($arg: $kind),*| -> wasmtime::Result<$out> {
                    let memory = memory_of(&mut caller, get)?;
                    let (bytes, data) = memory.data_and_store_mut(&mut caller);
                    let host = get(data);
                    let mut guest = GuestMemory::Unshared(bytes);
                    let result = wasi_snapshot_preview1::$name(host.wasi(), &mut guest, $($arg),*);
                    let result = result.or_else(told::<$out>);
                    if let GuestMemory::Unshared(bytes) = guest {
                        let outcome = result.as_ref().ok().map(Outcome::number);
                        let call = Call { function: stringify!($name), arguments: &[$(i64::from($arg)),*], outcome };
                        host.done(&call, bytes);
                    }
                    result
                },
            )?;
        )*};
    }
    functions!(define);
    linker.func_wrap(VERACRUZ, "fd_create", move |mut caller: Caller<'_, T>, into: i32| {
        let memory = memory_of(&mut caller, get)?;
        let (bytes, data) = memory.data_and_store_mut(&mut caller);
        let host = get(data);
        let result = fd_create(host.wasi(), &mut GuestMemory::Unshared(bytes), into);
        let outcome = result.as_ref().ok().copied();
        host.done(&Call { function: "fd_create", arguments: &[i64::from(into)], outcome }, bytes);
        result
    })?;
    Ok(())
}

/// One call without an engine, for embedders that have none and for tests: `memory` is the guest's, `arguments` are as
/// wasm has them. `None` when there is no such function or it takes another number of arguments.
///
/// The errno is 0 on success. An error ends the guest: see [`Exit`](super::Exit), [`Cancelled`](super::Cancelled).
pub fn call(wasi: &mut Wasi, memory: &mut [u8], function: &str, arguments: &[i64]) -> Option<wasmtime::Result<i32>> {
    let memory = &mut GuestMemory::Unshared(memory);
    macro_rules! dispatch {
        ($($name:ident($($arg:ident: $kind:ty),*) -> $out:ty;)*) => {
            match (function, arguments) {
                $((stringify!($name), &[$($arg),*]) => {
                    let result = wasi_snapshot_preview1::$name(wasi, memory, $($arg as $kind),*);
                    Some(result.or_else(told::<$out>).map(|out| out.number()))
                })*
                ("fd_create", &[into]) => Some(fd_create(wasi, memory, into as i32)),
                _ => None,
            }
        };
    }
    functions!(dispatch)
}

fn fd_create(wasi: &mut Wasi, memory: &mut GuestMemory<'_>, into: i32) -> wasmtime::Result<i32> {
    let written =
        wasi.create_anonymous().and_then(|fd| memory.write(wiggle::GuestPtr::new(into as u32), fd).map_err(Stop::from));
    match written {
        Ok(()) => Ok(Errno::Success as i32),
        Err(Stop::Errno(errno)) => Ok(errno as i32),
        Err(Stop::End(error)) => Err(error),
    }
}

/// A guest learns of bad arguments by errno; other errors are meant to end it.
fn told<Out: Outcome>(error: wasmtime::Error) -> wasmtime::Result<Out> {
    match error.downcast_ref::<GuestError>() {
        Some(bad) => Out::errno(errno_of(bad)).ok_or(error),
        None => Err(error),
    }
}

/// What a call gives back to wasm.
trait Outcome: Sized {
    fn errno(errno: Errno) -> Option<Self>;
    fn number(&self) -> i32;
}

impl Outcome for i32 {
    fn errno(errno: Errno) -> Option<Self> {
        Some(errno as i32)
    }

    fn number(&self) -> i32 {
        *self
    }
}

impl Outcome for () {
    fn errno(_: Errno) -> Option<Self> {
        None
    }

    fn number(&self) -> i32 {
        0
    }
}

/// The guest's memory: looked up by its name once, then kept.
fn memory_of<T: 'static, H: Host>(
    caller: &mut Caller<'_, T>,
    get: impl Fn(&mut T) -> &mut H,
) -> wasmtime::Result<Memory> {
    if let Some(memory) = get(caller.data_mut()).wasi().memory {
        return Ok(memory);
    }
    match caller.get_export("memory") {
        Some(Extern::Memory(memory)) => {
            get(caller.data_mut()).wasi().memory = Some(memory);
            Ok(memory)
        }
        _ => Err(wasmtime::Error::msg("the program exports no memory by the name `memory`")),
    }
}
