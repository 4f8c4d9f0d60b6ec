//! Numbers of open files: reading, writing, seeking, sizes, flags.

use super::guest::{
    ACCES, ALL, APPEND, BADF, BUFFERS, CREAT, DATA, DIR, DIRECTORY, FBIG, FIRST_PATH, Guest, INVAL, ISDIR, MFILE,
    NOENT, NOSPC, NOTDIR, OUT, TRUNC, clocked,
};
use crate::world::{CHUNK, NOW, pattern, read};
use veracruz_runtime::vfs::VfsLimits;

const EVERYTHING: &str = "/d/ : 536870911, stdin : 536870911, stdout : 536870911, stderr : 536870911";

const SET: i64 = 0;
const CUR: i64 = 1;
const END: i64 = 2;

#[test]
fn seeking_follows_the_specification() {
    let mut guest = Guest::new(EVERYTHING);
    let fd = guest.open(DIR, "a", CREAT).unwrap();
    guest.write(fd, b"0123456789").unwrap();
    for (delta, whence, expected) in [
        (0, CUR, Ok(10)),
        (3, SET, Ok(3)),
        (4, CUR, Ok(7)),
        (-8, CUR, Err(INVAL)),
        (-1, SET, Err(INVAL)),
        (0, CUR, Ok(7)),
        (-10, END, Ok(0)),
        (-11, END, Err(INVAL)),
        (i64::MAX, SET, Ok(i64::MAX as u64)),
        (1, CUR, Err(INVAL)),
        (90, END, Ok(100)),
        (0, 3, Err(INVAL)),
    ] {
        assert_eq!(guest.seek(fd, delta, whence), expected, "by {delta} from {whence}");
    }
    assert_eq!(guest.fd_stat(fd).unwrap().size, 10, "seeking must not grow the file");
    assert_eq!(guest.read(fd, 5).unwrap(), b"");
    guest.write(fd, b"!").unwrap();
    let expected = [&b"0123456789"[..], &[0; 90], b"!"].concat();
    assert_eq!(guest.pread(fd, 200, 0).unwrap(), expected, "a gap reads as zeros");
}

#[test]
fn holes_cost_nothing_and_read_as_zeros() {
    let mut guest = Guest::limited("/d/ : 536870911", 4 << 20, VfsLimits::default());
    let before = guest.vfs.budget().used();
    let fd = guest.open(DIR, "sparse", CREAT).unwrap();
    guest.set_size(fd, 8 << 30).unwrap();
    assert!(guest.vfs.budget().used() < before + 2000);
    assert_eq!(guest.pread(fd, 9, (8 << 30) - 4).unwrap(), [0; 4]);
    guest.pwrite(fd, b"end", (4 << 30) - 1).unwrap();
    assert_eq!(guest.pread(fd, 5, (4 << 30) - 2).unwrap(), b"\0end\0");
    assert_eq!(guest.fd_stat(fd).unwrap().size, 8 << 30);
    guest.set_size(fd, 4 << 30).unwrap();
    guest.set_size(fd, 8 << 30).unwrap();
    assert_eq!(guest.pread(fd, 5, (4 << 30) - 2).unwrap(), b"\0e\0\0\0", "what was cut off must not come back");
    for (size, errno) in [(i64::MAX, FBIG), (-1, INVAL), ((64 << 30) + 1, FBIG)] {
        assert_eq!(guest.set_size(fd, size), Err(errno), "{size}");
    }
    assert_eq!(guest.pwrite(fd, b"x", i64::MAX), Err(FBIG));
    assert_eq!(guest.pwrite(fd, b"x", -1), Err(FBIG));
    assert_eq!(guest.pread(fd, 1, -1).unwrap(), b"");
}

