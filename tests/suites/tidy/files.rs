//! Rules about a file as text: its name, its size, its first lines, and what must never be written down in it.

use crate::tree::{ROOMS, Source};

/// Past this a source file has a second idea in it.
const LINES_OF_A_SOURCE: usize = 500;
/// Tables of test cases may be longer.
const LINES_OF_A_TEST: usize = 1000;
/// `main` parses, builds, serves and drains, and does none of that itself.
const LINES_OF_MAIN: usize = 100;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &["utils", "util", "common", "misc", "helpers", "helper"];

pub(crate) fn line_limit(source: &Source) -> Vec<String> {
    let limit = match source.name() {
        _ if !source.is_rust() => return vec![],
        _ if source.is_test() => LINES_OF_A_TEST,
        "main.rs" => LINES_OF_MAIN,
        _ => LINES_OF_A_SOURCE,
    };
    let lines = source.text.lines().count();
    if lines > limit {
        vec![format!("{lines} lines, at most {limit}: give the second idea its own file")]
    } else {
        vec![]
    }
}

pub(crate) fn starts_with_docs(source: &Source) -> Vec<String> {
    let in_a_crate = source.is_rust() && source.path.split('/').any(|part| part == "src");
    if in_a_crate && !source.text.starts_with("//!") {
        return vec!["start with `//!`: what this is for, and what it must never do".to_owned()];
    }
    vec![]
}

pub(crate) fn telling_names(source: &Source) -> Vec<String> {
    let stems = source.path.split('/').map(|part| part.split('.').next().unwrap_or(part));
    stems.filter(|stem| EMPTY_NAMES.contains(stem)).map(|stem| format!("`{stem}` names no idea")).collect()
}

/// A PEM header of a private key with key material behind it. A header alone is a marker that code looks for.
pub(crate) fn no_private_key(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    if [".key", ".p12", ".pfx", ".jks"].iter().any(|ending| source.path.ends_with(ending)) {
        found.push("keys are made when they are needed, never kept here".to_owned());
    }
    for (at, marker) in source.text.match_indices("PRIVATE KEY-----") {
        let rest = source.text.get(at + marker.len()..).unwrap_or_default().replace("\\n", "").replace("\\r", "");
        let material = rest.chars().filter(|c| !c.is_whitespace() && *c != '"' && *c != '\\');
        if material.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=')).take(32).count() == 32 {
            found.push(format!("line {}: a private key", line_of(&source.text, at)));
        }
    }
    found
}

pub(crate) fn no_machine_path(source: &Source) -> Vec<String> {
    let checkout = crate::tree::root().to_string_lossy().into_owned();
    let homes = [concat!("/ho", "me/"), concat!("/Us", "ers/"), concat!("/ro", "ot/")];
    // A checkout in the root folder itself would forbid every path.
    let own = (checkout.len() > 1).then_some(checkout.as_str());
    let mut found = Vec::new();
    for needle in homes.into_iter().chain(own) {
        for (at, _) in source.text.match_indices(needle) {
            found.push(format!("line {}: `{needle}` exists on one machine only", line_of(&source.text, at)));
        }
    }
    found
}

pub(crate) fn no_unfinished_mark(source: &Source) -> Vec<String> {
    let read_by_people = [".rs", ".md", ".toml", ".sh", ".py", ".yml", ".yaml", "Makefile"];
    if !read_by_people.iter().any(|ending| source.path.ends_with(ending)) {
        return vec![];
    }
    let marks = [concat!("FIX", "ME"), concat!("TO", "DO"), concat!("X", "XX"), concat!("HA", "CK")];
    let words = |line: &str| line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|w| marks.contains(&w));
    let marked = source.text.lines().enumerate().filter(|(_, line)| words(line));
    marked.map(|(number, _)| format!("line {}: finish it, or write an issue", number + 1)).collect()
}

