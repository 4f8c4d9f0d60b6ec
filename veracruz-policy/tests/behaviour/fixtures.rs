//! Real certificates and whole documents that the suites share and bend.

use std::sync::OnceLock;

use rcgen::{CertificateParams, DnType, KeyPair};
use serde_json::{Value, json};
use veracruz_policy::{Certificate, FullPolicy, FunctionPolicy, PolicyError, Rule, UserPolicy, VaasPolicy, Violation};

pub(crate) const R: u32 = 24582;
pub(crate) const W: u32 = 534084;
pub(crate) const RW: u32 = 550470;
pub(crate) const X: u32 = 536879104;

/// The PEM text of a self-signed P-256 certificate with this common name; made once per process.
pub(crate) fn pem(name: &str) -> String {
    static MADE: OnceLock<std::sync::Mutex<std::collections::HashMap<String, String>>> = OnceLock::new();
    let mut made = MADE.get_or_init(Default::default).lock().unwrap();
    made.entry(name.to_owned()).or_insert_with(|| self_signed(name, &KeyPair::generate().unwrap())).clone()
}

pub(crate) fn self_signed(name: &str, key: &KeyPair) -> String {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.self_signed(key).unwrap().pem()
}

pub(crate) fn certificate(name: &str) -> Certificate {
    Certificate::from_pem(&pem(name)).unwrap()
}

pub(crate) fn rights(entries: &[(&str, u32)]) -> Value {
    entries.iter().map(|(name, rights)| json!({"file_name": name, "rights": rights})).collect()
}

pub(crate) fn hash(digit: char) -> String {
    digit.to_string().repeat(64)
}

pub(crate) fn function() -> Value {
    json!({
        "function": "vod",
        "debug": false,
        "enable_clock": true,
        "execution_strategy": "JIT",
        "max_memory_mib": 2000,
        "data_files": [{"data_file": "/program_data/coco.names", "pi_hash": hash('b'), "priority": 3}],
        "programs": [{
            "file_rights": rights(&[
                ("/program_data/", R), ("/s3_app_input/", R), ("/user_input/", R), ("/output/", RW),
                ("stdout", W), ("stderr", W),
            ]),
            "id": 0,
            "pi_hash": hash('a'),
            "program_file_name": "/program/detector.wasm",
        }],
        "file_rights": rights(&[("/program/", W), ("/program_data/", W)]),
    })
}

pub(crate) fn user() -> Value {
    json!({
        "function": "vod",
        "instanceid": "uniqueID",
        "identities": [
            {"certificate": pem("s3"), "file_rights": rights(&[("/s3_app_input/", W)])},
            {"certificate": pem("user"), "file_rights": rights(&[
                ("/user_input/", W), ("/output/", R), ("stdout", R), ("stderr", R), ("/program/", X),
            ])},
        ],
    })
}

pub(crate) fn vaas() -> Value {
    json!({
        "instance_id": "CCFaaS",
        "ciphersuite": "TLS1_3_CHACHA20_POLY1305_SHA256",
        "debug": false,
        "enable_clock": true,
        "execution_strategy": "JIT",
        "max_memory_mib": 2000,
        "programs": [{
            "file_rights": function()["programs"][0]["file_rights"],
            "id": 0,
            "program_file_name": "/program/detector.wasm",
        }],
        "identities": [
            {"certificate": pem("s3"), "file_rights": rights(&[("/s3_app_input/", W)]), "id": 0},
            {"certificate": pem("user"), "file_rights": user()["identities"][1]["file_rights"], "id": 1},
            {"certificate": pem("loader"), "file_rights": rights(&[("/program/", W), ("/program_data/", W)]), "id": 2},
        ],
        "file_hashes": [
            {"file_path": "/program/detector.wasm", "hash": hash('a')},
            {"file_path": "/program_data/coco.names", "hash": hash('b')},
        ],
        "enclave_cert_expiry": {"day": 11, "hour": 16, "minute": 46, "month": 4, "year": 2027},
    })
}

