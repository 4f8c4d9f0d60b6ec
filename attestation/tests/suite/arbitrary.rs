//! Bytes of any kind: the verifier answers, and does not panic.

use proptest::collection::vec;
use proptest::prelude::*;
use veracruz_attestation::nitro::{Anchors, authenticate, parse_unverified};
use veracruz_tests::forge::Draft;

use crate::adversarial::NOW;

#[test]
fn the_empty_document_is_refused() {
    assert_eq!(parse_unverified(&[]).unwrap_err().code(), "cbor-truncated");
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_refused(bytes in vec(any::<u8>(), 0..2048)) {
        prop_assert!(authenticate(&bytes, &Anchors::aws(), NOW).is_err());
    }

    #[test]
    fn arbitrary_bytes_in_a_right_envelope_are_refused(payload in vec(any::<u8>(), 1..1024)) {
        let payload_item = [vec![0x59], u16::try_from(payload.len()).unwrap().to_be_bytes().to_vec(), payload].concat();
        let document = [&[0x84, 0x44, 0xa1, 1, 0x38, 0x22, 0xa0], &payload_item[..], &[0x58, 96], &[1; 96]].concat();
        prop_assert!(authenticate(&document, &Anchors::aws(), NOW).is_err());
    }
}

/// Changes of a right payload that are signed again, so that they get past the signature.
#[test]
fn a_payload_with_arbitrary_changes_is_judged_without_a_panic() {
    let draft = Draft::new(NOW);
    let anchors = Anchors::insecure(&draft.chain.root_der).unwrap();
    let payload = draft.payload_bytes();
    let change = (0..payload.len(), vec(any::<u8>(), 1..8), any::<bool>());
    let judged = proptest::test_runner::TestRunner::default().run(&vec(change, 1..4), |changes| {
        let mut changed = payload.clone();
        for (at, bytes, insert) in changes {
            let from = at.min(changed.len());
            let to = if insert { from } else { (from + bytes.len()).min(changed.len()) };
            changed.splice(from..to, bytes);
        }
        let document = draft.finish_with(&changed);
        let _ = authenticate(&document, &anchors, NOW).map(|genuine| genuine.explain().to_string());
        let _ = parse_unverified(&document).map(|unverified| unverified.explain().to_string());
        Ok(())
    });
    judged.unwrap();
}
