//! Policies, certificates and names.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};
use veracruz_policy::{Certificate, Sha256Digest};

pub(crate) const PROGRAM: &str = "/program/detector.wasm";
pub(crate) const NAMES: &str = "/program_data/coco.names";
pub(crate) const WEIGHTS: &str = "/program_data/yolov3.weights";

pub(crate) const PROGRAM_CONTENT: &[u8] = b"a program";
pub(crate) const NAMES_CONTENT: &[u8] = b"person\nbicycle\n";
pub(crate) const WEIGHTS_CONTENT: &[u8] = b"weights";

/// In a path.
pub(crate) fn base64(name: &str) -> String {
    STANDARD.encode(name)
}

pub(crate) fn digest(content: &[u8]) -> String {
    Sha256Digest::of(content).to_string()
}

/// One program and two data files; the second is to be loaded first.
pub(crate) fn function(name: &str) -> Value {
    json!({
        "function": name,
        "execution_strategy": "JIT",
        "max_memory_mib": 256,
        "debug": false,
        "enable_clock": true,
        "programs": [{
            "id": 0,
            "program_file_name": PROGRAM,
            "pi_hash": digest(PROGRAM_CONTENT),
            "file_rights": [{"file_name": "/output/", "rights": 550_470}],
        }],
        "data_files": [
            {"data_file": NAMES, "pi_hash": digest(NAMES_CONTENT)},
            {"data_file": WEIGHTS, "pi_hash": digest(WEIGHTS_CONTENT), "priority": 3},
        ],
        "file_rights": [{"file_name": "/program/", "rights": 534_084}, {"file_name": "/program_data/", "rights": 534_084}],
    })
}

pub(crate) fn certificate(name: &str) -> Certificate {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    let signed = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
    Certificate::from_pem(&signed.pem()).unwrap()
}

/// What a user asks for: an instance of this name of this function, for one certificate.
pub(crate) fn user(function: &str, instance: &str) -> Value {
    user_with(function, instance, &certificate(instance))
}

pub(crate) fn user_with(function: &str, instance: &str, certificate: &Certificate) -> Value {
    json!({
        "function": function,
        "instanceid": instance,
        "identities": [{
            "certificate": certificate.to_pem(),
            "file_rights": [{"file_name": "/user_input/", "rights": 534_084}, {"file_name": "/output/", "rights": 24_582}],
        }],
    })
}
