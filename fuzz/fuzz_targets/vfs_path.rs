//! Any text as a path: the normal form is a fixed point, has nothing odd in it, and a table finds what contains it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use veracruz_policy::{Rights, RightsEntry, RightsTable, Target, VfsPath};

fuzz_target!(|text: &str| {
    // Lines are paths: the first is looked up in a table of the others.
    let mut lines = text.lines();
    let Some(Ok(path)) = lines.next().map(VfsPath::parse) else { return };
    assert_eq!(VfsPath::parse(path.as_str()).as_ref(), Ok(&path));
    assert!(path.components().all(|component| !matches!(component, "" | "." | "..")));
    let entries: Vec<RightsEntry> = lines.filter_map(|name| RightsEntry::new(name, Rights::READ).ok()).collect();
    let table = RightsTable::new(entries).expect("equal rights never contradict");
    let covers = |entry: &&RightsEntry| entry.target().as_path().is_some_and(|entry| entry.contains(&path));
    let longest = table.entries().iter().filter(covers).map(|entry| entry.target()).max_by_key(|target| target.to_string().len());
    let decided = table.deciding(&Target::Path(path.clone())).map(|entry| entry.target());
    assert_eq!(decided, longest);
});
