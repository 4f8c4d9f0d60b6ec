//! How the path of a guest is read, and that it never leaves the directory that it starts from.

use super::guest::{
    ALL, CREAT, DIR, DIRECTORY, EXCL, EXIST, FIRST_PATH, Guest, ILSEQ, INVAL, ISDIR, NAMETOOLONG, NOENT, NOTDIR, OUT,
    PERM, TRUNC,
};

#[test]
fn odd_paths_mean_what_posix_says_or_nothing() {
    let mut guest = Guest::new("/d/ : 536870911, /e/ : 536870911");
    guest.on_path("path_create_directory", DIR, "dir").unwrap();
    guest.on_path("path_create_directory", DIR, "dir/nested").unwrap();
    guest.make("dir/nested/file", b"found");
    let long = "x".repeat(256);
    let longer = "x/".repeat(2100);
    let longest = "x".repeat(9000);
    for (path, expected) in [
        ("dir/nested/file", Ok(())),
        ("dir/.//nested/../../dir/nested/../nested///./file", Ok(())),
        ("./dir/nested/file", Ok(())),
        ("dir/nested/file/", Err(NOTDIR)),
        ("dir/nested/file///", Err(NOTDIR)),
        ("dir/nested/file/.", Err(NOTDIR)),
        ("dir/nested/file/..", Err(NOTDIR)),
        ("dir/nested/file/x", Err(NOTDIR)),
        ("dir/nested/", Ok(())),
        ("dir/nested///", Ok(())),
        (".", Ok(())),
        ("dir/..", Ok(())),
        ("absent/../dir/nested/file", Err(NOENT)),
        ("absent", Err(NOENT)),
        ("", Err(NOENT)),
        ("/dir/nested/file", Err(PERM)),
        ("/", Err(PERM)),
        ("..", Err(PERM)),
        ("../d/dir/nested/file", Err(PERM)),
        ("dir/nested/../../../d/dir/nested/file", Err(PERM)),
        ("../e", Err(PERM)),
        ("dir/../../e/x", Err(PERM)),
        ("dir/nested/file\0", Err(INVAL)),
        ("\0", Err(INVAL)),
        (&long, Err(NAMETOOLONG)),
        (&longer, Err(NAMETOOLONG)),
        (&longest, Err(NAMETOOLONG)),
    ] {
        let shown: String = path.chars().take(50).collect();
        assert_eq!(guest.open_with(DIR, path, 0, 2, 0).map(drop), expected, "open {shown:?}");
        assert_eq!(guest.stat(DIR, path).map(drop), expected, "stat {shown:?}");
    }
    guest.put(FIRST_PATH, &[b'a', 0xff, b'b']);
    assert_eq!(guest.call("path_filestat_get", &[3, 0, FIRST_PATH, 3, OUT]), ILSEQ, "no UTF-8");
    let sub = guest.open(DIR, "dir", DIRECTORY).unwrap();
    assert_eq!(guest.open(sub, "nested/file", 0).map(drop), Ok(()));
    assert_eq!(guest.open(sub, "..", 0), Err(PERM), "each open directory is a boundary");
}

#[test]
fn a_refusal_does_not_tell_what_exists_where_one_has_no_right() {
    let mut guest = Guest::new("/d/ : 536870911, /d/hidden/ : none");
    crate::world::write(&guest.vfs, "/d/hidden/file", b"").unwrap();
    for path in ["hidden/file", "hidden/absent", "hidden/absent/deep", "hidden/file/below"] {
        assert_eq!(guest.stat(DIR, path), Err(super::guest::ACCES), "{path}");
        assert_eq!(guest.open(DIR, path, 0), Err(super::guest::ACCES), "{path}");
    }
}

#[test]
fn opening_creates_truncates_and_refuses_as_asked() {
    let mut guest = Guest::new("/d/ : 536870911");
    guest.make("file", b"content");
    guest.on_path("path_create_directory", DIR, "sub").unwrap();
    for (path, how, expected) in [
        ("new1", 0, Err(NOENT)),
        ("new1", CREAT, Ok(0)),
        ("new2", CREAT | EXCL, Ok(0)),
        ("new3", TRUNC, Err(NOENT)),
        ("new4/", CREAT, Err(ISDIR)),
        ("new5", CREAT | DIRECTORY, Err(INVAL)),
        ("new6", DIRECTORY, Err(NOENT)),
        ("absent/new", CREAT, Err(NOENT)),
        ("file/new", CREAT, Err(NOTDIR)),
        ("file/", CREAT, Err(NOTDIR)),
        ("file", CREAT | EXCL, Err(EXIST)),
        ("file", DIRECTORY, Err(NOTDIR)),
        ("file", CREAT, Ok(7)),
        ("file", TRUNC, Ok(0)),
        ("sub", DIRECTORY, Ok(0)),
        ("sub", DIRECTORY | TRUNC, Err(ISDIR)),
        ("sub", CREAT, Err(ISDIR)),
        ("sub", CREAT | EXCL, Err(EXIST)),
        ("sub", TRUNC, Err(ISDIR)),
        (".", CREAT | EXCL, Err(EXIST)),
        ("file", 16, Err(INVAL)),
    ] {
        let rights = if path == "sub" { ALL & !64 } else { ALL };
        let opened = guest.open_with(DIR, path, how, rights, 0);
        let size = opened.and_then(|fd| guest.fd_stat(fd)).map(|stat| stat.size);
        assert_eq!(size, expected, "{path} {how:b}");
    }
    assert_eq!(guest.open(DIR, "sub", 0), Err(ISDIR), "a directory cannot be opened for writing");
    assert!(guest.open(DIR, "sub", DIRECTORY).is_ok(), "unless a directory is what is asked for");
}
