//! Names: making, removing, renaming, linking.

use super::guest::{
    ACCES, CREAT, DIR, DIRECTORY, EXCL, EXIST, Guest, INVAL, ISDIR, NAMETOOLONG, NOENT, NOSPC, NOTDIR, NOTEMPTY,
    NOTSUP, PERM,
};
use veracruz_runtime::vfs::VfsLimits;

const EVERYTHING: &str = "/d/ : 536870911";

#[test]
fn directories_are_made_and_removed_one_at_a_time() {
    let mut guest = Guest::new(EVERYTHING);
    let mkdir = "path_create_directory";
    let rmdir = "path_remove_directory";
    for (function, path, expected) in [
        (mkdir, "a/b", Err(NOENT)),
        (mkdir, "a", Ok(())),
        (mkdir, "a/", Err(EXIST)),
        (mkdir, "a/b/", Ok(())),
        (mkdir, ".", Err(EXIST)),
        (rmdir, "a", Err(NOTEMPTY)),
        (rmdir, "a/b/.", Err(INVAL)),
        (rmdir, "a/b/..", Err(INVAL)),
        (rmdir, "a/b/", Ok(())),
        (rmdir, "a/b", Err(NOENT)),
        (rmdir, "a", Ok(())),
        (rmdir, ".", Err(INVAL)),
    ] {
        assert_eq!(guest.on_path(function, DIR, path), expected, "{function} {path}");
    }
    guest.make("file", b"");
    assert_eq!(guest.on_path(rmdir, DIR, "file"), Err(NOTDIR));
    assert_eq!(guest.on_path(mkdir, DIR, "file"), Err(EXIST));
    assert_eq!(guest.on_path(mkdir, DIR, "file/x"), Err(NOTDIR));
}

#[test]
fn unlinking_takes_files_only() {
    let mut guest = Guest::new(EVERYTHING);
    guest.make("file", b"");
    guest.on_path("path_create_directory", DIR, "sub").unwrap();
    for (path, expected) in [
        ("sub", Err(ISDIR)),
        ("sub/", Err(ISDIR)),
        (".", Err(ISDIR)),
        ("file/", Err(NOTDIR)),
        ("absent", Err(NOENT)),
        ("file", Ok(())),
        ("file", Err(NOENT)),
    ] {
        assert_eq!(guest.on_path("path_unlink_file", DIR, path), expected, "{path}");
    }
}

#[test]
fn renaming_follows_posix() {
    let mut guest = Guest::new(EVERYTHING);
    let setup = |guest: &mut Guest| {
        guest.make("file", b"file");
        guest.make("other", b"other");
        for path in ["empty", "full", "dir"] {
            let _made_before = guest.on_path("path_create_directory", DIR, path);
        }
        guest.make("full/inner", b"");
        guest.make("dir/inner", b"");
    };
    for (from, to, expected) in [
        ("file", "new", Ok(())),
        ("file", "other", Ok(())),
        ("file", "file", Ok(())),
        ("file", "empty", Err(ISDIR)),
        ("file", "new/", Err(NOTDIR)),
        ("file/", "new", Err(NOTDIR)),
        ("absent", "new", Err(NOENT)),
        ("file", "absent/new", Err(NOENT)),
        ("file", "other/new", Err(NOTDIR)),
        ("dir", "empty", Ok(())),
        ("dir", "full", Err(NOTEMPTY)),
        ("dir", "file", Err(NOTDIR)),
        ("dir", "dir", Ok(())),
        ("dir", "dir/inside", Err(INVAL)),
        ("dir/", "moved/", Ok(())),
        (".", "new", Err(INVAL)),
        ("dir", ".", Err(INVAL)),
        ("dir/..", "new", Err(INVAL)),
    ] {
        setup(&mut guest);
        assert_eq!(guest.rename((DIR, from), (DIR, to)), expected, "{from} to {to}");
        if expected.is_ok() && from != to {
            assert_eq!(guest.stat(DIR, from), Err(NOENT));
            assert!(guest.stat(DIR, to).is_ok());
            let _clean = guest.on_path("path_unlink_file", DIR, to);
            let _clean = guest.on_path("path_unlink_file", DIR, &format!("{to}/inner"));
            let _clean = guest.on_path("path_remove_directory", DIR, to);
        } else {
            assert!(guest.stat(DIR, "file").is_ok() && guest.stat(DIR, "dir/inner").is_ok());
        }
    }
}

