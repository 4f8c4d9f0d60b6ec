//! How long it takes to verify one Nitro document. Goal: at most 2 ms.
//!
//! The floor is the cryptography: four certificate signatures below the root and the document's own, all ECDSA on P-384.
//! The baseline is these five verifications alone, in the same run.
#![expect(clippy::unwrap_used, reason = "a bench that cannot start has nothing to measure")]

use std::hint::black_box;
use std::path::PathBuf;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey,
};
use criterion::{Criterion, criterion_group, criterion_main};
use time::OffsetDateTime;
use time::macros::datetime;
use veracruz_attestation::Measurements;
use veracruz_attestation::attester::{AttestationRequest, BootMeasurements, Nsm as _, SimulatedNsm};
use veracruz_attestation::measure::ProgramMeasurement;
use veracruz_attestation::nitro::{Anchors, Expectation, NoncePolicy, authenticate, parse_unverified, verify};

const NOW: OffsetDateTime = datetime!(2026-11-22 12:00:00 UTC);

fn five_bare_verifications(criterion: &mut Criterion) {
    let messages: Vec<_> = (0..5_u8).map(signed_message).collect();
    criterion.bench_function("baseline: five bare ECDSA P-384 verifications", |bench| {
        bench.iter(|| {
            for (point, message, signature) in &messages {
                UnparsedPublicKey::new(&ECDSA_P384_SHA384_ASN1, point).verify(black_box(message), signature).unwrap();
            }
        });
    });
}

/// A point, a message of a certificate's size, and the signature.
fn signed_message(number: u8) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_ASN1_SIGNING, &SystemRandom::new()).unwrap();
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_ASN1_SIGNING, pkcs8.as_ref()).unwrap();
    let message = vec![number; 600];
    let signature = key.sign(&SystemRandom::new(), &message).unwrap().as_ref().to_vec();
    (key.public_key().as_ref().to_vec(), message, signature)
}

fn simulated_document(criterion: &mut Criterion) {
    let nsm = SimulatedNsm::new(BootMeasurements::of_program(b"program"), || NOW).unwrap();
    let request = AttestationRequest { user_data: Some(vec![1; 48]), nonce: Some(vec![2; 32]), public_key: None };
    let document = nsm.attest(&request).unwrap();
    let anchors = Anchors::insecure(nsm.root().root_der()).unwrap();
    let measurements = Measurements::new([(0, ProgramMeasurement::of(b"program").pcr())]).unwrap();
    let expectation = Expectation::new(vec![measurements], NoncePolicy::Exactly(vec![2; 32])).unwrap();
    let expectation = expectation.with_user_data(vec![1; 48]);
    criterion.bench_function("verify one simulated document", |bench| {
        bench.iter(|| verify(black_box(&document), &anchors, NOW, &expectation).unwrap());
    });
    criterion.bench_function("parse one simulated document, nothing checked", |bench| {
        bench.iter(|| parse_unverified(black_box(&document)).unwrap());
    });
}

/// The real document is not part of the project; without it this is skipped.
fn real_document(criterion: &mut Criterion) {
    let file = "../../shared/data/nitro/real/dstack-20251225-a.bin";
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file);
    let Ok(document) = std::fs::read(&path) else {
        criterion.bench_function("verify one real document: SKIPPED, it is absent", |bench| bench.iter(|| ()));
        return;
    };
    let now = parse_unverified(&document).unwrap().timestamp();
    let anchors = Anchors::aws();
    criterion.bench_function("verify one real document", |bench| {
        bench.iter(|| authenticate(black_box(&document), &anchors, now).unwrap());
    });
}

criterion_group!(benches, five_bare_verifications, simulated_document, real_document);
criterion_main!(benches);
