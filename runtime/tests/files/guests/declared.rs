//! Files whose content the policy declares: a guest can read them and nothing else.

use std::sync::Arc;

use veracruz_policy::Sha256Digest;
use veracruz_runtime::vfs::VfsLimits;

use super::guest::{ACCES, APPEND, CREAT, DIR, EXCL, Guest, OUT, TRUNC, clocked, vfs_of};
use crate::world::{builder, certificate, read, write};

const CONTENT: &[u8] = b"the agreed data";

/// `/d/agreed` and `/d/sub/agreed` are declared; the guest has every right on `/d`.
fn guest(uploaded: bool) -> Guest {
    let digest = Sha256Digest::of(CONTENT);
    let policy = builder()
        .identity(certificate("owner"), "/ : rw")
        .unwrap()
        .program("/p.wasm", None, "/d/ : 536870911")
        .unwrap()
        .file_hash("/d/agreed", digest)
        .unwrap()
        .file_hash("/d/sub/agreed", digest)
        .unwrap();
    let vfs = vfs_of(Arc::new(policy.build().unwrap()), 1 << 20, VfsLimits::default());
    if uploaded {
        write(&vfs, "/d/agreed", CONTENT).unwrap();
        write(&vfs, "/d/sub/agreed", CONTENT).unwrap();
    }
    Guest::on(vfs, clocked())
}

#[test]
fn no_call_changes_moves_or_replaces_a_declared_file() {
    let mut guest = guest(true);
    guest.make("mine", b"mine");
    guest.on_path("path_create_directory", DIR, "dir").unwrap();
    let refused = [
        ("truncate", guest.open(DIR, "agreed", TRUNC).map(drop)),
        ("create and truncate", guest.open(DIR, "agreed", CREAT | TRUNC).map(drop)),
        ("unlink", guest.on_path("path_unlink_file", DIR, "agreed")),
        ("rename away", guest.rename((DIR, "agreed"), (DIR, "other"))),
        ("rename over", guest.rename((DIR, "mine"), (DIR, "agreed"))),
        ("link over", guest.link((DIR, "mine"), (DIR, "agreed"))),
        ("link from", guest.link((DIR, "agreed"), (DIR, "other"))),
        ("rename above", guest.rename((DIR, "sub"), (DIR, "moved"))),
        ("rename onto what is above", guest.rename((DIR, "dir"), (DIR, "sub"))),
    ];
    for (what, outcome) in refused {
        assert_eq!(outcome, Err(ACCES), "{what}");
    }
    for flags in [0, APPEND] {
        let fd = guest.open_with(DIR, "agreed", CREAT, super::guest::ALL, flags).unwrap();
        let f = i64::from(fd);
        assert_eq!(guest.read(fd, 99).unwrap(), CONTENT);
        assert_eq!(guest.write(fd, b"x"), Err(ACCES));
        assert_eq!(guest.pwrite(fd, b"x", 0), Err(ACCES));
        assert_eq!(guest.set_size(fd, 0), Err(ACCES));
        assert_eq!(guest.call("fd_allocate", &[f, 0, 100]), ACCES);
        assert_eq!(guest.call("fd_filestat_set_times", &[f, 1, 1, 5]), ACCES);
        assert_eq!(guest.rights(fd).unwrap().0 & (1 << 6 | 1 << 22), 0, "nor does the number claim the rights");
    }
    assert_eq!(read(&guest.vfs, "/d/agreed").unwrap(), CONTENT);
    assert_eq!(read(&guest.vfs, "/d/sub/agreed").unwrap(), CONTENT);
}

#[test]
fn no_call_takes_the_place_of_a_declared_file_before_it_comes() {
    let mut guest = guest(false);
    guest.make("mine", b"mine");
    for (what, outcome) in [
        ("create", guest.open(DIR, "agreed", CREAT).map(drop)),
        ("create exclusively", guest.open(DIR, "agreed", CREAT | EXCL).map(drop)),
        ("make a directory", guest.on_path("path_create_directory", DIR, "agreed")),
        ("rename", guest.rename((DIR, "mine"), (DIR, "agreed"))),
        ("link", guest.link((DIR, "mine"), (DIR, "agreed"))),
    ] {
        assert_eq!(outcome, Err(ACCES), "{what}");
    }
    guest.put(super::guest::FIRST_PATH, b"agreed");
    assert_eq!(guest.call("path_symlink", &[1024, 6, 3, 1024, 6]), ACCES);
    write(&guest.vfs, "/d/agreed", CONTENT).unwrap();
    assert_eq!(guest.content("agreed"), CONTENT);
    assert_eq!(guest.call("path_readlink", &[3, 1024, 6, 2048, 10, OUT]), super::guest::INVAL);
}
