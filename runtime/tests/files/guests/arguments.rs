//! Arguments that cannot be used: every address of every call, and any numbers at all.

use proptest::prelude::*;

use super::guest::{BUFFERS, CREAT, DATA, FAULT, FIRST_PATH, Guest, INVAL, OUT, SECOND_PATH};

const FILE: i64 = -101;

/// Each call that takes addresses, with arguments that it succeeds with or is refused for another reason, and which of
/// them are addresses.
const CALLS: &[(&str, &[i64], &[usize])] = &[
    ("args_get", &[OUT, DATA], &[0, 1]),
    ("args_sizes_get", &[OUT, OUT + 8], &[0, 1]),
    ("environ_get", &[OUT, DATA], &[0, 1]),
    ("environ_sizes_get", &[OUT, OUT + 8], &[0, 1]),
    ("clock_res_get", &[0, OUT], &[1]),
    ("clock_time_get", &[1, 0, OUT], &[2]),
    ("fd_fdstat_get", &[FILE, OUT], &[1]),
    ("fd_filestat_get", &[FILE, OUT], &[1]),
    ("fd_pread", &[FILE, BUFFERS, 1, 0, OUT], &[1, 4]),
    ("fd_prestat_get", &[3, OUT], &[1]),
    ("fd_prestat_dir_name", &[3, DATA, 3], &[1]),
    ("fd_pwrite", &[FILE, BUFFERS, 1, 0, OUT], &[1, 4]),
    ("fd_read", &[FILE, BUFFERS, 1, OUT], &[1, 3]),
    ("fd_readdir", &[3, DATA, 100, 0, OUT], &[1, 4]),
    ("fd_seek", &[FILE, 0, 0, OUT], &[3]),
    ("fd_tell", &[FILE, OUT], &[1]),
    ("fd_write", &[FILE, BUFFERS, 1, OUT], &[1, 3]),
    ("path_create_directory", &[3, SECOND_PATH, 3], &[1]),
    ("path_filestat_get", &[3, 0, FIRST_PATH, 4, OUT], &[2, 4]),
    ("path_filestat_set_times", &[3, 0, FIRST_PATH, 4, 0, 0, 5], &[2]),
    ("path_link", &[3, 0, FIRST_PATH, 4, 3, SECOND_PATH, 3], &[2, 5]),
    ("path_open", &[3, 0, FIRST_PATH, 4, 0, 0, 0, 0, OUT], &[2, 8]),
    ("path_readlink", &[3, FIRST_PATH, 4, DATA, 10, OUT], &[1]),
    ("path_remove_directory", &[3, SECOND_PATH, 3], &[1]),
    ("path_rename", &[3, FIRST_PATH, 4, 3, SECOND_PATH, 3], &[1, 4]),
    ("path_symlink", &[FIRST_PATH, 4, 3, SECOND_PATH, 3], &[0, 3]),
    ("path_unlink_file", &[3, FIRST_PATH, 4], &[1]),
    ("poll_oneoff", &[DATA, DATA + 4096, 1, OUT], &[0, 1, 3]),
    ("random_get", &[DATA, 100], &[0]),
    ("fd_create", &[OUT], &[0]),
];

fn guest() -> (Guest, i64) {
    let surroundings = veracruz_runtime::wasi::Surroundings {
        arguments: vec!["program".to_owned(), "argument".to_owned()],
        environment: vec![("NAME".to_owned(), "value".to_owned())],
        ..super::guest::clocked()
    };
    let policy = super::guest::program_policy("/d/ : 536870911, stdin : 536870911");
    let vfs = super::guest::vfs_of(policy, 16 << 20, veracruz_runtime::vfs::VfsLimits::default());
    let mut guest = Guest::on(vfs, surroundings);
    guest.make("file", b"content");
    let file = guest.open(3, "file", CREAT).unwrap();
    guest.put(FIRST_PATH, b"file");
    guest.put(SECOND_PATH, b"new");
    guest.put(BUFFERS, &(DATA as u32).to_le_bytes());
    guest.put(BUFFERS + 4, &64_u32.to_le_bytes());
    (guest, i64::from(file))
}

#[test]
fn an_address_outside_of_memory_is_a_fault() {
    for (function, arguments, addresses) in CALLS {
        for address in *addresses {
            let end = guest().0.memory.len() as i64;
            for bad in [end, end - 1, 0xffff_fff8, 0xffff_ffff] {
                let (mut guest, file) = guest();
                let mut arguments: Vec<i64> = arguments.iter().map(|a| if *a == FILE { file } else { *a }).collect();
                arguments[*address] = bad;
                let errno = guest.call(function, &arguments);
                let unaligned = bad % 2 == 1;
                assert!(
                    errno == FAULT || (unaligned && errno == INVAL),
                    "{function} with {bad:#x} as argument {address}: {errno}"
                );
            }
        }
    }
}

