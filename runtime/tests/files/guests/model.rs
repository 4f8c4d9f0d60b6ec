//! Calls on files in any order, against a plain map; the fuzz target `wasi_calls` drives the same.

use proptest::prelude::*;

use super::script;

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn calls_in_any_order_do_what_a_plain_map_does(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        script::drive(&bytes);
    }
}

#[test]
fn a_script_reaches_every_kind_of_call() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..30_u8 {
        seen.extend(script::drive(&crate::world::pattern(seed, 300)));
    }
    let missing: Vec<_> = script::KINDS.iter().filter(|kind| !seen.contains(*kind)).collect();
    assert!(missing.is_empty(), "never succeeded: {missing:?}");
}
