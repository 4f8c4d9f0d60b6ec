//! Scripts that are played in every run of the tests.

use std::collections::BTreeSet;

use proptest::prelude::*;
use veracruz_protocol::{ComputeOptions, Request, encode_request};

use crate::play::Play;
use crate::script::{drive, payload};
use crate::theatre::Theatre;

thread_local! {
    static THEATRE: Theatre = Theatre::open();
}

/// All that a script can come to; each has to be reached, or the scripts show nothing.
const KINDS: [&str; 18] = [
    "closed",
    "compared",
    "cut",
    "done",
    "empty listing",
    "evidence",
    "exit",
    "exit with a code",
    "failure",
    "file",
    "hash",
    "listing",
    "no runs",
    "part",
    "runs",
    "shutdown",
    "stat",
    "written",
];

/// What the fuzzer starts from: runs that sleep while others go on, files in parts, programs and pipelines, and ends.
const SEEDS: [&[u8]; 7] = [
    include_bytes!("../../../fuzz/seeds/session_state/sleepers"),
    include_bytes!("../../../fuzz/seeds/session_state/parts"),
    include_bytes!("../../../fuzz/seeds/session_state/runs"),
    include_bytes!("../../../fuzz/seeds/session_state/middle"),
    include_bytes!("../../../fuzz/seeds/session_state/drain"),
    include_bytes!("../../../fuzz/seeds/session_state/ends-while-running"),
    include_bytes!("../../../fuzz/seeds/session_state/broken-behind-a-run"),
];

#[test]
fn sessions_do_what_their_model_does_whatever_they_get() {
    let mut seen = BTreeSet::new();
    THEATRE.with(|theatre| {
        for seed in SEEDS {
            seen.extend(drive(theatre, seed));
        }
        for seed in 0..64 {
            seen.extend(drive(theatre, &payload(seed, 400)));
        }
    });
    assert_eq!(seen, BTreeSet::from(KINDS));
}

#[test]
fn requests_before_a_stream_that_cannot_go_on_are_answered() {
    let run = Request::Compute { program: "/program/a.wasm".to_owned(), options: ComputeOptions::default() };
    for (request, reply) in [(Request::PolicyHash, "hash"), (run, "failure")] {
        THEATRE.with(|theatre| {
            let (stage, files) = theatre.stage();
            let mut play = Play::new(stage, files);
            theatre.executor.block_on(async {
                play.connect(0);
                let request = encode_request(&request).unwrap();
                play.queue(0).extend_from_slice(&[&*request, &[0xff; 8]].concat());
                play.deliver(0, usize::MAX).await;
                assert_eq!(play.close().await, BTreeSet::from(["compared", "cut", reply]));
            });
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn sessions_do_what_their_model_does_in_any_order(script in prop::collection::vec(any::<u8>(), 0..300)) {
        THEATRE.with(|theatre| drop(drive(theatre, &script)));
    }
}
