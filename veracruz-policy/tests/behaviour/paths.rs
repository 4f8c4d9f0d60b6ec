//! Paths have one normal form; streams are named, not found.

use proptest::prelude::*;
use veracruz_policy::{PathError, Stream, Target, VfsPath};

#[test]
fn texts_that_mean_the_same_have_the_same_normal_form() {
    for (text, normal) in [
        ("/input/a", "/input/a"),
        ("input/a", "/input/a"),
        ("/input/a/", "/input/a"),
        ("//input//a", "/input/a"),
        ("/./input/./a/.", "/input/a"),
        ("/", "/"),
        ("//", "/"),
        (".", "/"),
        ("./", "/"),
        ("/...", "/..."),
        ("/input/ a\n", "/input/ a\n"),
        ("ü", "/ü"),
    ] {
        assert_eq!(VfsPath::parse(text).unwrap().as_str(), normal, "{text:?}");
    }
}

#[test]
fn texts_without_normal_form_are_refused() {
    for (text, error) in [
        ("", PathError::Empty),
        ("..", PathError::Parent),
        ("/a/../b", PathError::Parent),
        ("/a/..", PathError::Parent),
        ("/a\0b", PathError::Nul),
    ] {
        assert_eq!(VfsPath::parse(text), Err(error), "{text:?}");
    }
    assert_eq!(VfsPath::parse(&"a".repeat(256)), Err(PathError::ComponentTooLong(256)));
    assert!(VfsPath::parse(&"a".repeat(255)).is_ok());
    let longest = "/a".repeat(2048);
    assert!(VfsPath::parse(&longest).is_ok());
    assert_eq!(VfsPath::parse(&format!("{longest}/")), Err(PathError::TooLong(4097)));
    assert_eq!(VfsPath::parse(&longest[1..]).unwrap().as_str(), longest);
    assert_eq!(VfsPath::parse(&format!("bb{longest}")[..4096]), Err(PathError::TooLong(4097)));
}

#[test]
fn streams_are_exactly_three_names() {
    assert_eq!(Target::parse("stdin").unwrap(), Target::Stream(Stream::Stdin));
    assert_eq!(Target::parse("stdout").unwrap().to_string(), "stdout");
    for path in ["/stdin", "stdin/", "stdlog", "STDIN"] {
        assert!(matches!(Target::parse(path).unwrap(), Target::Path(_)), "{path}");
    }
}

#[test]
fn containment_goes_by_components() {
    for (outer, inner, contains) in [
        ("/", "/a", true),
        ("/", "/", true),
        ("/a", "/a", true),
        ("/a", "/a/b", true),
        ("/a", "/ab", false),
        ("/a/b", "/a", false),
        ("/a", "/b", false),
    ] {
        let parse = |text| VfsPath::parse(text).unwrap();
        assert_eq!(parse(outer).contains(&parse(inner)), contains, "{outer} {inner}");
    }
}

proptest! {
    #[test]
    fn normalising_is_idempotent_and_leaves_nothing_odd(text in "[a./]{0,40}|\\PC{0,40}") {
        if let Ok(path) = VfsPath::parse(&text) {
            prop_assert_eq!(VfsPath::parse(path.as_str()).unwrap(), path.clone());
            prop_assert!(path.as_str().starts_with('/'));
            prop_assert!(path.is_root() || !path.as_str().ends_with('/'));
            for component in path.components() {
                prop_assert!(!matches!(component, "" | "." | ".."));
            }
        } else {
            prop_assert!(text.is_empty() || text.split('/').any(|component| component == ".."));
        }
    }

    #[test]
    fn components_rebuild_the_path(components in proptest::collection::vec("[a-z]{1,5}", 0..6)) {
        let path = VfsPath::parse(&format!("/{}", components.join("/"))).unwrap();
        prop_assert_eq!(path.components().collect::<Vec<_>>(), components);
    }
}
