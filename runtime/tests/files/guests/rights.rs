//! Each call without the right that it needs: ACCES, and with it: something else.

use super::guest::{ACCES, ALL, BADF, BUFFERS, CREAT, DIRECTORY, FIRST_PATH, Guest, NOTSUP, OUT, SECOND_PATH};

const DATASYNC: i64 = 1;
const READ: i64 = 1 << 1;
const SEEK: i64 = 1 << 2;
const SET_FLAGS: i64 = 1 << 3;
const SYNC: i64 = 1 << 4;
const TELL: i64 = 1 << 5;
const WRITE: i64 = 1 << 6;
const ADVISE: i64 = 1 << 7;
const ALLOCATE: i64 = 1 << 8;
const CREATE_DIRECTORY: i64 = 1 << 9;
const CREATE_FILE: i64 = 1 << 10;
const LINK_SOURCE: i64 = 1 << 11;
const LINK_TARGET: i64 = 1 << 12;
const OPEN: i64 = 1 << 13;
const READDIR: i64 = 1 << 14;
const READLINK: i64 = 1 << 15;
const RENAME_SOURCE: i64 = 1 << 16;
const RENAME_TARGET: i64 = 1 << 17;
const PATH_STAT: i64 = 1 << 18;
const PATH_SIZE: i64 = 1 << 19;
const PATH_TIMES: i64 = 1 << 20;
const STAT: i64 = 1 << 21;
const SIZE: i64 = 1 << 22;
const TIMES: i64 = 1 << 23;
const SYMLINK: i64 = 1 << 24;
const REMOVE_DIRECTORY: i64 = 1 << 25;
const UNLINK: i64 = 1 << 26;
const SHUTDOWN: i64 = 1 << 28;

/// Placeholders for the numbers of a file and of a directory.
const FILE: i64 = -101;
const HERE: i64 = -102;

/// Function, the rights that it needs, its arguments. Paths: `file` at the first place, `new` at the second.
const CALLS: &[(&str, i64, &[i64])] = &[
    ("fd_datasync", DATASYNC, &[FILE]),
    ("fd_sync", SYNC, &[FILE]),
    ("fd_read", READ, &[FILE, BUFFERS, 1, OUT]),
    ("fd_pread", READ | SEEK, &[FILE, BUFFERS, 1, 0, OUT]),
    ("fd_write", WRITE, &[FILE, BUFFERS, 1, OUT]),
    ("fd_pwrite", WRITE | SEEK, &[FILE, BUFFERS, 1, 0, OUT]),
    ("fd_seek", SEEK, &[FILE, 1, 0, OUT]),
    ("fd_fdstat_set_flags", SET_FLAGS, &[FILE, 0]),
    ("fd_advise", ADVISE, &[FILE, 0, 1, 0]),
    ("fd_allocate", ALLOCATE, &[FILE, 0, 1]),
    ("fd_filestat_get", STAT, &[FILE, OUT]),
    ("fd_filestat_set_size", SIZE, &[FILE, 1]),
    ("fd_filestat_set_times", TIMES, &[FILE, 1, 1, 5]),
    ("fd_readdir", READDIR, &[HERE, 4096, 100, 0, OUT]),
    ("path_create_directory", CREATE_DIRECTORY, &[HERE, SECOND_PATH, 3]),
    ("path_filestat_get", PATH_STAT, &[HERE, 0, FIRST_PATH, 4, OUT]),
    ("path_filestat_set_times", PATH_TIMES, &[HERE, 0, FIRST_PATH, 4, 1, 1, 5]),
    ("path_link", LINK_SOURCE | LINK_TARGET, &[HERE, 0, FIRST_PATH, 4, HERE, SECOND_PATH, 3]),
    ("path_open", OPEN, &[HERE, 0, FIRST_PATH, 4, 0, 0, 0, 0, OUT]),
    ("path_open", OPEN | CREATE_FILE, &[HERE, 0, SECOND_PATH, 3, 1, 0, 0, 0, OUT]),
    ("path_open", OPEN | PATH_SIZE, &[HERE, 0, FIRST_PATH, 4, 8, 0, 0, 0, OUT]),
    ("path_readlink", READLINK, &[HERE, FIRST_PATH, 4, 4096, 10, OUT]),
    ("path_remove_directory", REMOVE_DIRECTORY, &[HERE, SECOND_PATH + 16, 3]),
    ("path_rename", RENAME_SOURCE | RENAME_TARGET, &[HERE, FIRST_PATH, 4, HERE, SECOND_PATH, 3]),
    ("path_symlink", SYMLINK, &[FIRST_PATH, 4, HERE, SECOND_PATH, 3]),
    ("path_unlink_file", UNLINK, &[HERE, FIRST_PATH, 4]),
    ("sock_recv", READ, &[FILE, BUFFERS, 1, 0, OUT, OUT + 8]),
    ("sock_send", WRITE, &[FILE, BUFFERS, 1, 0, OUT]),
    ("sock_shutdown", SHUTDOWN, &[FILE, 1]),
];

