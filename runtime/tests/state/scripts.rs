//! Scripts that are played in every run of the tests.

use std::collections::BTreeSet;

use proptest::prelude::*;

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
const SEEDS: [&[u8]; 5] = [
    include_bytes!("../../../fuzz/seeds/session_state/sleepers"),
    include_bytes!("../../../fuzz/seeds/session_state/parts"),
    include_bytes!("../../../fuzz/seeds/session_state/runs"),
    include_bytes!("../../../fuzz/seeds/session_state/middle"),
    include_bytes!("../../../fuzz/seeds/session_state/drain"),
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn sessions_do_what_their_model_does_in_any_order(script in prop::collection::vec(any::<u8>(), 0..300)) {
        THEATRE.with(|theatre| drop(drive(theatre, &script)));
    }
}