#[test]
fn append_writes_at_the_end_wherever_the_offset_is() {
    let mut guest = Guest::new(EVERYTHING);
    guest.make("a", b"one");
    let fd = guest.open_with(DIR, "a", 0, ALL, APPEND).unwrap();
    let plain = guest.open(DIR, "a", 0).unwrap();
    guest.write(fd, b" two").unwrap();
    guest.seek(fd, 0, SET).unwrap();
    guest.write(fd, b" three").unwrap();
    assert_eq!(guest.seek(fd, 0, CUR), Ok(13));
    guest.pwrite(fd, b"ONE", 0).unwrap();
    assert_eq!(guest.read(plain, 100).unwrap(), b"ONE two three");
    assert_eq!(guest.call("fd_fdstat_set_flags", &[i64::from(fd), 0]), 0);
    guest.seek(fd, 4, SET).unwrap();
    guest.write(fd, b"TWO").unwrap();
    assert_eq!(guest.content("a"), b"ONE TWO three");
}

#[test]
fn several_buffers_are_filled_and_written_in_order() {
    let mut guest = Guest::new(EVERYTHING);
    let fd = guest.open(DIR, "a", CREAT).unwrap();
    guest.put(DATA, b"abcdefgh");
    let buffers = [(DATA, 3), (DATA + 3, 0), (DATA + 5, 2), (DATA, 1)];
    let place = |guest: &mut Guest| {
        for (position, (at, len)) in buffers.iter().enumerate() {
            guest.put(BUFFERS + 8 * position as i64, &(*at as u32).to_le_bytes());
            guest.put(BUFFERS + 8 * position as i64 + 4, &u32::to_le_bytes(*len));
        }
    };
    place(&mut guest);
    assert_eq!(guest.call("fd_write", &[i64::from(fd), BUFFERS, 4, OUT]), 0);
    assert_eq!(guest.u32_at(OUT), 6);
    assert_eq!(guest.content("a"), b"abcfga");
    guest.put(DATA, &[b'.'; 8]);
    place(&mut guest);
    assert_eq!(guest.call("fd_pread", &[i64::from(fd), BUFFERS, 3, 1, OUT]), 0);
    assert_eq!((guest.u32_at(OUT), &guest.memory[DATA as usize..][..8]), (5, &b"bcf..ga."[..]));
    assert_eq!(guest.call("fd_write", &[i64::from(fd), BUFFERS, 1025, OUT]), INVAL, "too many buffers");
    assert_eq!(guest.call("fd_write", &[i64::from(fd), BUFFERS, 0, OUT]), 0, "none are nothing to do");
}

#[test]
fn a_write_that_runs_out_of_memory_says_how_much_was_written() {
    let mut guest = Guest::limited("/d/ : 536870911", 1 << 20, VfsLimits::default());
    let fd = guest.open(DIR, "a", CREAT).unwrap();
    let bytes = pattern(3, 700_000);
    let mut written = 0;
    let errno = loop {
        match guest.write(fd, &bytes) {
            Ok(piece) => written += piece,
            Err(errno) => break errno,
        }
    };
    assert_eq!(errno, NOSPC);
    assert!(written > 700_000 && written < 1 << 20, "{written}");
    assert_eq!(guest.fd_stat(fd).unwrap().size, written as u64);
    assert!(guest.pread(fd, 700_000, 0).unwrap() == bytes);
    assert_eq!(guest.call("fd_allocate", &[i64::from(fd), 0, 2 << 20]), NOSPC);
    assert_eq!(guest.fd_stat(fd).unwrap().size, written as u64);
    assert_eq!(guest.open(DIR, "b", CREAT).and_then(|fd| guest.write(fd, &bytes)), Err(NOSPC));
}

