//! The file system against a plain map of bytes.

use std::collections::BTreeMap;

use proptest::prelude::*;
use veracruz_runtime::vfs::WriteMode;

use crate::world::{CHUNK, ME, append, path, pattern, policy, put, read, target, vfs, write};

#[derive(Clone, Debug)]
enum Step {
    Put { file: usize, mode: WriteMode, len: usize, seed: u8 },
    Read { file: usize, offset: usize, len: usize },
    List,
}

const FILES: [&str; 4] = ["/data/a", "/data/b", "/data/sub/c", "/data/sub/deep/d"];

fn length() -> impl Strategy<Value = usize> {
    prop_oneof![
        3 => 0..300_usize,
        1 => CHUNK - 2..CHUNK + 3,
        1 => 2 * CHUNK - 2..2 * CHUNK + 3,
        1 => 0..3 * CHUNK,
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let mode = prop_oneof![Just(WriteMode::Replace), Just(WriteMode::Append), Just(WriteMode::Append)];
    prop_oneof![
        4 => (0..FILES.len(), mode, length(), any::<u8>())
            .prop_map(|(file, mode, len, seed)| Step::Put { file, mode, len, seed }),
        2 => (0..FILES.len(), length(), length()).prop_map(|(file, offset, len)| Step::Read { file, offset, len }),
        1 => Just(Step::List),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn files_hold_what_was_written_and_appended(steps in proptest::collection::vec(step(), 1..14)) {
        let vfs = vfs(policy(&["/data/ : rw"]));
        let mut model: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
        let mut held = Vec::new();
        for step in steps {
            match step {
                Step::Put { file, mode, len, seed } => {
                    let bytes = pattern(seed, len);
                    let done = put(&vfs, &ME, FILES[file], mode, &bytes).unwrap();
                    let expected = model.entry(FILES[file]).or_default();
                    if mode == WriteMode::Replace {
                        expected.clear();
                    }
                    expected.extend(bytes);
                    prop_assert_eq!(done.content.len(), expected.len() as u64);
                    held.push((done.content, expected.clone()));
                }
                Step::Read { file, offset, len } => {
                    let Some(expected) = model.get(FILES[file]) else {
                        prop_assert_eq!(read(&vfs, FILES[file]).unwrap_err().code(), "not-found");
                        continue;
                    };
                    let snapshot = vfs.read(&ME, &target(FILES[file])).unwrap();
                    let end = (offset + len).min(expected.len());
                    let expected = expected.get(offset..end).unwrap_or_default();
                    let slices: Vec<&[u8]> = snapshot.range(offset as u64, len as u64).collect();
                    prop_assert!(slices.concat() == expected, "a range of the snapshot differs");
                    let pieces: Vec<_> = snapshot.pieces(offset as u64, len as u64).collect();
                    prop_assert!(pieces.concat() == expected, "the lent pieces differ");
                }
                Step::List => {
                    let listed = vfs.list(&ME, &path("/data")).unwrap();
                    let names: Vec<&str> = listed.iter().map(|entry| entry.name.as_str()).collect();
                    let expected: std::collections::BTreeSet<&str> =
                        model.keys().map(|name| name["/data/".len()..].split('/').next().unwrap()).collect();
                    prop_assert_eq!(names, expected.into_iter().collect::<Vec<_>>());
                }
            }
        }
        for (snapshot, then) in held {
            prop_assert!(snapshot.to_vec(u64::MAX).unwrap() == then, "a later write shows in an earlier snapshot");
        }
    }
}

#[test]
fn a_version_changes_with_every_change_and_only_then() {
    let vfs = vfs(policy(&["/data/ : rw"]));
    let version = || vfs.read(&ME, &target("/data/a")).unwrap().version();
    write(&vfs, "/data/a", b"one").unwrap();
    let mut seen = vec![version()];
    assert_eq!(version(), seen[0]);
    append(&vfs, "/data/a", b" two").unwrap();
    seen.push(version());
    write(&vfs, "/data/a", b"one").unwrap();
    seen.push(version());
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 3);
}

#[test]
fn an_empty_file_is_a_file() {
    let vfs = vfs(policy(&["/data/ : rw"]));
    write(&vfs, "/data/a", b"").unwrap();
    assert_eq!(read(&vfs, "/data/a").unwrap(), b"");
    append(&vfs, "/data/a", b"").unwrap();
    append(&vfs, "/data/b", b"").unwrap();
    assert_eq!(vfs.list(&ME, &path("/data")).unwrap().len(), 2);
}

#[test]
fn what_is_too_large_for_one_piece_of_memory_is_refused_there() {
    let vfs = vfs(policy(&["/data/ : rw"]));
    let done = write(&vfs, "/data/a", &[1; 100]).unwrap();
    assert_eq!(done.content.to_vec(99).unwrap_err().code(), "file-too-large-at-once");
    assert_eq!(done.content.to_vec(100).unwrap(), [1; 100]);
}
