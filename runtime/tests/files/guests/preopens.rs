//! What a run has open from the start, and that entries for files work.

use veracruz_policy::Principal;
use veracruz_runtime::wasi::{Surroundings, Wasi};

use super::guest::{ACCES, BADF, CREAT, Guest, NAMETOOLONG, NOENT, OUT, clocked, program_policy, vfs_of};
use crate::world::{read, write};
use veracruz_runtime::vfs::{Vfs, VfsLimits};

fn vfs(capabilities: &str) -> Vfs {
    vfs_of(program_policy(capabilities), 64 << 20, VfsLimits::default())
}

/// Number and name of each.
fn preopens(guest: &mut Guest) -> Vec<(u32, String)> {
    let mut found = Vec::new();
    for fd in 3.. {
        if guest.call("fd_prestat_get", &[fd, OUT]) != 0 {
            return found;
        }
        assert_eq!(guest.memory[OUT as usize], 0, "a directory");
        let len = i64::from(guest.u32_at(OUT + 4));
        assert_eq!(guest.call("fd_prestat_dir_name", &[fd, OUT, len - 1]), NAMETOOLONG);
        assert_eq!(guest.call("fd_prestat_dir_name", &[fd, OUT, len]), 0);
        let name = guest.memory[OUT as usize..][..len as usize].to_vec();
        found.push((fd as u32, String::from_utf8(name).unwrap()));
    }
    found
}

#[test]
fn entries_are_opened_in_their_order_by_their_paths() {
    for (capabilities, there, expected) in [
        ("/out/ : rw, stdin : r, /in/ : r, data/ : r", &[][..], &["/out", "/in", "/data"][..]),
        ("/ : r, /in/ : r", &[], &["/", "/in"]),
        ("/in/./sub// : r, /in/ : r", &[], &["/in/sub", "/in"]),
        ("/in : r", &["/in/file"], &["/in"]),
        ("/in : r", &["/in"], &["/"]),
        ("/in : r", &[], &["/"]),
        ("/in/a.txt : r, /in/b.txt : r, /x/ : r", &["/in/a.txt"], &["/in", "/x"]),
        ("/x/ : r, /in/deep/a.txt : r", &[], &["/x", "/in/deep"]),
        ("/in/ : r, /in/sub/a.txt : rw", &[], &["/in"]),
        ("stdin : r", &[], &[]),
    ] {
        let vfs = vfs(capabilities);
        for path in there {
            write(&vfs, path, b"").unwrap();
        }
        let mut guest = Guest::on(vfs, clocked());
        let found: Vec<_> = preopens(&mut guest).into_iter().map(|(_, name)| name).collect();
        assert_eq!(found, expected, "{capabilities} with {there:?}");
    }
}

#[test]
fn an_entry_for_a_file_works_and_shows_nothing_beside_it() {
    let vfs = vfs("/in/a.txt : r, /out/result : w");
    write(&vfs, "/in/a.txt", b"input").unwrap();
    write(&vfs, "/in/b.txt", b"not yours").unwrap();
    let mut guest = Guest::on(vfs.clone(), clocked());
    assert_eq!(preopens(&mut guest), [(3, "/in".to_owned()), (4, "/out".to_owned())]);
    let fd = guest.open(3, "a.txt", 0).unwrap();
    assert_eq!(guest.read(fd, 99).unwrap(), b"input");
    assert_eq!(guest.open(3, "b.txt", 0), Err(ACCES));
    assert_eq!(guest.open(3, "absent", 0), Err(ACCES), "nor does it tell what else there is");
    assert_eq!(guest.open(3, "new", CREAT), Err(ACCES));
    assert_eq!(guest.names(3).unwrap(), ["a.txt"]);
    assert!(guest.open_with(3, ".", 0, 1 << 14, 0).is_ok(), "a directory on the way is a directory");

    let fd = guest.open(4, "result", CREAT).unwrap();
    guest.write(fd, b"output").unwrap();
    assert_eq!(read(&vfs, "/out/result").unwrap(), b"output");
}

#[test]
fn an_entry_without_slash_becomes_what_is_made_of_it() {
    let vfs = vfs("/out : rw");
    let mut guest = Guest::on(vfs.clone(), clocked());
    let fd = guest.open(3, "out/sub", CREAT).unwrap();
    guest.write(fd, b"in a directory").unwrap();
    assert_eq!(read(&vfs, "/out/sub").unwrap(), b"in a directory");
    assert_eq!(guest.open(3, "out/absent/deep", CREAT), Err(NOENT), "only the entry's own directory is made");
    let mut later = Guest::on(vfs, clocked());
    assert_eq!(preopens(&mut later), [(3, "/out".to_owned())]);
    assert_eq!(later.names(3).unwrap(), ["sub"]);

    let vfs = self::vfs("/out : rw");
    let mut guest = Guest::on(vfs.clone(), clocked());
    let fd = guest.open(3, "out", CREAT).unwrap();
    guest.write(fd, b"a file").unwrap();
    assert_eq!(read(&vfs, "/out").unwrap(), b"a file");
}

#[test]
fn an_entry_inside_another_one_decides_through_it() {
    let vfs = vfs("/d/ : r, /d/log.txt : rw, /d/no.txt : none");
    for path in ["/d/a", "/d/log.txt", "/d/no.txt"] {
        write(&vfs, path, b"old").unwrap();
    }
    let mut guest = Guest::on(vfs, clocked());
    let fd = guest.open(3, "log.txt", 0).unwrap();
    assert_eq!(guest.write(fd, b"new"), Ok(3));
    let fd = guest.open(3, "a", 0).unwrap();
    assert_eq!(guest.write(fd, b"new"), Err(ACCES));
    assert_eq!(guest.open(3, "new", CREAT), Err(ACCES));
    assert_eq!(guest.open(3, "no.txt", 0), Err(ACCES));
}

#[test]
fn a_listing_right_of_a_file_does_not_open_its_directory() {
    let mut guest = Guest::new("/d/ : w, /d/log.txt : r");
    write(&guest.vfs, "/d/other", b"").unwrap();
    assert_eq!(guest.names(3).unwrap_err(), ACCES);
}

#[test]
fn an_unknown_principal_gets_nothing() {
    let vfs = vfs("/d/ : r");
    let stdio = vfs.fresh_stdio().unwrap();
    let nobody = Principal::Participant(77);
    let refused = Wasi::new(&vfs, nobody, &stdio, Surroundings::default()).unwrap_err();
    assert_eq!(refused.code(), "unknown-principal");
}

#[test]
fn steps_of_a_pipeline_print_one_after_the_other() {
    let vfs = vfs("stdin : r, stdout : w");
    write(&vfs, "stdin", b"input").unwrap();
    let stdio = vfs.fresh_stdio().unwrap();
    for (step, said) in [("first ", 1), ("second", 2)] {
        let principal = Principal::Program(crate::world::path("/p.wasm"));
        let wasi = Wasi::new(&vfs, principal, &stdio, clocked()).unwrap();
        let mut guest = Guest { vfs: vfs.clone(), wasi, memory: vec![0; 1 << 18] };
        assert_eq!(guest.read(0, 99).unwrap(), b"input", "step {said} reads the input from its start");
        guest.write(1, step.as_bytes()).unwrap();
    }
    assert_eq!(read(&vfs, "stdout").unwrap(), b"first second");
    let mut guest = Guest::new("/d/ : r");
    assert_eq!(guest.call("fd_prestat_get", &[0, OUT]), BADF);
}