#[test]
fn memory_is_given_back_when_the_last_name_and_number_are_gone() {
    let mut guest = Guest::new(EVERYTHING);
    let before = guest.vfs.budget().used();
    guest.on_path("path_create_directory", DIR, "sub").unwrap();
    let fd = guest.open(DIR, "sub/a", CREAT).unwrap();
    guest.write(fd, &pattern(1, 3 * CHUNK + 5)).unwrap();
    guest.link((DIR, "sub/a"), (DIR, "b")).unwrap();
    guest.on_path("path_unlink_file", DIR, "sub/a").unwrap();
    guest.on_path("path_unlink_file", DIR, "b").unwrap();
    assert!(guest.pread(fd, 3 * CHUNK + 5, 0).unwrap() == pattern(1, 3 * CHUNK + 5), "an open file outlives its names");
    assert_eq!(guest.fd_stat(fd).unwrap().links, 0);
    guest.on_path("path_remove_directory", DIR, "sub").unwrap();
    guest.close(fd).unwrap();
    assert_eq!(guest.call("fd_create", &[OUT]), 0);
    let anonymous = guest.u32_at(OUT);
    guest.write(anonymous, b"nobody sees this").unwrap();
    assert_eq!(guest.pread(anonymous, 6, 0).unwrap(), b"nobody");
    guest.close(anonymous).unwrap();
    assert_eq!(guest.vfs.budget().used(), before);
}

#[test]
fn numbers_are_limited_reused_and_moved() {
    let mut guest = Guest::limited("/d/ : 536870911", 1 << 20, VfsLimits { handles: 3, ..VfsLimits::default() });
    guest.make("a", b"aa");
    guest.make("b", b"bb");
    let [a, b, c] = ["a", "b", "a"].map(|name| guest.open(DIR, name, 0).unwrap());
    assert_eq!(guest.open(DIR, "new", CREAT), Err(MFILE));
    assert_eq!(guest.stat(DIR, "new"), Err(NOENT), "a file that cannot be opened is not made");
    assert_eq!(guest.call("fd_create", &[OUT]), MFILE);
    assert_eq!(guest.call("fd_renumber", &[i64::from(a), 99]), BADF);
    assert_eq!(guest.call("fd_renumber", &[99, i64::from(a)]), BADF);
    assert_eq!(guest.call("fd_renumber", &[i64::from(b), i64::from(b)]), 0);
    assert_eq!(guest.call("fd_renumber", &[i64::from(a), i64::from(b)]), 0);
    assert_eq!(guest.read(b, 9).unwrap(), b"aa");
    assert_eq!(guest.close(a), Err(BADF));
    assert_eq!(guest.open(DIR, "b", 0), Ok(a), "the lowest free number");
    guest.close(c).unwrap();
    assert_eq!(guest.call("fd_renumber", &[i64::from(a), i64::from(DIR)]), 0);
    assert_eq!(guest.read(DIR, 9).unwrap(), b"bb");
    assert_eq!(
        guest.call("fd_prestat_get", &[i64::from(DIR), OUT]),
        BADF,
        "it is no directory from the start any more"
    );
    for fd in [99, u32::MAX] {
        assert_eq!(guest.read(fd, 1), Err(BADF));
    }
}

#[test]
fn streams_are_the_run_s_own() {
    let mut first = Guest::new("stdin : 8198, stdout : 534084");
    let vfs = first.vfs.clone();
    crate::world::write(&vfs, "stdin", b"question").unwrap();
    assert_eq!(first.read(0, 99).unwrap(), b"", "a run keeps the input that it began with");
    first.write(1, b"a long answer").unwrap();
    assert_eq!(read(&vfs, "stdout").unwrap(), b"a long answer", "readers see what is printed so far");
    assert_eq!(first.write(2, b"error"), Err(BADF), "no entry, no stream");

    let mut second = Guest::on(vfs.clone(), clocked());
    assert_eq!(second.read(0, 99).unwrap(), b"question");
    second.write(1, b"short").unwrap();
    assert_eq!(read(&vfs, "stdout").unwrap(), b"short", "nothing of the earlier run is left");
    first.write(1, b" and more").unwrap();
    assert_eq!(read(&vfs, "stdout").unwrap(), b"short", "an earlier run that goes on prints for itself");
    assert_eq!(second.call("fd_fdstat_get", &[1, OUT]), 0);
    assert_eq!(second.memory[OUT as usize], 2, "a character device");
    assert_eq!(second.write(0, b"x"), Err(ACCES));
    assert_eq!(second.read(1, 1), Err(ACCES));
}

