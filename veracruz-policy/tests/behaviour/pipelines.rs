//! The pipeline grammar, without the traps of the old one.

use proptest::prelude::*;
use veracruz_policy::{MAX_PIPELINE_DEPTH, Pipeline, PipelineError, Step, VfsPath};

fn run(path: &str) -> Step {
    Step::Run(VfsPath::parse(path).unwrap())
}

fn steps(text: &str) -> Vec<Step> {
    Pipeline::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}")).steps().to_vec()
}

#[test]
fn the_grammar_of_the_reference_is_read() {
    let (a, b) = (run("/a.wasm"), run("/b.wasm"));
    let exists = VfsPath::parse("/out/flag").unwrap();
    let both = vec![a.clone(), b.clone()];
    assert_eq!(steps(""), []);
    assert_eq!(steps("a.wasm"), std::slice::from_ref(&a));
    assert_eq!(steps("/a.wasm ; b.wasm"), both);
    assert_eq!(steps("/a.wasm ; b.wasm ;"), both);
    assert_eq!(steps("{ a.wasm ; b.wasm }"), [Step::Block(both.clone())]);
    let one = Step::If { exists: exists.clone(), then: vec![a.clone()], otherwise: vec![] };
    assert_eq!(steps("if out/flag { a.wasm }"), [one]);
    let two = Step::If { exists, then: both, otherwise: vec![b.clone()] };
    assert_eq!(steps("if /out/flag { a.wasm ; b.wasm ; } else { b.wasm } ; a.wasm"), [two, a]);
}

#[test]
fn blanks_are_not_needed_around_punctuation() {
    assert_eq!(steps("a.wasm;b.wasm"), steps("a.wasm ; b.wasm"));
    assert_eq!(steps("if f{a.wasm;}else{b.wasm}"), steps("if f { a.wasm ; } else { b.wasm }"));
}

#[test]
fn what_the_grammar_does_not_have_is_refused_at_its_place() {
    for (text, place) in [
        (";", "byte 0"),
        ("a ;; b", "byte 3"),
        ("a b", "byte 2"),
        ("{ a", "the end"),
        ("a }", "byte 2"),
        ("if { a }", "byte 3"),
        ("if f a", "byte 5"),
        ("if f", "the end"),
        ("else { a }", "byte 0"),
        ("a ; ../b", "byte 4"),
        ("if f { a } else b", "byte 16"),
        ("if f { a } b", "byte 11"),
    ] {
        let error = Pipeline::parse(text).unwrap_err().to_string();
        assert!(error.contains(place), "{text:?}: {error}");
    }
}

#[test]
fn depth_and_length_are_bounded() {
    let nested = |depth: usize| format!("{}a{}", "{".repeat(depth), "}".repeat(depth));
    assert!(Pipeline::parse(&nested(MAX_PIPELINE_DEPTH)).is_ok());
    assert_eq!(Pipeline::parse(&nested(MAX_PIPELINE_DEPTH + 1)), Err(PipelineError::TooDeep));
    assert_eq!(Pipeline::parse(&"{".repeat(60_000)), Err(PipelineError::TooDeep));
    assert!(matches!(Pipeline::parse(&"a;".repeat(40_000)), Err(PipelineError::TooLong(80_000))));
}

#[test]
fn all_programs_are_found() {
    let pipeline = Pipeline::parse("a ; if f { b ; { c } } else { d }").unwrap();
    let programs: Vec<&str> = pipeline.programs().into_iter().map(|path| path.as_str()).collect();
    assert_eq!(programs, ["/a", "/b", "/c", "/d"]);
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic_and_reading_is_stable(text in "[abif else{};./ \n]{0,60}|\\PC{0,60}") {
        if let Ok(pipeline) = Pipeline::parse(&text) {
            prop_assert_eq!(pipeline.text(), text.as_str());
            prop_assert_eq!(Pipeline::parse(pipeline.text()).unwrap(), pipeline);
        }
    }
}