/// The errno of the call with these rights on the numbers.
fn narrowed(function: &str, arguments: &[i64], rights: i64) -> i32 {
    let mut guest = Guest::new("/d/ : 536870911");
    guest.make("file", b"content");
    guest.on_path("path_create_directory", 3, "sub").unwrap();
    let file = guest.open(3, "file", 0).unwrap();
    let here = guest.open(3, ".", DIRECTORY).unwrap();
    for fd in [file, here] {
        let had = guest.rights(fd).unwrap().0;
        assert_eq!(guest.call("fd_fdstat_set_rights", &[i64::from(fd), rights & had, 0]), 0);
    }
    guest.call_with(function, arguments, file, here)
}

/// The errno of the call when the policy's entry has these rights; the owner puts things in place.
fn under_entry(function: &str, arguments: &[i64], rights: i64) -> i32 {
    let mut guest = Guest::new(&format!("/d/ : {}", rights | OPEN));
    crate::world::write(&guest.vfs, "/d/file", b"content").unwrap();
    crate::world::write(&guest.vfs, "/d/sub/x", b"").unwrap();
    let file = guest.open(3, "file", 0).unwrap();
    guest.call_with(function, arguments, file, 3)
}

impl Guest {
    fn call_with(&mut self, function: &str, arguments: &[i64], file: u32, here: u32) -> i32 {
        self.put(FIRST_PATH, b"file");
        self.put(SECOND_PATH, b"new");
        self.put(SECOND_PATH + 16, b"sub");
        let place = |argument: &i64| match *argument {
            FILE => i64::from(file),
            HERE => i64::from(here),
            other => other,
        };
        let arguments: Vec<i64> = arguments.iter().map(place).collect();
        self.call(function, &arguments)
    }
}

#[test]
fn each_call_needs_its_rights_on_the_number_and_by_the_policy() {
    for (function, needed, arguments) in CALLS {
        let enough = narrowed(function, arguments, *needed);
        assert!(![ACCES, BADF].contains(&enough), "{function} has what it needs and gets {enough}");
        for bit in 0..29 {
            let right = 1 << bit;
            if needed & right == 0 {
                continue;
            }
            let outcome = narrowed(function, arguments, ALL & !right);
            assert_eq!(outcome, ACCES, "{function} without the right {bit} on its number");
            if right != OPEN {
                let outcome = under_entry(function, arguments, ALL & !right);
                assert_eq!(outcome, ACCES, "{function} without the right {bit} by the policy");
            }
        }
    }
}

#[test]
fn the_right_to_seek_or_to_tell_is_enough_to_tell() {
    for (rights, tells) in [(SEEK, true), (TELL, true), (READ, false)] {
        for (function, arguments) in [("fd_tell", &[FILE, OUT][..]), ("fd_seek", &[FILE, 0, 1, OUT])] {
            assert_eq!(narrowed(function, arguments, rights) == 0, tells, "{function} with {rights}");
        }
    }
}

#[test]
fn unknown_numbers_are_told_before_anything_else() {
    let mut guest = Guest::new("/d/ : 536870911");
    for (function, _, arguments) in CALLS {
        let arguments: Vec<i64> = arguments.iter().map(|argument| if *argument < 0 { 77 } else { *argument }).collect();
        assert_eq!(guest.call(function, &arguments), BADF, "{function}");
    }
    for (function, arguments) in [
        ("fd_close", &[77][..]),
        ("fd_fdstat_get", &[77, OUT]),
        ("fd_fdstat_set_rights", &[77, 0, 0]),
        ("fd_prestat_get", &[77, OUT]),
        ("fd_prestat_dir_name", &[77, OUT, 9]),
        ("fd_tell", &[77, OUT]),
        ("sock_accept", &[77, 0, OUT]),
    ] {
        assert_eq!(guest.call(function, arguments), BADF, "{function}");
    }
}

#[test]
fn sockets_and_signals_are_not_there() {
    let mut guest = Guest::new("/d/ : 536870911");
    let fd = i64::from(guest.open(3, "a", CREAT).unwrap());
    for (function, arguments) in [
        ("sock_accept", &[fd, 0, OUT][..]),
        ("sock_recv", &[fd, BUFFERS, 0, 0, OUT, OUT + 8]),
        ("sock_send", &[fd, BUFFERS, 0, 0, OUT]),
        ("sock_shutdown", &[fd, 3]),
        ("proc_raise", &[9]),
    ] {
        assert_eq!(guest.call(function, arguments), NOTSUP, "{function}");
    }
    assert_eq!(guest.call("sched_yield", &[]), 0);
}
