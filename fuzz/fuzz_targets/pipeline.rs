//! Any text as a pipeline: no panic, bounded depth, and the steps name only paths in normal form.
#![no_main]

use libfuzzer_sys::fuzz_target;
use veracruz_policy::{Pipeline, VfsPath};

fuzz_target!(|text: &str| {
    let Ok(pipeline) = Pipeline::parse(text) else { return };
    assert_eq!(pipeline.text(), text);
    for path in pipeline.programs() {
        assert_eq!(&VfsPath::parse(path.as_str()).expect("a program's path is a path"), path);
    }
    // Blanks around punctuation never change the meaning.
    let spaced = text.replace(';', " ; ").replace('{', " { ").replace('}', " } ");
    if let Ok(again) = Pipeline::parse(&spaced) {
        assert_eq!(again.steps(), pipeline.steps());
    }
});