/// A workspace member in a folder that the walk does not read would escape every rule.
pub(crate) fn outside_the_rooms(folder: &str) -> Vec<String> {
    let room = folder.split('/').next().unwrap_or(folder);
    if ROOMS.contains(&room) { vec![] } else { vec![format!("{folder}: `{room}` is missing in the tidy test's ROOMS")] }
}

fn line_of(text: &str, at: usize) -> usize {
    text.get(..at).map_or(0, |before| before.matches('\n').count()) + 1
}

#[test]
fn long_files_are_found_by_their_kind() {
    let lines = |count: usize| "\n".repeat(count);
    for (path, count, violations) in [
        ("a/src/b.rs", LINES_OF_A_SOURCE, 0),
        ("a/src/b.rs", LINES_OF_A_SOURCE + 1, 1),
        ("a/src/main.rs", LINES_OF_MAIN + 1, 1),
        ("a/tests/main.rs", LINES_OF_A_TEST, 0),
        ("a/tests/main.rs", LINES_OF_A_TEST + 1, 1),
        ("docs/a.md", LINES_OF_A_TEST + 1, 0),
    ] {
        assert_eq!(line_limit(&Source::new(path, &lines(count))).len(), violations, "{path} with {count} lines");
    }
}

#[test]
fn a_file_without_first_words_is_found() {
    assert_eq!(starts_with_docs(&Source::new("a/src/b.rs", "use std::fs;\n")).len(), 1);
    assert!(starts_with_docs(&Source::new("a/src/b.rs", "//! B.\n")).is_empty());
    assert!(starts_with_docs(&Source::new("a/tests/b.rs", "use std::fs;\n")).is_empty());
}

#[test]
fn empty_names_are_found_for_files_and_folders() {
    for (path, violations) in [("a/src/utils.rs", 1), ("a/common/mod.rs", 1), ("a/src/uncommon.rs", 0)] {
        assert_eq!(telling_names(&Source::new(path, "")).len(), violations, "{path}");
    }
}

#[test]
fn a_key_is_found_and_a_marker_is_not() {
    let material = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEH";
    for (text, violations) in [
        (format!("-----BEGIN PRIVATE KEY-----\n{material}\n-----END PRIVATE KEY-----\n"), 1),
        (format!(r#"const KEY: &str = "-----BEGIN EC PRIVATE KEY-----\n{material}";"#), 1),
        (r#"const HEADER: &str = "-----BEGIN PRIVATE KEY-----"; // a marker alone"#.to_owned(), 0),
    ] {
        assert_eq!(no_private_key(&Source::new("a/src/b.rs", &text)).len(), violations, "{text}");
    }
    assert_eq!(no_private_key(&Source::new("a/server.key", "")).len(), 1);
}

#[test]
fn machine_paths_are_found() {
    let bad = concat!("path = \"/ho", "me/someone/project\"");
    assert_eq!(
        no_machine_path(&Source::new("a.toml", bad)),
        [concat!("line 1: `/ho", "me/` exists on one machine only")]
    );
    assert_eq!(no_machine_path(&Source::new("a.md", &crate::tree::root().to_string_lossy())).len(), 1);
    assert!(no_machine_path(&Source::new("a.toml", "path = \"../other\"")).is_empty());
}

#[test]
fn marks_of_unfinished_work_are_found_as_words() {
    let mark = concat!("// FIX", "ME: later\n");
    assert_eq!(no_unfinished_mark(&Source::new("a/src/b.rs", mark)), ["line 1: finish it, or write an issue"]);
    assert!(no_unfinished_mark(&Source::new("a/src/b.rs", "// a fixed thing\n")).is_empty());
    assert!(no_unfinished_mark(&Source::new("a/data.hex", mark)).is_empty());
}

#[test]
fn a_member_outside_the_rooms_is_found() {
    assert_eq!(outside_the_rooms("attic/crate").len(), 1);
    assert!(outside_the_rooms("bins/serve").is_empty());
}
