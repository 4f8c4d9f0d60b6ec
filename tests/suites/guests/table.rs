//! No program without a row, no row without a program, no program that the README leaves out.

use std::collections::BTreeSet;
use std::fs;

use veracruz_tests::guests::{conformance_cases, guest, guest_cases, guest_path, guest_sources};

/// They end only by the runtime's limits, which are not the table's matter.
const ENDED_BY_LIMITS: &[&str] = &["file-bomb", "handle-bomb", "spin"];

/// The names of all programs that were built, without the conformance programs.
fn built() -> BTreeSet<String> {
    assert!(!guest("hello").is_empty()); // says `make guests` where nothing is built
    let folder = guest_path("hello").parent().unwrap().to_owned();
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter_map(|name| name.strip_suffix(".wasm").map(str::to_owned)).collect()
}

#[test]
fn every_program_has_a_row_and_every_row_a_program() {
    let mut tabled: BTreeSet<String> = guest_cases().into_iter().map(|case| case.guest).collect();
    tabled.extend(ENDED_BY_LIMITS.iter().map(|name| (*name).to_owned()));
    assert_eq!(built(), tabled);
}

#[test]
fn rows_are_told_apart_by_program_and_words() {
    let cases = guest_cases();
    let names: BTreeSet<_> = cases.iter().map(|case| (&case.guest, &case.says)).collect();
    assert_eq!(names.len(), cases.len());
}

#[test]
fn every_program_is_described() {
    let readme = fs::read_to_string(guest_sources().join("README.md")).unwrap();
    let missing: Vec<_> = built().into_iter().filter(|name| !readme.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "examples/guests/README.md does not mention {missing:?}");
}

#[test]
fn every_program_is_webassembly() {
    for name in built() {
        assert!(guest(&name).starts_with(b"\0asm\x01\0\0\0"), "{name}");
    }
}

#[test]
fn every_conformance_program_has_its_manifest() {
    let folder = guest_path("wasi/stdio").parent().unwrap().to_owned();
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let built: BTreeSet<_> = names.filter_map(|name| name.strip_suffix(".wasm").map(str::to_owned)).collect();
    let described: BTreeSet<_> = conformance_cases().into_iter().map(|case| case.name).collect();
    assert_eq!(built, described);
}

#[test]
fn the_fixture_folder_is_read_with_what_lies_deeper() {
    let cases = conformance_cases();
    let files = cases.iter().find(|case| case.name == "lseek").unwrap().dirs.get("fs-tests.dir").unwrap();
    assert_eq!(files.get("lseek.txt").unwrap(), b"01234567");
    assert_eq!(files.get("fdopendir.dir/file-0").unwrap(), b"0\n");
}
