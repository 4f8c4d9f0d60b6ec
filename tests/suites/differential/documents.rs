//! The bodies of the i-poc's requests, in the shapes that were published, with real certificates and small contents.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, DnType, KeyPair};
use serde_json::{Value, json};
use veracruz_client::{Client, Identity, Session, Transfer, Trust};
use veracruz_policy::{Certificate, FullPolicy, Sha256Digest};

pub(crate) const PROGRAM: &str = "/program/detector.wasm";
pub(crate) const NAMES: &str = "/program_data/coco.names";
pub(crate) const WEIGHTS: &str = "/program_data/yolov3.weights";

/// WebAssembly: a memory, and a function `_start` that does nothing.
pub(crate) const PROGRAM_CONTENT: &[u8] = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x05\x03\x01\0\x01\
    \x07\x13\x02\x06memory\x02\0\x06_start\0\0\x0a\x04\x01\x02\0\x0b";
pub(crate) const NAMES_CONTENT: &[u8] = b"person\nbicycle\n";
pub(crate) const WEIGHTS_CONTENT: &[u8] = b"weights";

/// The rights that the user application asks for by these numbers.
pub(crate) const WRITE: u32 = 534_084;
pub(crate) const READ: u32 = 24_582;
pub(crate) const READ_WRITE: u32 = 550_470;
pub(crate) const EXECUTE: u32 = 536_879_104;

pub(crate) fn digest(content: &[u8]) -> String {
    Sha256Digest::of(content).to_string()
}

/// A file's name as the scripts write it into paths; `=` stays, and `+` is literal there.
pub(crate) fn base64(name: impl AsRef<[u8]>) -> String {
    STANDARD.encode(name)
}

/// `function-vod-small.example.json`.
pub(crate) fn function(name: &str) -> Value {
    let rights = |name: &str, rights: u32| json!({"file_name": name, "rights": rights});
    json!({
        "function": name,
        "debug": true,
        "enable_clock": true,
        "execution_strategy": "JIT",
        "max_memory_mib": 2000,
        "data_files": [
            {"data_file": NAMES, "pi_hash": digest(NAMES_CONTENT)},
            {"data_file": WEIGHTS, "pi_hash": digest(WEIGHTS_CONTENT), "priority": 3},
        ],
        "programs": [{
            "file_rights": [
                rights("/program_data/", READ), rights("/s3_app_input/", READ), rights("/user_input/", READ),
                rights("/output/", READ_WRITE), rights("/program_internal/", READ_WRITE), rights("stdout", WRITE),
                rights("stderr", WRITE),
            ],
            "id": 0,
            "pi_hash": digest(PROGRAM_CONTENT),
            "program_file_name": PROGRAM,
        }],
        "file_rights": [rights("/program/", WRITE), rights("/program_data/", WRITE)],
    })
}

/// A function of one program and nothing else, without `data_files` and without rights for the loader.
pub(crate) fn bare_function(name: &str, program: &str, content: &[u8]) -> Value {
    json!({
        "function": name,
        "debug": false,
        "enable_clock": false,
        "execution_strategy": "JIT",
        "max_memory_mib": 64,
        "programs": [{"file_rights": [], "id": 0, "pi_hash": digest(content), "program_file_name": program}],
        "file_rights": [],
    })
}

/// Somebody with a certificate, as the user application makes it: EC on P-256, both in PEM whose body is one line, without a
/// newline at their ends.
pub(crate) struct Person {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Person {
    pub(crate) fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = Certificate::from_pem(&params.self_signed(&key).unwrap().pem()).unwrap().to_pem();
        let key = key.serialize_pem();
        let mut lines: Vec<_> = key.lines().collect();
        let (first, last) = (lines.remove(0), lines.pop().unwrap());
        let key = format!("{first}\n{}\n{last}", lines.concat());
        Person { certificate, key }
    }

    /// A verified session with the instance of this policy.
    pub(crate) async fn connect(&self, policy: &str) -> Session {
        self.try_connect(policy).await.unwrap()
    }

    pub(crate) async fn try_connect(&self, policy: &str) -> Result<Session, veracruz_client::Error> {
        let identity = Identity::from_pem(&self.certificate, &self.key).unwrap();
        let policy = FullPolicy::parse(policy).unwrap();
        let client = Client::builder(policy, identity).trust(Trust::default().allow_simulated()).build()?;
        client.connect().await
    }

    /// A VaaS policy in which this person may read and write everything.
    pub(crate) fn vaas_policy(&self, instance_id: Option<&str>) -> Value {
        let mut policy = json!({
            "ciphersuite": "TLS1_3_CHACHA20_POLY1305_SHA256",
            "debug": true,
            "enable_clock": true,
            "execution_strategy": "JIT",
            "max_memory_mib": 64,
            "programs": [],
            "identities": [{
                "certificate": self.certificate,
                "file_rights": [{"file_name": "/", "rights": READ_WRITE}, {"file_name": "stdout", "rights": READ}],
                "id": 0,
            }],
            "file_hashes": [],
        });
        if let Some(id) = instance_id {
            policy["instance_id"] = id.into();
        }
        policy
    }
}

/// `user.example.json`: what the user application asks for, for the S3 app and for itself.
pub(crate) fn user_policy(function: &str, instance: &str, app: &Person, user: &Person) -> Value {
    json!({
        "function": function,
        "instanceid": instance,
        "identities": [
            {"certificate": app.certificate, "file_rights": [{"file_name": "/s3_app_input/", "rights": WRITE}]},
            {"certificate": user.certificate, "file_rights": [
                {"file_name": "/user_input/", "rights": WRITE},
                {"file_name": "/output/", "rights": READ},
                {"file_name": "stdout", "rights": READ},
                {"file_name": "stderr", "rights": READ},
                {"file_name": "/program/", "rights": EXECUTE},
            ]},
        ],
    })
}

/// Writes a whole file; gives the code of a refusal.
pub(crate) async fn put(session: &mut Session, name: &str, content: &[u8]) -> Result<(), String> {
    let written = session.upload(name, content, Transfer::new().length(content.len() as u64)).await;
    written.map(drop).map_err(|error| error.code().to_owned())
}

/// Reads a whole file; gives the code of a refusal.
pub(crate) async fn read(session: &mut Session, name: &str) -> Result<Vec<u8>, String> {
    session.read(name, 64 << 20).await.map_err(|error| error.code().to_owned())
}
