//! What the two tables share: sets of rights, and a tree in which such a set stands at every kind of place.

use veracruz_policy::{PolicyBuilder, Rights, Sha256Digest};

/// The content of the files that are there from the start.
pub(crate) const OLD: &[u8] = b"what was there before";

/// The content that the policy declares.
pub(crate) const DECLARED: &[u8] = b"declared";

/// Sets of rights: the shorthands, and those that lack or add one thing.
pub(crate) fn rights() -> Vec<(&'static str, Rights)> {
    let append = Rights::FD_WRITE | Rights::FD_SEEK | Rights::PATH_OPEN;
    vec![
        ("none", Rights::empty()),
        ("r", Rights::READ),
        ("w", Rights::WRITE),
        ("x", Rights::EXECUTE),
        ("rw", Rights::READ | Rights::WRITE),
        ("rx", Rights::READ | Rights::EXECUTE),
        ("rwx", Rights::READ | Rights::WRITE | Rights::EXECUTE),
        ("append", append),
        ("append, create", append | Rights::PATH_CREATE_FILE),
        ("append, read", append | Rights::READ),
        ("replace", append | Rights::PATH_FILESTAT_SET_SIZE),
        ("w without seek", Rights::WRITE - Rights::FD_SEEK),
        ("r without seek", Rights::READ - Rights::FD_SEEK),
        ("rw without open", (Rights::READ | Rights::WRITE) - Rights::PATH_OPEN),
        ("look", Rights::PATH_OPEN),
        ("list", Rights::PATH_OPEN | Rights::FD_READDIR),
        ("execute only", Rights::EXECUTE_ONLY),
        ("all", Rights::all()),
    ]
}

/// The entries of a principal that has these rights on a directory, on a file, on what lies in a directory that is open
/// to it, and on what lies in one that is shut.
pub(crate) fn entries(rights: Rights) -> String {
    let (some, all) = (rights.bits(), Rights::all().bits());
    format!(
        "/dir/:{some}, /file:{some}, /open/:{all}, /open/shut/:{some}, /open/shut.txt:{some}, /shut/:0, /shut/open/:{some}"
    )
}

/// The rights of whoever looks after the tree.
pub(crate) fn keeper() -> String {
    let all = Rights::all().bits();
    format!("/:{all}, stdin:{all}, stdout:{all}, stderr:{all}")
}

/// The files of [`OLD`] content.
pub(crate) const FILES: &[&str] = &[
    "/dir/old.txt",
    "/dir/sub/old.txt",
    "/file",
    "/open/free.txt",
    "/open/shut.txt",
    "/open/shut/old.txt",
    "/shut/old.txt",
    "/shut/open/old.txt",
    "/elsewhere.txt",
];

/// Declares what is declared in the tree.
pub(crate) fn declare(builder: PolicyBuilder) -> PolicyBuilder {
    builder.file_hash("/dir/declared.txt", Sha256Digest::of(DECLARED)).unwrap()
}
