//! Who takes part in an instance: asks for it, connects, shuts it down.

use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};
use veracruz_client::{Client, Identity, Session, Trust};
use veracruz_policy::{FullPolicy, VaasPolicy};

/// A participant with a key of its own.
pub(crate) struct Participant {
    certificate: String,
    key: String,
}

impl Participant {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["participant".to_owned()]).unwrap().self_signed(&key).unwrap();
        Participant { certificate: certificate.pem().trim_end().to_owned(), key: key.serialize_pem() }
    }

    /// A request for an instance in which this participant may read and write all files.
    pub(crate) fn request(&self, instance_id: Option<&str>) -> Value {
        let mut request = json!({
            "ciphersuite": "TLS1_3_CHACHA20_POLY1305_SHA256",
            "debug": false,
            "enable_clock": false,
            "execution_strategy": "JIT",
            "max_memory_mib": 64,
            "programs": [],
            "identities": [{
                "certificate": self.certificate,
                "file_rights": [{"file_name": "/", "rights": 550_470}],
                "id": 0
            }],
            "file_hashes": []
        });
        if let Some(id) = instance_id {
            request["instance_id"] = id.into();
        }
        request
    }

    pub(crate) fn asks(&self, instance_id: Option<&str>) -> VaasPolicy {
        VaasPolicy::parse(&self.request(instance_id).to_string()).unwrap()
    }

    /// A verified session with the instance of this policy.
    pub(crate) async fn connect(&self, policy: &str) -> Session {
        let identity = Identity::from_pem(&self.certificate, &self.key).unwrap();
        let policy = FullPolicy::parse(policy).unwrap();
        let client = Client::builder(policy, identity).trust(Trust::default().allow_simulated()).build().unwrap();
        client.connect().await.unwrap()
    }
}
