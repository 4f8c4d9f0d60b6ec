//! Several at the same time.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::world::{CHUNK, ME, append, pattern, policy, read, target, vfs, write};

#[test]
fn parallel_appends_keep_each_record_whole() {
    let vfs = vfs(policy(&["/data/ : rw"]));
    let lengths = [1000, CHUNK / 3, CHUNK + 17, 3];
    let barrier = Barrier::new(lengths.len());
    std::thread::scope(|scope| {
        for (writer, length) in lengths.into_iter().enumerate() {
            let (vfs, barrier) = (&vfs, &barrier);
            scope.spawn(move || {
                barrier.wait();
                for _ in 0..8 {
                    append(vfs, "/data/log", &vec![writer as u8 + 1; length]).unwrap();
                }
            });
        }
    });
    let all = read(&vfs, "/data/log").unwrap();
    assert_eq!(all.len(), lengths.iter().sum::<usize>() * 8);
    let mut rest = all.as_slice();
    while let Some(&writer) = rest.first() {
        let length = lengths[usize::from(writer) - 1];
        assert!(rest[..length].iter().all(|byte| *byte == writer), "a record is torn");
        rest = &rest[length..];
    }
}

#[test]
fn a_reader_sees_one_whole_content_while_others_replace_it() {
    let vfs = vfs(policy(&["/data/ : rw"]));
    let contents: Vec<Vec<u8>> = (0..3_u8).map(|n| pattern(n, CHUNK * 2 + usize::from(n))).collect();
    write(&vfs, "/data/a", &contents[0]).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writers: Vec<_> = contents
            .iter()
            .map(|content| scope.spawn(|| (0..10).for_each(|_| drop(write(&vfs, "/data/a", content).unwrap()))))
            .collect();
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let seen = read(&vfs, "/data/a").unwrap();
                assert!(contents.contains(&seen), "a mixture of contents was read");
            }
        });
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn only_one_of_many_creates_a_file() {
    // Without PATH_FILESTAT_SET_SIZE nobody may replace; with PATH_CREATE_FILE they may create, by appending.
    let vfs = vfs(policy(&["/data/ : rw"]));
    let barrier = Barrier::new(4);
    std::thread::scope(|scope| {
        for byte in 0..4_u8 {
            let (vfs, barrier) = (&vfs, &barrier);
            scope.spawn(move || {
                barrier.wait();
                append(vfs, "/data/new/file", &[byte]).unwrap();
            });
        }
    });
    let mut all = read(&vfs, "/data/new/file").unwrap();
    all.sort_unstable();
    assert_eq!(all, [0, 1, 2, 3], "an append of a file that was being created got lost");
}

#[test]
fn dropping_a_snapshot_frees_what_was_replaced_meanwhile() {
    let vfs = vfs(policy(&["/data/ : rw"]));
    drop(write(&vfs, "/data/a", b"").unwrap());
    let before = vfs.budget().used();
    drop(write(&vfs, "/data/a", &pattern(1, CHUNK * 3)).unwrap());
    let held = vfs.read(&ME, &target("/data/a")).unwrap();
    drop(write(&vfs, "/data/a", b"").unwrap());
    assert!(vfs.budget().used() >= before + 3 * CHUNK as u64, "lent memory must stay charged");
    drop(held);
    assert_eq!(vfs.budget().used(), before);
}
