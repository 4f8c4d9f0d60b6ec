//! `fd_readdir`: every name once, in pieces of any size, whatever is added and removed meanwhile.

use std::collections::BTreeSet;

use super::guest::{CREAT, DIR, DIRECTORY, Guest};

fn fill(guest: &mut Guest, count: usize) {
    for number in 0..count {
        guest.make(&format!("file{number:03}"), b"");
    }
}

#[test]
fn a_listing_has_itself_its_parent_and_each_name() {
    let mut guest = Guest::new("/d/ : 536870911");
    guest.on_path("path_create_directory", DIR, "sub").unwrap();
    guest.make("sub/file", b"");
    let sub = guest.open(DIR, "sub", DIRECTORY).unwrap();
    let (entries, used) = guest.readdir(sub, 4096, 0).unwrap();
    let seen: Vec<_> = entries.iter().map(|(_, name, kind)| (name.as_str(), *kind)).collect();
    assert_eq!(seen, [(".", 3), ("..", 3), ("file", 4)]);
    assert_eq!(used, 3 * 24 + 1 + 2 + 4);
    let last = entries[2].0;
    assert_eq!(guest.readdir(sub, 4096, last).unwrap(), (vec![], 0), "after the last there is nothing");
    assert_eq!(guest.readdir(sub, 4096, u64::MAX).unwrap(), (vec![], 0));
}

#[test]
fn pieces_of_any_size_give_the_same_names() {
    let mut guest = Guest::new("/d/ : 536870911");
    fill(&mut guest, 30);
    let whole: Vec<_> = guest.readdir(DIR, 60_000, 0).unwrap().0;
    assert_eq!(whole.len(), 32);
    for room in [31, 32, 33, 57, 100, 1000] {
        let (mut pieced, mut cookie) = (Vec::new(), 0);
        loop {
            let (entries, used) = guest.readdir(DIR, room, cookie).unwrap();
            assert!(used <= room);
            let Some((next, ..)) = entries.last() else {
                assert!(used < room, "a full buffer without an entry could never go on");
                break;
            };
            cookie = *next;
            pieced.extend(entries);
        }
        assert_eq!(pieced, whole, "in pieces of {room} bytes");
    }
    assert_eq!(guest.readdir(DIR, 0, 0).unwrap(), (vec![], 0));
    assert_eq!(guest.readdir(DIR, 10, 0).unwrap().1, 10, "an entry that does not fit is cut, and the buffer full");
}

#[test]
fn names_that_stay_are_seen_once_while_others_come_and_go() {
    let mut guest = Guest::new("/d/ : 536870911");
    fill(&mut guest, 20);
    let (mut seen, mut cookie, mut round) = (Vec::new(), 0, 0);
    loop {
        let (entries, _) = guest.readdir(DIR, 100, cookie).unwrap();
        let Some((next, ..)) = entries.last() else { break };
        cookie = *next;
        seen.extend(entries.into_iter().map(|(_, name, _)| name));
        if round < 10 {
            // One that was seen, one that was not, and a new one.
            guest.on_path("path_unlink_file", DIR, &format!("file{round:03}")).unwrap();
            let _may_be_gone = guest.on_path("path_unlink_file", DIR, &format!("file{:03}", 19 - round));
            guest.open(DIR, &format!("aaa{round}"), CREAT).and_then(|fd| guest.close(fd)).unwrap();
        }
        round += 1;
    }
    let unique: BTreeSet<&String> = seen.iter().collect();
    assert_eq!(unique.len(), seen.len(), "a name is listed twice: {seen:?}");
    for new in 0..10 {
        assert!(unique.contains(&format!("aaa{new}")), "what came later is listed later");
    }
}

#[test]
fn what_one_has_no_right_on_is_not_listed() {
    let mut guest = Guest::new("/d/ : r, /d/secret : none, /d/deep/hidden/ : none, /d/deep/hidden/shown/ : r");
    for path in ["/d/seen", "/d/secret", "/d/deep/hidden/file", "/d/deep/hidden/shown/file"] {
        crate::world::write(&guest.vfs, path, b"").unwrap();
    }
    assert_eq!(guest.names(DIR).unwrap(), ["deep", "seen"]);
    let deep = guest.open(DIR, "deep", 0).unwrap();
    assert_eq!(guest.names(deep).unwrap(), ["hidden"], "it leads to an entry");
}