#[test]
fn an_open_directory_stays_where_its_name_goes() {
    let mut guest = Guest::new(EVERYTHING);
    guest.on_path("path_create_directory", DIR, "a").unwrap();
    guest.on_path("path_create_directory", DIR, "b").unwrap();
    let sub = guest.open(DIR, "a", DIRECTORY).unwrap();
    guest.rename((DIR, "a"), (DIR, "b/c")).unwrap();
    let file = guest.open(sub, "x", CREAT).unwrap();
    guest.write(file, b"moved").unwrap();
    assert_eq!(guest.content("b/c/x"), b"moved");
    assert_eq!(guest.open(sub, "../x", 0), Err(PERM), "it is still a boundary");
    guest.on_path("path_unlink_file", sub, "x").unwrap();
    guest.on_path("path_remove_directory", DIR, "b/c").unwrap();
    assert_eq!(guest.open(sub, "x", CREAT), Err(NOENT), "nothing can be made in what is gone");
    assert_eq!(guest.stat(sub, "."), Err(NOENT));
    assert_eq!(guest.readdir(sub, 100, 0).unwrap_err(), NOENT);
}

#[test]
fn links_are_further_names_of_a_file() {
    let mut guest = Guest::new(EVERYTHING);
    guest.make("a", b"one");
    guest.on_path("path_create_directory", DIR, "sub").unwrap();
    for (from, to, expected) in [
        ("a", "sub/b", Ok(())),
        ("a", "a", Err(EXIST)),
        ("a", "sub", Err(EXIST)),
        ("a", "c/", Err(NOENT)),
        ("a/", "c", Err(NOTDIR)),
        ("absent", "c", Err(NOENT)),
        ("sub", "c", Err(PERM)),
    ] {
        assert_eq!(guest.link((DIR, from), (DIR, to)), expected, "{from} to {to}");
    }
    let [one, two] = ["a", "sub/b"].map(|path| guest.stat(DIR, path).unwrap());
    assert_eq!(one, two);
    assert_eq!(one.links, 2);
    let fd = guest.open(DIR, "sub/b", 0).unwrap();
    guest.write(fd, b"two").unwrap();
    assert_eq!(guest.content("a"), b"two");
    guest.on_path("path_unlink_file", DIR, "a").unwrap();
    assert_eq!(guest.stat(DIR, "sub/b").unwrap().links, 1);
    assert_eq!(guest.rename((DIR, "sub/b"), (DIR, "sub/b")), Ok(()));
}

#[test]
fn there_are_no_symbolic_links() {
    let mut guest = Guest::new(EVERYTHING);
    guest.make("a", b"");
    guest.put(super::guest::FIRST_PATH, b"target");
    guest.put(super::guest::SECOND_PATH, b"link");
    let [target, link] = [super::guest::FIRST_PATH, super::guest::SECOND_PATH];
    assert_eq!(guest.call("path_symlink", &[target, 6, 3, link, 4]), NOTSUP);
    assert_eq!(guest.stat(DIR, "link"), Err(NOENT));
    guest.put(link, b"a???");
    assert_eq!(guest.call("path_readlink", &[3, link, 1, 4096, 10, 8]), INVAL);
    assert_eq!(guest.call("path_readlink", &[3, link, 2, 4096, 10, 8]), NOENT);
}