#[test]
fn files_are_not_given_the_numbers_of_missing_streams() {
    let mut guest = Guest::new("/d/ : 536870911");
    assert_eq!(guest.open(DIR, "a", CREAT), Ok(4));
    for fd in 0..3 {
        assert_eq!(guest.write(fd, b"x"), Err(BADF));
    }
}

#[test]
fn rights_can_be_given_up_and_not_taken() {
    let mut guest = Guest::new("/d/ : rw");
    let fd = guest.open(DIR, "a", CREAT).unwrap();
    let (base, inheriting) = guest.rights(fd).unwrap();
    assert_eq!(base, 550_470, "what was asked for, as far as the entry goes");
    let read_only = 2;
    assert_eq!(guest.call("fd_fdstat_set_rights", &[i64::from(fd), read_only, 0]), 0);
    assert_eq!(guest.write(fd, b"x"), Err(ACCES));
    assert_eq!(guest.call("fd_fdstat_set_rights", &[i64::from(fd), base, inheriting]), ACCES);
    assert_eq!(guest.call("fd_fdstat_set_rights", &[i64::from(DIR), 1 << 13, 2]), 0);
    let narrowed = guest.open(DIR, "a", 0).unwrap();
    assert_eq!(guest.rights(narrowed).unwrap(), (2, 2), "what is opened through it inherits no more");
}

#[test]
fn a_directory_s_number_has_no_rights_of_files_and_hands_them_on() {
    const READ_AND_WRITE: i64 = 1 << 1 | 1 << 6;
    const SEEK_AND_SIZES: i64 = 1 << 2 | 1 << 5 | 1 << 8 | 1 << 22;
    for capabilities in ["/d/ : rw", EVERYTHING] {
        let mut guest = Guest::new(capabilities);
        guest.make("file", b"content");
        let (base, inheriting) = guest.rights(DIR).unwrap();
        assert_eq!(base & (READ_AND_WRITE | SEEK_AND_SIZES), 0, "{capabilities}");
        assert_ne!(base & 1 << 13, 0, "{capabilities}: it still opens what is in it");
        assert_eq!(inheriting & READ_AND_WRITE, READ_AND_WRITE, "{capabilities}");
        // With the rights that it has it opens itself again, without being told that it is a directory.
        guest.put(FIRST_PATH, b".");
        assert_eq!(guest.call("path_open", &[3, 0, FIRST_PATH, 1, 0, base, inheriting, 0, OUT]), 0, "{capabilities}");
        let again = guest.u32_at(OUT);
        assert_eq!(guest.rights(again), Ok((base, inheriting)), "{capabilities}");
        // Whatever is asked for, no directory's number has more; to ask for writing is to ask for a file.
        let asked_all = guest.open(DIR, ".", DIRECTORY).unwrap();
        assert_eq!(guest.rights(asked_all), Ok((base, inheriting)), "{capabilities}");
        assert_eq!(guest.open(DIR, ".", 0), Err(ISDIR), "{capabilities}");
        for directory in [DIR, again, asked_all] {
            assert_eq!(guest.read(directory, 1), Err(BADF), "{capabilities}");
            let file = guest.open(directory, "file", 0).unwrap();
            assert_eq!(guest.rights(file).unwrap().0 & READ_AND_WRITE, READ_AND_WRITE, "{capabilities}");
            assert_eq!(guest.read(file, 9).unwrap(), b"content");
        }
    }
}

