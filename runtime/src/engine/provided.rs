//! The functions that programs can import, with their types: the list against which a module is checked before it is
//! compiled. A test holds it against what the linker really defines.

/// Module name of WASI preview 1.
pub(super) const WASI: &str = "wasi_snapshot_preview1";

/// Module name of Veracruz's own functions.
pub(super) const VERACRUZ: &str = "veracruz_si";

/// Functions of WASI preview 1 by their core types, in the order of its `wasi_snapshot_preview1.witx`.
const WASI_FUNCTIONS: &[(&str, &str)] = &[
    ("args_get", "(i32, i32) -> i32"),
    ("args_sizes_get", "(i32, i32) -> i32"),
    ("environ_get", "(i32, i32) -> i32"),
    ("environ_sizes_get", "(i32, i32) -> i32"),
    ("clock_res_get", "(i32, i32) -> i32"),
    ("clock_time_get", "(i32, i64, i32) -> i32"),
    ("fd_advise", "(i32, i64, i64, i32) -> i32"),
    ("fd_allocate", "(i32, i64, i64) -> i32"),
    ("fd_close", "(i32) -> i32"),
    ("fd_datasync", "(i32) -> i32"),
    ("fd_fdstat_get", "(i32, i32) -> i32"),
    ("fd_fdstat_set_flags", "(i32, i32) -> i32"),
    ("fd_fdstat_set_rights", "(i32, i64, i64) -> i32"),
    ("fd_filestat_get", "(i32, i32) -> i32"),
    ("fd_filestat_set_size", "(i32, i64) -> i32"),
    ("fd_filestat_set_times", "(i32, i64, i64, i32) -> i32"),
    ("fd_pread", "(i32, i32, i32, i64, i32) -> i32"),
    ("fd_prestat_get", "(i32, i32) -> i32"),
    ("fd_prestat_dir_name", "(i32, i32, i32) -> i32"),
    ("fd_pwrite", "(i32, i32, i32, i64, i32) -> i32"),
    ("fd_read", "(i32, i32, i32, i32) -> i32"),
    ("fd_readdir", "(i32, i32, i32, i64, i32) -> i32"),
    ("fd_renumber", "(i32, i32) -> i32"),
    ("fd_seek", "(i32, i64, i32, i32) -> i32"),
    ("fd_sync", "(i32) -> i32"),
    ("fd_tell", "(i32, i32) -> i32"),
    ("fd_write", "(i32, i32, i32, i32) -> i32"),
    ("path_create_directory", "(i32, i32, i32) -> i32"),
    ("path_filestat_get", "(i32, i32, i32, i32, i32) -> i32"),
    ("path_filestat_set_times", "(i32, i32, i32, i32, i64, i64, i32) -> i32"),
    ("path_link", "(i32, i32, i32, i32, i32, i32, i32) -> i32"),
    ("path_open", "(i32, i32, i32, i32, i32, i64, i64, i32, i32) -> i32"),
    ("path_readlink", "(i32, i32, i32, i32, i32, i32) -> i32"),
    ("path_remove_directory", "(i32, i32, i32) -> i32"),
    ("path_rename", "(i32, i32, i32, i32, i32, i32) -> i32"),
    ("path_symlink", "(i32, i32, i32, i32, i32) -> i32"),
    ("path_unlink_file", "(i32, i32, i32) -> i32"),
    ("poll_oneoff", "(i32, i32, i32, i32) -> i32"),
    ("proc_exit", "(i32) -> ()"),
    ("proc_raise", "(i32) -> i32"),
    ("sched_yield", "() -> i32"),
    ("random_get", "(i32, i32) -> i32"),
    ("sock_accept", "(i32, i32, i32) -> i32"),
    ("sock_recv", "(i32, i32, i32, i32, i32, i32) -> i32"),
    ("sock_send", "(i32, i32, i32, i32, i32) -> i32"),
    ("sock_shutdown", "(i32, i32) -> i32"),
];

/// Veracruz main's own functions: `fd_create` gives a new file without a name.
const VERACRUZ_FUNCTIONS: &[(&str, &str)] = &[("fd_create", "(i32) -> i32")];

/// The type of the function that is provided under these names.
pub(super) fn signature(module: &str, name: &str) -> Option<&'static str> {
    let functions = match module {
        WASI => WASI_FUNCTIONS,
        VERACRUZ => VERACRUZ_FUNCTIONS,
        _ => &[],
    };
    functions.iter().find(|(provided, _)| *provided == name).map(|(_, signature)| *signature)
}

/// Every function that is provided: module, name, type.
pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let wasi = WASI_FUNCTIONS.iter().map(|(name, signature)| (WASI, *name, *signature));
    wasi.chain(VERACRUZ_FUNCTIONS.iter().map(|(name, signature)| (VERACRUZ, *name, *signature)))
}
