//! One decision, in a small policy and in a large one, beside one look-up in a standard map as the baseline.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a bench that cannot set up must stop")]

use std::collections::HashMap;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};
use veracruz_policy::{Action, FullPolicy, Principal, Target};

/// The DER text of so many different certificates with one key: only the serial number differs.
fn certificates(count: usize) -> Vec<String> {
    let key = KeyPair::generate().expect("a key");
    let certificate = |serial: usize| {
        let mut params = CertificateParams::default();
        params.serial_number = Some((serial as u64 + 1).into());
        params.self_signed(&key).expect("a certificate").pem()
    };
    (0..count).map(certificate).collect()
}

/// A policy with so many identities, and so many entries for the last one.
fn policy_text(identities: usize, entries: usize) -> String {
    let certificates = certificates(identities);
    let few = json!([{"file_name": "/input/", "rights": 534084}, {"file_name": "/output/", "rights": 24582}]);
    let many: Value =
        (0..entries).map(|i| json!({"file_name": format!("/data/{}/{i}/", i % 97), "rights": 550470})).collect();
    let identity = |(id, certificate): (usize, &String)| {
        let rights = if id + 1 == identities { many.clone() } else { few.clone() };
        json!({"certificate": certificate, "id": id, "file_rights": rights})
    };
    json!({
        "ciphersuite": "TLS1_3_CHACHA20_POLY1305_SHA256", "debug": false, "enable_clock": false,
        "execution_strategy": "JIT", "max_memory_mib": 256, "programs": [],
        "identities": certificates.iter().enumerate().map(identity).collect::<Vec<_>>(),
        "file_hashes": [],
        "enclave_cert_expiry": {"year": 2030, "month": 1, "day": 1, "hour": 0, "minute": 0},
        "proxy_attestation_server_url": "localhost:3010", "proxy_service_cert": certificates[0],
        "veracruz_server_url": "localhost:3014",
    })
    .to_string()
}

fn decide(c: &mut Criterion) {
    let mut group = c.benchmark_group("decide");
    for (identities, entries) in [(10, 10), (10_000, 10_000)] {
        let policy = FullPolicy::parse(&policy_text(identities, entries)).expect("a policy");
        let last = Principal::Participant(identities as u32 - 1);
        let file = entries / 2;
        let target = Target::parse(&format!("/data/{}/{file}/video.h264", file % 97)).expect("a path");
        group.bench_function(format!("read, {identities} identities, {entries} entries"), |b| {
            b.iter(|| policy.decide(black_box(&last), Action::Read, black_box(&target)).is_ok());
        });
        group.bench_function(format!("write, {identities} identities, {entries} entries"), |b| {
            let action = Action::Write { creates: true };
            b.iter(|| policy.decide(black_box(&last), action, black_box(&target)).is_ok());
        });
    }
    let map: HashMap<String, u32> = (0..10_000).map(|i| (format!("/data/{}/{i}/video.h264", i % 97), i)).collect();
    let key = "/data/53/5000/video.h264".to_owned();
    group.bench_function("baseline: one look-up in a HashMap<String, u32> of 10000", |b| {
        b.iter(|| map.get(black_box(&key)).copied());
    });
    group.finish();
}

fn parse(c: &mut Criterion) {
    let identities = (1 << 20) / policy_text(100, 2).len() * 100;
    let text = policy_text(identities, 2);
    let mut group = c.benchmark_group(format!("parse a policy of {} KiB, {identities} identities", text.len() >> 10));
    group.sample_size(20);
    group.bench_function("FullPolicy::parse", |b| b.iter(|| FullPolicy::parse(black_box(&text)).is_ok()));
    group.bench_function("baseline: serde_json to Value", |b| {
        b.iter(|| serde_json::from_str::<Value>(black_box(&text)).is_ok());
    });
    group.finish();
    let small = policy_text(3, 5);
    c.bench_function("parse a policy of three identities", |b| b.iter(|| FullPolicy::parse(black_box(&small)).is_ok()));
}

criterion_group!(benches, decide, parse);
criterion_main!(benches);
