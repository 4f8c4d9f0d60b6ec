//! The longest entry decides, alone, for files and directories.

use proptest::prelude::*;
use veracruz_policy::{Rights, RightsEntry, RightsTable, Stream, Target, VfsPath, parse_capabilities};

fn table(entries: &[(&str, Rights)]) -> RightsTable {
    let entries = entries.iter().map(|(name, rights)| RightsEntry::new(name, *rights).unwrap()).collect();
    RightsTable::new(entries).unwrap()
}

fn deciding<'t>(table: &'t RightsTable, name: &str) -> Option<&'t str> {
    table.deciding(&Target::parse(name).unwrap()).map(|entry| entry.name())
}

#[test]
fn the_longest_entry_decides_and_nothing_is_merged() {
    let table = table(&[
        ("/", Rights::FD_READ),
        ("/input/", Rights::READ),
        ("/input/secret/", Rights::empty()),
        ("/input/secret/open.txt", Rights::WRITE),
        ("/input-other", Rights::EXECUTE),
        ("stdout", Rights::FD_READ),
    ]);
    for (name, entry) in [
        ("/", "/"),
        ("/elsewhere/a/b", "/"),
        ("/input", "/input/"),
        ("/input/a", "/input/"),
        ("/inputs", "/"),
        ("/input-other/a", "/input-other"),
        ("/input/secret", "/input/secret/"),
        ("/input/secret/closed.txt", "/input/secret/"),
        ("/input/secret/open.txt", "/input/secret/open.txt"),
        ("/input/secret/open.txt/below", "/input/secret/open.txt"),
        ("stdout", "stdout"),
    ] {
        assert_eq!(deciding(&table, name), Some(entry), "{name}");
    }
    assert_eq!(deciding(&table, "stderr"), None, "no entry for `/` covers a stream");
    let narrow = table.deciding(&Target::parse("/input/secret/closed.txt").unwrap()).unwrap();
    assert_eq!(narrow.rights(), Rights::empty(), "a narrow entry takes rights away");
}

#[test]
fn a_table_without_entries_decides_nothing() {
    assert_eq!(deciding(&RightsTable::default(), "/"), None);
    assert_eq!(deciding(&table(&[("/a", Rights::READ)]), "/"), None);
    assert_eq!(deciding(&table(&[("/b", Rights::READ)]), "/a"), None);
}

#[test]
fn a_repeated_entry_is_harmless_and_a_contradiction_is_not() {
    let entry = |rights| RightsEntry::new("/a/", rights).unwrap();
    assert!(RightsTable::new(vec![entry(Rights::READ), entry(Rights::READ)]).is_ok());
    let also = RightsEntry::new("a", Rights::WRITE).unwrap();
    let found = RightsTable::new(vec![entry(Rights::READ), also]).unwrap_err();
    assert_eq!(found[0].position, 1);
    let stream = |rights| RightsEntry::new("stdin", rights).unwrap();
    assert!(RightsTable::new(vec![stream(Rights::READ), stream(Rights::WRITE)]).is_err());
}

#[test]
fn capabilities_are_read_as_the_old_generator_reads_them() {
    let table = parse_capabilities("/input/ : w, /output/:rwx,stdin : 534084, f:FD_READ|PATH_OPEN").unwrap();
    let read: Vec<(&str, u32)> = table.entries().iter().map(|entry| (entry.name(), entry.rights().bits())).collect();
    assert_eq!(read, [("/input/", 534084), ("/output/", 537421382), ("stdin", 534084), ("f", 8194)]);
    assert_eq!(table.entries()[2].target(), &Target::Stream(Stream::Stdin));
    assert!(parse_capabilities("").unwrap().entries().is_empty());
    for (text, word) in [
        ("/input/", "/input/:r"),
        ("/input/:q", "no right"),
        ("/../a:r", "`..`"),
        ("/a:1073741824", "none of the 30"),
        ("/a:r,/a/:w", "also"),
    ] {
        let error = parse_capabilities(text).unwrap_err().to_string();
        assert!(error.contains(word), "{text}: {error}");
    }
}

fn any_path() -> impl Strategy<Value = VfsPath> {
    // Few short names with characters around `/` in byte order, so that prefixes and neighbours are common.
    proptest::collection::vec("[ab.!-]{1,2}", 0..5)
        .prop_filter_map("has a normal form", |components| VfsPath::parse(&format!("/{}", components.join("/"))).ok())
}

proptest! {
    #[test]
    fn the_index_agrees_with_a_naive_search(
        entries in proptest::collection::btree_map(any_path().prop_map(|path| path.as_str().to_owned()), 0u32..(1 << 30), 0..30),
        asked in proptest::collection::vec(any_path(), 20),
    ) {
        let list = entries.iter().map(|(name, bits)| RightsEntry::new(name, Rights::from_number(*bits).unwrap()).unwrap());
        let table = RightsTable::new(list.collect()).unwrap();
        for path in asked {
            let covers = |entry: &&RightsEntry| entry.target().as_path().unwrap().contains(&path);
            let naive = table.entries().iter().filter(covers).max_by_key(|entry| entry.target().as_path().unwrap().as_str().len());
            let decided = table.deciding(&Target::Path(path.clone()));
            prop_assert_eq!(decided, naive, "{}", path);
        }
    }
}
