//! The published vectors of the binding hold for this implementation.

use serde_json::Value;
use veracruz_attestation::{
    Binding, EXPORTER_LABEL, NO_CHANNEL, Role, expected_policy_pcr, exporter_context, policy_pcr_extension,
};
use veracruz_policy::Sha256Digest;

#[test]
fn every_published_binding_is_reproduced() {
    let vectors = vectors("bind");
    assert!(vectors.len() >= 6);
    for vector in &vectors {
        let policy_hash = Sha256Digest::of(text(vector, "policy_text").as_bytes());
        assert_eq!(policy_hash.to_string(), text(vector, "policy_hash"));
        let binding = Binding {
            platform: text(vector, "platform").parse().unwrap(),
            role: role(vector),
            spki_der: &bytes(vector, "spki_der"),
            policy_hash: &policy_hash,
            nonce: &array(vector, "nonce"),
            channel: &array(vector, "channel"),
        };
        assert_eq!(hex::encode(binding.bind()), text(vector, "bind"), "{vector}");
    }
}

#[test]
fn the_vectors_cover_each_platform_and_role_with_and_without_a_channel() {
    let vectors = vectors("bind");
    for platform in ["nitro", "simulated"] {
        for role in ["server", "client", "csr"] {
            assert!(
                vectors
                    .iter()
                    .any(|v| text(v, "platform") == platform && text(v, "role") == role)
            );
        }
    }
    let without = vectors.iter().filter(|v| array(v, "channel") == NO_CHANNEL).count();
    assert!(without > 0 && without < vectors.len());
}

#[test]
fn every_published_exporter_context_is_reproduced() {
    for vector in &vectors("exporter") {
        assert_eq!(text(vector, "label"), EXPORTER_LABEL);
        assert_eq!(
            hex::encode(exporter_context(role(vector), &array(vector, "nonce"))),
            text(vector, "context")
        );
    }
}

#[test]
fn every_published_policy_register_is_reproduced() {
    for vector in &vectors("policy_pcr") {
        let policy = text(vector, "policy_text").as_bytes();
        assert_eq!(hex::encode(policy_pcr_extension(policy)), text(vector, "extension"));
        assert_eq!(expected_policy_pcr(policy).to_string(), text(vector, "pcr16"));
    }
}

#[test]
fn each_input_of_a_binding_changes_it() {
    let policy_hash = Sha256Digest::of(b"policy");
    let base = Binding {
        platform: veracruz_policy::Platform::Nitro,
        role: Role::Server,
        spki_der: b"key",
        policy_hash: &policy_hash,
        nonce: &[1; 32],
        channel: &[2; 32],
    };
    let other_policy = Sha256Digest::of(b"policy ");
    let changed = [
        Binding {
            platform: veracruz_policy::Platform::Simulated,
            ..base
        },
        Binding {
            role: Role::Client,
            ..base
        },
        Binding {
            role: Role::Csr,
            ..base
        },
        Binding {
            spki_der: b"kez",
            ..base
        },
        Binding {
            policy_hash: &other_policy,
            ..base
        },
        Binding {
            nonce: &[3; 32],
            ..base
        },
        Binding {
            channel: &[3; 32],
            ..base
        },
        Binding {
            nonce: &[2; 32],
            channel: &[1; 32],
            ..base
        },
    ];
    for other in changed {
        assert_ne!(other.bind(), base.bind(), "{other:?}");
    }
}

fn vectors(section: &str) -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/vectors/binding.json");
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let list = file[section].as_array().unwrap().clone();
    assert!(!list.is_empty());
    list
}

fn text<'a>(vector: &'a Value, key: &str) -> &'a str {
    vector[key].as_str().unwrap()
}

fn bytes(vector: &Value, key: &str) -> Vec<u8> {
    hex::decode(text(vector, key)).unwrap()
}

fn array(vector: &Value, key: &str) -> [u8; 32] {
    bytes(vector, key).try_into().unwrap()
}

fn role(vector: &Value) -> Role {
    match text(vector, "role") {
        "server" => Role::Server,
        "client" => Role::Client,
        "csr" => Role::Csr,
        other => panic!("no such role: {other}"),
    }
}
