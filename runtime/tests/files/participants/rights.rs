//! What a participant may do and see.

use veracruz_policy::Principal;
use veracruz_runtime::vfs::{Kind, WriteMode};

use crate::world::{ME, NOW, append, path, policy, put, read, target, vfs, write};

const OTHER: Principal = Principal::Participant(1);

#[test]
fn each_way_to_a_file_needs_its_rights() {
    // (capabilities, may create, may replace, may append, may read, may list)
    for (capabilities, create, replace, add, look, list) in [
        ("/d/ : r", false, false, false, true, true),
        ("/d/ : w", true, true, true, false, false),
        ("/d/ : rw", true, true, true, true, true),
        ("/d/ : FD_WRITE|FD_SEEK|PATH_OPEN|PATH_CREATE_FILE", false, false, true, false, false),
        ("/d/ : FD_WRITE|FD_SEEK|PATH_OPEN|PATH_FILESTAT_SET_SIZE", false, true, true, false, false),
        ("/d/ : x", false, false, false, false, false),
        ("/d/ : none", false, false, false, false, false),
        ("/elsewhere/ : rw", false, false, false, false, false),
    ] {
        let vfs = vfs(policy(&[capabilities, "/d/ : rw"]));
        put(&vfs, &OTHER, "/d/old", WriteMode::Replace, b"old").unwrap();
        let early = vfs.may_write(&ME, &target("/d/new"), WriteMode::Replace).is_ok();
        let outcomes = [
            write(&vfs, "/d/new", b"").is_ok(),
            write(&vfs, "/d/old", b"new").is_ok(),
            append(&vfs, "/d/old", b"more").is_ok(),
            read(&vfs, "/d/old").is_ok(),
            vfs.list(&ME, &path("/d")).is_ok(),
        ];
        assert_eq!(outcomes, [create, replace, add, look, list], "{capabilities}");
        assert_eq!(early, create, "{capabilities}: the early answer differs");
    }
}

#[test]
fn a_listing_leaves_out_what_one_has_no_right_on() {
    let vfs = vfs(policy(&["/d/ : r, /d/hidden/ : none, /d/secret : none", "/d/ : rw"]));
    for name in ["/d/seen", "/d/hidden/inner", "/d/secret", "/d/sub/inner"] {
        put(&vfs, &OTHER, name, WriteMode::Replace, b"12345").unwrap();
    }
    let listed = vfs.list(&ME, &path("/d")).unwrap();
    let names: Vec<_> = listed.iter().map(|entry| (entry.name.as_str(), entry.stat.kind)).collect();
    assert_eq!(names, [("seen", Kind::File), ("sub", Kind::Directory)]);
    assert_eq!((listed[0].stat.size, listed[0].stat.modified), (5, NOW));
    assert_eq!(vfs.stat(&ME, &target("/d/secret")).unwrap_err().code(), "missing-rights");
    assert_eq!(vfs.stat(&ME, &target("/d/seen")).unwrap().size, 5);
    assert_eq!(vfs.list(&OTHER, &path("/d")).unwrap().len(), 4);
}

#[test]
fn a_refusal_does_not_tell_what_exists() {
    let vfs = vfs(policy(&["/mine/ : rw", "/d/ : rw"]));
    put(&vfs, &OTHER, "/d/file", WriteMode::Replace, b"").unwrap();
    for name in ["/d/file", "/d/absent", "/d/file/below", "/d"] {
        for code in [
            read(&vfs, name).unwrap_err().code(),
            write(&vfs, name, b"").unwrap_err().code(),
            vfs.list(&ME, &path(name)).unwrap_err().code(),
            vfs.stat(&ME, &target(name)).unwrap_err().code(),
        ] {
            assert_eq!(code, "no-entry", "{name}");
        }
    }
}

#[test]
fn files_and_directories_are_told_apart() {
    let vfs = vfs(policy(&["/d/ : rw"]));
    write(&vfs, "/d/file", b"").unwrap();
    let refusals = [
        (read(&vfs, "/d").unwrap_err(), "is-a-directory"),
        (write(&vfs, "/d", b"").unwrap_err(), "is-a-directory"),
        (append(&vfs, "/d", b"").unwrap_err(), "is-a-directory"),
        (write(&vfs, "/d/file/below", b"").unwrap_err(), "not-a-directory"),
        (read(&vfs, "/d/file/below").unwrap_err(), "not-a-directory"),
        (vfs.list(&ME, &path("/d/file")).unwrap_err(), "not-a-directory"),
        (vfs.list(&ME, &path("/d/absent")).unwrap_err(), "not-found"),
    ];
    for (refusal, code) in refusals {
        assert_eq!(refusal.code(), code, "{refusal}");
    }
}

#[test]
fn directories_that_the_policy_names_are_there_from_the_start() {
    let vfs = vfs(policy(&["/in/ : r, /out/deep/ : r, /either : r"]));
    assert_eq!(vfs.list(&ME, &path("/in")).unwrap(), []);
    assert_eq!(vfs.stat(&ME, &target("/out/deep")).unwrap().kind, Kind::Directory);
    assert_eq!(vfs.stat(&ME, &target("/either")).unwrap_err().code(), "not-found", "it may become a file");
}