#[test]
fn a_buffer_outside_of_memory_is_a_fault() {
    let (mut guest, file) = guest();
    for (at, len) in [(0xffff_ff00_u32, 16_u32), (DATA as u32, 0x7fff_ffff), (0xffff_ffff, 0xffff_ffff), (1 << 21, 1)] {
        guest.put(BUFFERS, &at.to_le_bytes());
        guest.put(BUFFERS + 4, &len.to_le_bytes());
        for (function, arguments) in [
            ("fd_read", &[file, BUFFERS, 1, OUT][..]),
            ("fd_write", &[file, BUFFERS, 1, OUT]),
            ("fd_pread", &[file, BUFFERS, 1, 0, OUT]),
            ("fd_pwrite", &[file, BUFFERS, 1, 0, OUT]),
        ] {
            assert_eq!(guest.call(function, arguments), FAULT, "{function} at {at:#x} of {len}");
        }
    }
    for (function, arguments) in [
        ("random_get", &[DATA, 0xffff_ffff][..]),
        ("fd_readdir", &[3, DATA, 0xffff_ffff, 0, OUT]),
        ("path_open", &[3, 0, FIRST_PATH, 0xffff_ffff, 0, 0, 0, 0, OUT]),
        ("fd_read", &[file, BUFFERS, 0xffff_ffff, OUT]),
        ("poll_oneoff", &[DATA, DATA, 0xffff_ffff, OUT]),
    ] {
        assert_ne!(guest.call(function, arguments), 0, "{function} of 4 GiB");
    }
}

#[test]
fn an_address_that_is_not_aligned_is_invalid() {
    let (mut guest, file) = guest();
    assert_eq!(guest.call("fd_read", &[file, BUFFERS + 1, 1, OUT]), INVAL);
    assert_eq!(guest.call("fd_tell", &[file, OUT + 1]), INVAL);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_arguments_bring_the_host_down(
        calls in proptest::collection::vec((0..46_usize, proptest::collection::vec((0..6_u8, any::<i64>()), 9)), 1..60),
    ) {
        let (mut guest, file) = guest();
        let spec = wiggle::witx::load(&["witx/wasi_snapshot_preview1.witx"]).unwrap();
        let functions: Vec<_> = spec.modules().next().unwrap().funcs().collect();
        for (which, seeds) in calls {
            let name = functions[which].name.as_str();
            // A wait without end and an exit are no faults of the call.
            if ["poll_oneoff", "proc_exit"].contains(&name) {
                continue;
            }
            let count = functions[which].wasm_signature().0.len();
            let arguments: Vec<i64> = seeds[..count].iter().map(|(kind, raw)| argument(*kind, *raw, file)).collect();
            let outcome = veracruz_runtime::wasi::call(&mut guest.wasi, &mut guest.memory, name, &arguments);
            prop_assert!(outcome.is_some_and(|errno| errno.is_ok()), "{} {:?}", name, arguments);
        }
    }
}

/// Something small, something that is there, something in memory, or anything.
fn argument(kind: u8, raw: i64, file: i64) -> i64 {
    match kind {
        0 => raw % 9,
        1 => file,
        2 => [OUT, DATA, FIRST_PATH, SECOND_PATH, BUFFERS][(raw.unsigned_abs() % 5) as usize],
        3 => raw % (3 << 20),
        4 => i64::from(raw as i32),
        _ => raw,
    }
}

#[test]
fn every_function_of_the_specification_is_there() {
    let spec = wiggle::witx::load(&["witx/wasi_snapshot_preview1.witx"]).unwrap();
    let module = spec.modules().next().unwrap();
    let engine = wasmtime::Engine::default();
    let mut linker = wasmtime::Linker::<veracruz_runtime::wasi::Wasi>::new(&engine);
    veracruz_runtime::wasi::add_to_linker(&mut linker, |wasi| wasi).unwrap();
    let mut count = 0;
    for function in module.funcs() {
        let text =
            format!("(module (import \"wasi_snapshot_preview1\" \"{}\" {}))", function.name.as_str(), kind(&function));
        let module = wasmtime::Module::new(&engine, wat::parse_str(&text).unwrap()).unwrap();
        linker.instantiate_pre(&module).unwrap_or_else(|error| panic!("{text}: {error}"));
        count += 1;
    }
    assert_eq!(count, 46);
}

/// The type of a function as the text format has it.
fn kind(function: &wiggle::witx::InterfaceFunc) -> String {
    let (parameters, results) = function.wasm_signature();
    let name = |kind: &wiggle::witx::WasmType| match kind {
        wiggle::witx::WasmType::I64 => "i64",
        _ => "i32",
    };
    let list = |word: &str, kinds: &[wiggle::witx::WasmType]| match kinds {
        [] => String::new(),
        kinds => format!("({word} {})", kinds.iter().map(name).collect::<Vec<_>>().join(" ")),
    };
    format!("(func {} {})", list("param", &parameters), list("result", &results))
}