#[test]
fn calls_for_files_do_not_take_directories() {
    let mut guest = Guest::new(EVERYTHING);
    let d = i64::from(DIR);
    assert_eq!(guest.read(DIR, 1), Err(BADF));
    assert_eq!(guest.write(DIR, b"x"), Err(BADF));
    assert_eq!(guest.pread(DIR, 1, 0), Err(BADF));
    assert_eq!(guest.pwrite(DIR, b"x", 0), Err(BADF));
    assert_eq!(guest.seek(DIR, 1, SET), Err(BADF));
    assert_eq!(guest.set_size(DIR, 0), Err(BADF));
    for (function, arguments) in [
        ("fd_tell", vec![d, OUT]),
        ("fd_allocate", vec![d, 0, 1]),
        ("fd_advise", vec![d, 0, 1, 0]),
        ("fd_fdstat_set_flags", vec![d, 1]),
    ] {
        assert_eq!(guest.call(function, &arguments), BADF, "{function}");
    }
    assert_eq!(guest.call("fd_sync", &[d]), 0);
    let file = guest.open(DIR, "a", CREAT).unwrap();
    assert_eq!(guest.open(file, "x", CREAT), Err(NOTDIR));
    assert_eq!(guest.readdir(file, 100, 0).unwrap_err(), NOTDIR);
    assert_eq!(guest.stat(file, "."), Err(NOTDIR));
}

#[test]
fn sizes_are_set_and_space_is_promised_only_where_there_is_some() {
    let mut guest = Guest::new(EVERYTHING);
    guest.make("a", b"0123456789");
    let fd = guest.open(DIR, "a", 0).unwrap();
    let f = i64::from(fd);
    guest.set_size(fd, 4).unwrap();
    guest.set_size(fd, 6).unwrap();
    assert_eq!(guest.content("a"), b"0123\0\0");
    assert_eq!(guest.call("fd_allocate", &[f, 2, 6]), 0);
    assert_eq!(guest.call("fd_allocate", &[f, 0, 3]), 0);
    assert_eq!(guest.content("a"), b"0123\0\0\0\0");
    for (arguments, errno) in [
        ([f, 0, 0], INVAL),
        ([f, -1, 1], INVAL),
        ([f, 0, -1], INVAL),
        ([f, 1 << 40, 1], FBIG),
        ([f, 0, 1 << 30], NOSPC),
    ] {
        assert_eq!(guest.call("fd_allocate", &arguments), errno, "{arguments:?}");
    }
    assert_eq!(guest.call("fd_advise", &[f, 0, 100, 5]), 0);
    assert_eq!(guest.call("fd_advise", &[f, 0, 100, 6]), INVAL);
    let truncated = guest.open(DIR, "a", TRUNC).unwrap();
    assert_eq!(guest.fd_stat(truncated).unwrap().size, 0);
}

#[test]
fn times_are_set_one_by_one_or_together() {
    let mut guest = Guest::new(EVERYTHING);
    guest.make("a", b"");
    let fd = guest.open(DIR, "a", 0).unwrap();
    assert_eq!(guest.fd_stat(fd).unwrap().times, [NOW; 3]);
    let f = i64::from(fd);
    for (atim, mtim, which, expected) in [
        (11, 12, 0b0101, Ok([11, 12])),
        (21, 22, 0b0001, Ok([21, 12])),
        (31, 32, 0b0100, Ok([21, 32])),
        (41, 42, 0b1001, Ok([41, NOW])),
        (51, 52, 0b0010, Ok([NOW, NOW])),
        (61, 62, 0b0011, Err(INVAL)),
        (61, 62, 0b1100, Err(INVAL)),
        (61, 62, 0b10000, Err(INVAL)),
        (71, 72, 0, Ok([NOW, NOW])),
    ] {
        let errno = guest.call("fd_filestat_set_times", &[f, atim, mtim, which]);
        assert_eq!(errno, expected.err().unwrap_or(0), "{which:b}");
        if let Ok(times) = expected {
            assert_eq!(guest.fd_stat(fd).unwrap().times[..2], times, "{which:b}");
        }
    }
    guest.put(FIRST_PATH, b"a");
    assert_eq!(guest.call("path_filestat_set_times", &[3, 0, FIRST_PATH, 1, 5, 6, 5]), 0);
    assert_eq!(guest.stat(DIR, "a").unwrap().times[..2], [5, 6]);
}
