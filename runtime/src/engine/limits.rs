//! What guests may take besides memory of the budget, each with its reason.

/// Runs at one time. Each has a slot in the pool, which is 4 GiB of reserved address space and no memory; what more
/// runs would share is the same few cores, so they wait for a slot instead.
pub(crate) const DEFAULT_MAX_RUNS: u32 = 8;

/// Elements of one table. Large C++ and Python modules have some ten thousand functions in theirs; each element costs a
/// pointer, which is charged to the budget.
pub(crate) const DEFAULT_MAX_TABLE_ELEMENTS: u32 = 1 << 20;

/// Modules whose code is kept. A policy names few programs; a participant who uploads one version after the other
/// replaces the oldest.
pub(crate) const DEFAULT_MAX_CACHED_MODULES: usize = 64;

/// Bytes of compiled code that are kept. Code is not charged to the policy's memory: what a policy was written for must
/// not depend on how the compiler of this version behaves. A 26 MB module (Python) makes some 100 MB of code.
pub(crate) const DEFAULT_MAX_CACHED_CODE: u64 = 512 << 20;

/// Bytes of a module. The largest known guest, CPython in one file, has 26 MB; the compiler needs several times a
/// module's size, uncharged.
pub(crate) const MAX_MODULE_BYTES: usize = 128 << 20;

/// Tables of one module: compilers emit one for functions, and one more when asked for reference types.
pub(crate) const MAX_TABLES: u32 = 4;

/// Bytes of the engine's own record of one instance: 16 to 48 for each import, global and function whose address is
/// taken. The default of wasmtime, 1 MiB, is at 20,000 functions, which large C++ programs pass.
pub(super) const MAX_INSTANCE_BYTES: usize = 8 << 20;

/// Programs that wait for the compiler before anybody asked to run them. More would hold nothing but names and shared
/// chunks; they are compiled when they are run.
pub(super) const MAX_PREPARED: usize = 32;

/// Bytes of a module that need not wait behind larger ones: it compiles within a second, and what the compiler needs for
/// it besides a large one is little.
pub(super) const SMALL_MODULE_BYTES: u64 = 1 << 20;

/// Frames of a backtrace and characters of a function's name that a failure shows; both come from the guest.
pub(super) const MAX_BACKTRACE_FRAMES: usize = 20;
/// See [`MAX_BACKTRACE_FRAMES`]; mangled C++ names are long, and their beginning says enough.
pub(super) const MAX_SHOWN_NAME: usize = 100;

/// Stack of compiled code. Recursion deeper than this is a stack overflow of the guest; 1 MiB is what native threads of
/// small programs have, and twice wasmtime's default.
pub(super) const MAX_WASM_STACK: usize = 1 << 20;

/// What a thread that calls [`Engine::run`](super::Engine::run) must have as its stack at least, in bytes: the default
/// of threads of std and of tokio's blocking threads. Host functions run on what the guest leaves.
pub(crate) const RUN_THREAD_STACK: usize = 2 << 20;

/// Stack that host functions and what calls the engine can count on.
const HOST_STACK: usize = 512 << 10;
const _: () = assert!(MAX_WASM_STACK + HOST_STACK <= RUN_THREAD_STACK, "a guest could overflow the host's stack");

/// What an embedder can set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EngineLimits {
    /// See [`DEFAULT_MAX_RUNS`].
    pub(crate) max_runs: u32,
    /// See [`DEFAULT_MAX_TABLE_ELEMENTS`].
    pub(crate) max_table_elements: u32,
    /// See [`DEFAULT_MAX_CACHED_MODULES`].
    pub(crate) max_cached_modules: usize,
    /// See [`DEFAULT_MAX_CACHED_CODE`].
    pub(crate) max_cached_code: u64,
}

impl Default for EngineLimits {
    fn default() -> Self {
        EngineLimits {
            max_runs: DEFAULT_MAX_RUNS,
            max_table_elements: DEFAULT_MAX_TABLE_ELEMENTS,
            max_cached_modules: DEFAULT_MAX_CACHED_MODULES,
            max_cached_code: DEFAULT_MAX_CACHED_CODE,
        }
    }
}
