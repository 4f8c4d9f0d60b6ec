//! Whatever the simulated module makes, the verifier accepts, and reads back what was put in.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use time::Duration;
use veracruz_attestation::Measurements;
use veracruz_attestation::attester::{AttestationRequest, BootMeasurements, Nsm as _, SimulatedNsm, SimulatedRoot};
use veracruz_attestation::measure::ProgramMeasurement;
use veracruz_attestation::nitro::{Anchors, Expectation, NoncePolicy, verify};
use veracruz_policy::Platform;

use crate::adversarial::NOW;

fn field(most: usize) -> impl Strategy<Value = Option<Vec<u8>>> {
    proptest::option::of(vec(any::<u8>(), 0..=most))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn simulated_evidence_is_accepted_and_says_what_was_put_in(
        program in vec(any::<u8>(), 0..64),
        user_data in field(512),
        nonce in vec(any::<u8>(), 1..=512),
        public_key in field(1024),
        definite in any::<bool>(),
        extended in proptest::option::of((16_u8..32, vec(any::<u8>(), 0..64))),
        milliseconds in -2_000_000_000_000_i64..1_600_000_000_000,
    ) {
        let now = NOW.replace_nanosecond(0).unwrap() - Duration::milliseconds(milliseconds);
        let boot = BootMeasurements::of_program(&program);
        let mut nsm = SimulatedNsm::new(boot.clone(), move || now).unwrap();
        if definite {
            nsm = nsm.with_definite_map();
        }
        let mut expected = vec![(0, boot.pcr0), (1, boot.pcr1), (2, boot.pcr2)];
        if let Some((index, data)) = &extended {
            expected.push((*index, nsm.extend_pcr(*index, data).unwrap()));
            nsm.lock_pcr(*index).unwrap();
        }
        let request = AttestationRequest { user_data, nonce: Some(nonce.clone()), public_key };
        let document = nsm.attest(&request).unwrap();

        let measurements = Measurements::new(expected).unwrap();
        let mut expectation = Expectation::new(vec![measurements], NoncePolicy::Exactly(nonce)).unwrap();
        if let Some(user_data) = &request.user_data {
            expectation = expectation.with_user_data(user_data.clone());
        }
        let anchors = Anchors::insecure(nsm.root().root_der()).unwrap();
        let verified = verify(&document, &anchors, now, &expectation).unwrap();
        prop_assert_eq!(verified.platform(), Platform::Simulated);
        prop_assert_eq!(verified.module_id(), nsm.module_id());
        prop_assert_eq!(verified.timestamp(), now);
        prop_assert_eq!(verified.nonce(), request.nonce.as_deref());
        prop_assert_eq!(verified.user_data(), request.user_data.as_deref());
        prop_assert_eq!(verified.public_key(), request.public_key.as_deref());
        prop_assert_eq!(verified.pcrs().len(), 16 + usize::from(extended.is_some()));
        prop_assert_eq!(verified.leaf_not_after(), now.replace_nanosecond(0).unwrap() + Duration::hours(3));
    }
}

#[test]
fn instances_that_share_an_exported_root_are_accepted_under_it() {
    let root = SimulatedRoot::generate(NOW).unwrap();
    let copy = SimulatedRoot::import(&root.export()).unwrap();
    assert_eq!(root.fingerprint(), copy.fingerprint());
    let anchors = Anchors::insecure(root.root_der()).unwrap();
    for root in [root, copy] {
        let boot = BootMeasurements::of_program(b"program");
        let expected = Measurements::new([(0, ProgramMeasurement::of(b"program").pcr())]).unwrap();
        let nsm = SimulatedNsm::under_root(Arc::new(root), boot, || NOW).unwrap();
        let document = nsm.attest(&AttestationRequest::default()).unwrap();
        let expectation = Expectation::new(vec![expected], NoncePolicy::DangerouslyUnchecked).unwrap();
        verify(&document, &anchors, NOW, &expectation).unwrap();
    }
}