#[test]
fn quotas_end_the_call_and_leave_everything_as_it_was() {
    let limits = VfsLimits { inodes: 8, entries: 3, depth: 4, ..VfsLimits::default() };
    let mut guest = Guest::limited(EVERYTHING, 1 << 20, limits);
    guest.make("a", b"a");
    guest.on_path("path_create_directory", DIR, "sub").unwrap();
    guest.make("sub/x", b"x");
    let before = guest.vfs.budget().used();
    assert_eq!(guest.open(DIR, "b", CREAT), Err(NOSPC), "too many files");
    assert_eq!(guest.on_path("path_create_directory", DIR, "b"), Err(NOSPC));
    guest.link((DIR, "a"), (DIR, "b")).unwrap();
    assert_eq!(guest.link((DIR, "a"), (DIR, "c")), Err(NOSPC), "too many names");
    assert_eq!(guest.rename((DIR, "sub/x"), (DIR, "c")), Err(NOSPC));
    assert_eq!(guest.rename((DIR, "a"), (DIR, "c")), Err(NOSPC), "the new name comes before the old one goes");
    guest.on_path("path_unlink_file", DIR, "b").unwrap();
    assert_eq!(guest.vfs.budget().used(), before);
    assert_eq!((guest.content("a"), guest.content("sub/x")), (b"a".to_vec(), b"x".to_vec()));

    let mut guest = Guest::limited(EVERYTHING, 1 << 20, VfsLimits { depth: 4, ..limits_of_names() });
    for path in ["1", "1/2", "1/2/3", "m", "m/n"] {
        guest.on_path("path_create_directory", DIR, path).unwrap();
    }
    assert_eq!(guest.on_path("path_create_directory", DIR, "1/2/3/4"), Err(NAMETOOLONG));
    assert_eq!(guest.rename((DIR, "m"), (DIR, "1/2/m")), Err(NAMETOOLONG), "nor can a tree be moved too deep");
    guest.rename((DIR, "m"), (DIR, "1/m")).unwrap();
    assert_eq!(guest.open(DIR, "1/m/n", EXCL | CREAT), Err(EXIST));
}

fn limits_of_names() -> VfsLimits {
    VfsLimits { inodes: 100, entries: 100, ..VfsLimits::default() }
}

#[test]
fn a_new_name_wins_no_rights_on_the_content() {
    // 2048|4096|65536|131072 are the rights to link and to rename, from and to.
    let moving = 2048 + 4096 + 65536 + 131_072;
    let capabilities = format!("/in/ : {}, /out/ : {}, /same/ : {}", 24582 + moving, 550_470 + moving, 24582 + moving);
    let mut guest = Guest::new(&capabilities);
    crate::world::write(&guest.vfs, "/in/a", b"read only").unwrap();
    let [input, output, same] = [3, 4, 5];
    assert_eq!(guest.link((input, "a"), (output, "a")), Err(ACCES), "it could be written there");
    assert_eq!(guest.rename((input, "a"), (output, "a")), Err(ACCES));
    assert_eq!(guest.link((input, "a"), (same, "a")), Ok(()));
    assert_eq!(guest.rename((input, "a"), (same, "b")), Ok(()));
    let fd = guest.open(output, "mine", CREAT).unwrap();
    guest.write(fd, b"mine").unwrap();
    assert_eq!(guest.rename((output, "mine"), (same, "given")), Ok(()), "giving rights up is free");
}

#[test]
fn a_directory_that_other_entries_speak_of_does_not_move() {
    let mut guest = Guest::new("/d/ : 536870911, /d/sub/hidden/ : none");
    crate::world::write(&guest.vfs, "/d/sub/hidden/secret", b"secret").unwrap();
    guest.on_path("path_create_directory", DIR, "free").unwrap();
    assert_eq!(guest.rename((DIR, "sub"), (DIR, "other")), Err(ACCES), "its secret would come under the entry of /d");
    assert_eq!(guest.rename((DIR, "free"), (DIR, "sub")), Err(ACCES));
    assert_eq!(guest.rename((DIR, "free"), (DIR, "freed")), Ok(()));
}
