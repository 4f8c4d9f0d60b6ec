//! Attestation documents whose payload is changed and then signed by a forged leaf, so that inputs get past the signature.
//!
//! An input is a list of changes to a right payload, four bytes each: what to do, where (two bytes), and a byte. Besides
//! not panicking, what is accepted must be what it says: the expected registers and nonce stand in it.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use time::OffsetDateTime;
use time::macros::datetime;
use veracruz_attestation::Measurements;
use veracruz_attestation::nitro::{Anchors, Expectation, NoncePolicy, authenticate, parse_unverified};
use veracruz_tests::forge::Draft;

const NOW: OffsetDateTime = datetime!(2026-11-22 12:00:00.346 UTC);

/// More changes give no new kinds of documents.
const MAX_CHANGES: usize = 64;

struct Scene {
    draft: Draft,
    payload: Vec<u8>,
    anchors: Anchors,
    expectation: Expectation,
}

/// Made once for the process: drawing keys would take most of each run's time.
static SCENE: LazyLock<Scene> = LazyLock::new(|| {
    let draft = Draft::new(NOW);
    let payload = draft.payload_bytes();
    let anchors = Anchors::insecure(&draft.chain.root_der).expect("the forge's root is a root");
    let image = Measurements::new((0..=2_u8).map(|index| (index, [index + 1; 48].into()))).expect("they are not zero");
    let expectation = Expectation::new(vec![image], NoncePolicy::Exactly(b"nonce".to_vec())).expect("it is complete");
    Scene { draft, payload, anchors, expectation }
});

fuzz_target!(|data: &[u8]| {
    let scene = &*SCENE;
    let mut payload = scene.payload.clone();
    for change in data.chunks_exact(4).take(MAX_CHANGES) {
        let &[what, high, low, byte] = change else { continue };
        let at = usize::from(u16::from_be_bytes([high, low])) % payload.len().max(1);
        match what % 4 {
            0 => payload.insert(at, byte),
            1 if !payload.is_empty() => drop(payload.remove(at)),
            2 => payload.truncate(payload.len().saturating_sub(usize::from(byte))),
            _ => payload.iter_mut().skip(at).take(1).for_each(|old| *old = byte),
        }
    }
    let document = scene.draft.finish_with(&payload);
    let _ = parse_unverified(&document).map(|unverified| unverified.explain().to_string());
    let Ok(genuine) = authenticate(&document, &scene.anchors, NOW) else { return };
    let _ = genuine.explain().to_string();
    assert!(!genuine.module_id().is_empty() && !genuine.pcrs().is_empty());
    if let Ok(verified) = genuine.appraise(&scene.expectation, NOW) {
        assert_eq!(verified.nonce(), Some(b"nonce".as_slice()));
        assert!((0..=2_u8).all(|index| verified.pcrs().get(&index) == Some(&[index + 1; 48].into())));
        assert!((verified.timestamp() - NOW).abs() <= time::Duration::minutes(5));
    }
});
