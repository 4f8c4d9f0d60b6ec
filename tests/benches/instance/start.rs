//! From nothing to a first result, and what a second run of a large module costs.
//!
//! The baseline of the start is a process that does nothing; that of the runs is the first run, which waits for the
//! compiler.

use std::process::Command;
use std::time::Instant;

use veracruz_client::{Compute, Transfer};
use veracruz_tests::guests::large;

use crate::figures::{median, row, shown};
use crate::stage::{Settings, Stage, built};

const TIMES: usize = 20;

pub(crate) async fn measure() {
    let nothing = median((0..TIMES).map(|_| process_that_does_nothing()).collect());
    row("baseline: a process that does nothing (`true`)", shown(nothing), Some(1.0), "");
    let settings = Settings { guests: built(&["nop"]), ..Settings::default() };
    let mut starts = Vec::new();
    for _ in 0..TIMES {
        let stage = Stage::start(&settings);
        let mut session = stage.session(&settings).await;
        assert_eq!(session.compute("/program/nop.wasm", Compute::new()).await.unwrap(), 0);
        session.read("stdout", 1000).await.unwrap();
        starts.push(stage.started.elapsed());
    }
    let start = median(starts);
    let ratio = start.as_secs_f64() / nothing.as_secs_f64();
    row("server start, verified session, upload, first result", shown(start), Some(ratio), "≤ 100 ms");
    large_module().await;
}

fn process_that_does_nothing() -> std::time::Duration {
    let start = Instant::now();
    Command::new("true").status().unwrap();
    start.elapsed()
}

async fn large_module() {
    let settings = Settings { guests: vec![("large", large())], memory_mib: 2048, ..Settings::default() };
    let stage = Stage::start(&settings);
    let mut session = stage.session(&settings).await;
    let mut runs = Vec::new();
    for _ in 0..TIMES {
        let start = Instant::now();
        assert_eq!(session.compute("/program/large.wasm", Compute::new()).await.unwrap(), 0);
        runs.push(start.elapsed());
    }
    let first = runs.remove(0);
    row("first run of a 19 MB module, compiler included", shown(first), Some(1.0), "");
    let second = median(runs);
    let ratio = second.as_secs_f64() / first.as_secs_f64();
    row("second run of it", shown(second), Some(ratio), "≤ 10 ms");
    let transfer = Transfer::new().length(1);
    session.upload("/input/end", &b"."[..], transfer).await.unwrap();
}
