//! Real AWS documents, where the folder with them is present.

use std::path::PathBuf;
use std::time::Duration;

use time::OffsetDateTime;
use veracruz_attestation::Measurements;
use veracruz_attestation::nitro::{
    Anchors, Expectation, Genuine, NoncePolicy, Refusal, authenticate, parse_unverified, verify,
};
use veracruz_policy::Platform;

/// The documents, and whether the enclave ran in debug mode.
const DOCUMENTS: &[(&str, bool)] = &[
    ("debug-dstack-20251225.bin", true),
    ("debug-evervault-20221012.bin", true),
    ("dstack-20251225-a.bin", false),
    ("dstack-20251225-b.bin", false),
    ("evervault-20221013-nonce256.bin", false),
    ("evervault-20230118-userdata-nonce.bin", false),
    ("marlin-20240226.bin", false),
    ("marlin-20240410.bin", false),
];

/// The smallest one: each of its bits and lengths is tried.
const SMALLEST: &str = "marlin-20240410.bin";

/// Reads one of the documents; `None`, with a word on stderr, where the folder is absent.
fn document(name: &str) -> Option<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/nitro/real");
    if !folder.is_dir() {
        eprintln!(
            "SKIPPED: {} is absent, so real documents are not tried",
            folder.display()
        );
        return None;
    }
    Some(std::fs::read(folder.join(name)).unwrap())
}

fn own_time(document: &[u8]) -> OffsetDateTime {
    parse_unverified(document).unwrap().timestamp()
}

fn genuine(document: &[u8]) -> Genuine {
    authenticate(document, &Anchors::aws(), own_time(document)).unwrap()
}

/// What the document itself shows, so that everything about it is expected.
fn expectation_of(document: &Genuine) -> Expectation {
    let shown = document.pcrs().iter().filter(|(_, value)| !value.is_zero());
    let set = Measurements::new(shown.map(|(index, value)| (*index, *value)));
    // A debug document shows no measurement: expect some other enclave's image.
    let set = set.or_else(|_| Measurements::new([(0, [7; 48].into())])).unwrap();
    let nonce = document
        .nonce()
        .map_or(NoncePolicy::DangerouslyUnchecked, |n| NoncePolicy::Exactly(n.to_vec()));
    let expectation = Expectation::new(vec![set], nonce).unwrap();
    match document.user_data() {
        Some(user_data) => expectation.with_user_data(user_data.to_vec()),
        None => expectation,
    }
}

#[test]
fn real_documents_verify_at_their_own_time_and_debug_ones_are_refused_unless_allowed() {
    for (name, debug) in DOCUMENTS {
        let Some(bytes) = document(name) else { return };
        let now = own_time(&bytes);
        let genuine = genuine(&bytes);
        assert_eq!(genuine.is_debug(), *debug, "{name}");
        let expectation = expectation_of(&genuine);
        let verdict = verify(&bytes, &Anchors::aws(), now, &expectation);
        if *debug {
            assert_eq!(verdict.unwrap_err(), Refusal::Debug, "{name}");
            let verified = verify(&bytes, &Anchors::aws(), now, &expectation.dangerous_allow_debug()).unwrap();
            assert!(verified.is_debug() && verified.matched().is_none(), "{name}");
        } else {
            let verified = verdict.unwrap();
            assert_eq!(verified.platform(), Platform::Nitro, "{name}");
            assert!(verified.matched().is_some(), "{name}");
        }
    }
}

#[test]
fn a_real_document_is_refused_when_its_certificates_time_is_over() {
    let Some(bytes) = document(SMALLEST) else { return };
    let later = own_time(&bytes) + Duration::from_secs(4 * 3600);
    assert_eq!(
        authenticate(&bytes, &Anchors::aws(), later).unwrap_err().code(),
        "certificate-expired"
    );
}

#[test]
fn every_truncation_of_a_real_document_is_refused() {
    let Some(bytes) = document(SMALLEST) else { return };
    let now = own_time(&bytes);
    for length in 0..bytes.len() {
        let refusal = authenticate(&bytes[..length], &Anchors::aws(), now).unwrap_err();
        assert_eq!(refusal.code(), "cbor-truncated", "{length} bytes");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(
        authenticate(&longer, &Anchors::aws(), now).unwrap_err().code(),
        "cbor-trailing-bytes"
    );
}

#[test]
fn every_single_bit_flip_of_a_real_document_is_refused() {
    let Some(bytes) = document(SMALLEST) else { return };
    let now = own_time(&bytes);
    let threads = std::thread::available_parallelism().map_or(2, |count| count.get());
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let bytes = &bytes;
            scope.spawn(move || {
                let anchors = Anchors::aws();
                let mut flipped = bytes.clone();
                for bit in (thread..bytes.len() * 8).step_by(threads) {
                    flipped[bit / 8] ^= 1 << (bit % 8);
                    assert!(authenticate(&flipped, &anchors, now).is_err(), "bit {bit}");
                    flipped[bit / 8] ^= 1 << (bit % 8);
                }
            });
        }
    });
}