/// A full policy of the i-poc.
pub(crate) fn full() -> Value {
    let mut full = vaas();
    let object = full.as_object_mut().unwrap();
    object.shift_remove("instance_id");
    object.insert("proxy_attestation_server_url".into(), json!("veracruz-nitro-proxy:3010"));
    object.insert("proxy_service_cert".into(), json!(pem("proxy")));
    object.insert("runtime_manager_hash_nitro".into(), json!(hash('c')));
    object.insert("runtime_manager_hash_sgx".into(), json!(""));
    object.insert("runtime_manager_hash_tz".into(), json!(""));
    object.insert("veracruz_server_url".into(), json!("localhost:3014"));
    full
}

/// A full policy of Veracruz main.
pub(crate) fn full_main() -> Value {
    let mut full = full();
    let object = full.as_object_mut().unwrap();
    object.shift_remove("runtime_manager_hash_sgx");
    object.shift_remove("runtime_manager_hash_tz");
    object.insert("runtime_manager_hash_linux".into(), json!(hash('d')));
    object.insert("runtime_manager_hash_sevsnp".into(), Value::Null);
    object.insert(
        "native_modules".into(),
        json!([
            {"name": "Counter mode AES Service", "type": {"Static": {"special_file": "/services/aesctr.dat"}}},
            {"name": "mod", "type": {"Dynamic": {"special_file": "/services/mod.dat", "entry_point": "/bin/mod"}}},
            {"name": "own", "type": {"Provisioned": {"entry_point": "/own/bin"}}},
        ]),
    );
    object.insert(
        "pipelines".into(),
        json!([{
            "name": "0",
            "pipeline": "/program/detector.wasm ; if /output/flag { /program/second.wasm ; }",
            "id": 0,
            "file_rights": rights(&[("/output/", RW)]),
        }]),
    );
    full
}

/// A full policy of the demo tag.
pub(crate) fn full_demo() -> Value {
    let mut full = full();
    let object = full.as_object_mut().unwrap();
    object.shift_remove("runtime_manager_hash_sgx");
    object.shift_remove("runtime_manager_hash_tz");
    object.insert("runtime_manager_hash_icecap".into(), json!(hash('e')));
    full
}

pub(crate) fn parse_function(value: &Value) -> Result<FunctionPolicy, PolicyError> {
    FunctionPolicy::parse(&value.to_string())
}

pub(crate) fn parse_user(value: &Value) -> Result<UserPolicy, PolicyError> {
    UserPolicy::parse(&value.to_string())
}

pub(crate) fn parse_vaas(value: &Value) -> Result<VaasPolicy, PolicyError> {
    VaasPolicy::parse(&value.to_string())
}

pub(crate) fn parse_full(value: &Value) -> Result<FullPolicy, PolicyError> {
    FullPolicy::parse(&value.to_string())
}

/// The value with `pointer` replaced, or added where its parent exists.
pub(crate) fn with(mut value: Value, pointer: &str, replacement: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match value.pointer_mut(parent).unwrap() {
        Value::Array(items) if key == "-" => items.push(replacement),
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = replacement,
        Value::Object(members) => {
            members.insert(key.to_owned(), replacement);
        }
        other => panic!("{parent} is {other}"),
    }
    value
}

/// The value without what `pointer` names.
pub(crate) fn without(mut value: Value, pointer: &str) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let removed = value.pointer_mut(parent).unwrap().as_object_mut().unwrap().shift_remove(key);
    assert!(removed.is_some(), "{pointer} is not there");
    value
}

/// The one violation that a bent document has.
#[track_caller]
pub(crate) fn only_violation<T: std::fmt::Debug>(parsed: Result<T, PolicyError>) -> Violation {
    let error = parsed.expect_err("the document is accepted");
    match error.violations() {
        [one] => one.clone(),
        _ => panic!("not exactly one violation: {error}"),
    }
}

#[track_caller]
pub(crate) fn assert_breaks<T: std::fmt::Debug>(parsed: Result<T, PolicyError>, pointer: &str, rule: Rule) {
    let violation = only_violation(parsed);
    assert_eq!((violation.pointer.as_str(), violation.rule), (pointer, rule), "{violation}");
    assert!(!violation.expected.is_empty() && !violation.found.is_empty());
}
