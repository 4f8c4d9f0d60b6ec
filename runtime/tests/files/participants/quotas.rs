//! What ends when something runs out: the operation, and nothing else.

use veracruz_policy::VfsPath;
use veracruz_runtime::vfs::VfsLimits;

use crate::world::{CHUNK, ME, append, path, pattern, policy, read, vfs_with, write};

#[test]
fn whatever_runs_out_of_memory_leaves_the_old_file_and_gives_all_back() {
    let old = pattern(1, CHUNK / 2);
    let more = pattern(2, CHUNK + CHUNK / 4);
    let mut outcomes = [[0, 0]; 3];
    for budget in (600_000..2_200_000).step_by(40_961) {
        let vfs = vfs_with(policy(&["/data/ : rw"]), budget, VfsLimits::default());
        drop(write(&vfs, "/data/a", &old).unwrap());
        let before = vfs.budget().used();
        let attempts = [append(&vfs, "/data/a", &more), write(&vfs, "/data/a", &more), write(&vfs, "/data/b/c", &more)];
        for (counts, attempt) in outcomes.iter_mut().zip(&attempts) {
            counts[usize::from(attempt.is_ok())] += 1;
        }
        for refused in attempts.iter().filter_map(|attempt| attempt.as_ref().err()) {
            assert_eq!(refused.code(), "out-of-memory", "{refused}");
        }
        let expected = match (&attempts[0], &attempts[1]) {
            (_, Ok(_)) => more.clone(),
            (Ok(_), Err(_)) => [old.clone(), more.clone()].concat(),
            (Err(_), Err(_)) => old.clone(),
        };
        assert!(read(&vfs, "/data/a").unwrap() == expected);
        let nothing_changed = attempts.iter().all(Result::is_err);
        drop(attempts);
        if nothing_changed {
            assert_eq!(vfs.budget().used(), before);
        }
    }
    for (operation, [refused, done]) in outcomes.iter().enumerate() {
        assert!(
            *refused > 0 && *done > 0,
            "operation {operation}: the budgets must lie on both sides of what it needs"
        );
    }
}

#[test]
fn each_limit_has_its_refusal() {
    let limits = VfsLimits { inodes: 9, entries: 3, depth: 4, file_bytes: 1000, ..VfsLimits::default() };
    let fresh = || vfs_with(policy(&["/d/ : rw"]), 1 << 20, limits);

    let vfs = fresh();
    assert_eq!(write(&vfs, "/d/a", &[0; 1001]).unwrap_err().code(), "file-too-large");
    write(&vfs, "/d/a", &[0; 1000]).unwrap();
    assert_eq!(append(&vfs, "/d/a", &[0]).unwrap_err().code(), "file-too-large");
    assert_eq!(write(&vfs, "/d/1/2/3/4", b"").unwrap_err().code(), "path-too-deep");
    assert_eq!(read(&vfs, "/d/1").unwrap_err().code(), "not-found", "directories of a refused file must not stay");

    write(&vfs, "/d/b", b"").unwrap();
    write(&vfs, "/d/c", b"").unwrap();
    assert_eq!(write(&vfs, "/d/d", b"").unwrap_err().code(), "too-many-entries");
    write(&vfs, "/d/c", b"again").expect("a name that is there costs no new one");

    // Root, three streams and /d are five.
    let vfs = fresh();
    write(&vfs, "/d/1/2/3", b"").unwrap();
    write(&vfs, "/d/1/4", b"").unwrap();
    assert_eq!(write(&vfs, "/d/1/5", b"").unwrap_err().code(), "too-many-files");
    drop(write(&vfs, "/d/1/4", b"still there").unwrap());
    assert_eq!(read(&vfs, "/d/1/4").unwrap(), b"still there");
}

#[test]
fn a_small_file_costs_little() {
    let vfs = vfs_with(policy(&["/data/ : rw"]), 1 << 20, VfsLimits::default());
    let before = vfs.budget().used();
    drop(write(&vfs, "/data/a", b"ten bytes!").unwrap());
    let cost = vfs.budget().used() - before;
    assert!(cost < 1024, "{cost} bytes for a file of ten");
}

#[test]
fn errors_show_paths_cut_and_escaped() {
    let vfs = vfs_with(policy(&["/ : rw"]), 1 << 20, VfsLimits::default());
    let long: VfsPath = path(&format!("/\u{1b}[31m{}", "x".repeat(250)));
    let shown = vfs.list(&ME, &long).unwrap_err().to_string();
    assert!(!shown.contains('\u{1b}') && shown.len() < 300, "{shown:?}");
}
