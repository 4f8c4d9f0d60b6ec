//! Who takes part in instances: a user, and the S3 app under an identity that the user lends it.

use rcgen::{CertificateParams, DnType, KeyPair};
use serde_json::json;
use veracruz_client::rest::{CopyRequest, Destination, Secret, Source};
use veracruz_client::{Client, Identity, Session, Trust};
use veracruz_policy::{FullPolicy, Rights};

use crate::world::{BUCKET, CREDENTIALS};

/// Where the S3 app writes.
pub(crate) const COPIES: &str = "/s3_app_input/";

struct Person {
    certificate: String,
    key: String,
}

/// Both of them, and whom they trust.
pub(crate) struct People {
    user: Person,
    app: Person,
    trust: Trust,
}

impl Person {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = params.self_signed(&key).unwrap().pem();
        Person { certificate: certificate.trim_end().to_owned(), key: key.serialize_pem() }
    }
}

impl People {
    pub(crate) fn new(trust: Trust) -> Self {
        People { user: Person::new("user"), app: Person::new("S3 app"), trust }
    }

    /// The user may read everything, so that the test can look; the S3 app may write what it copies.
    pub(crate) fn policy(&self, function: &str, instance: &str) -> String {
        let right = |name: &str, rights: Rights| json!({"file_name": name, "rights": rights.bits()});
        let policy = json!({
            "function": function,
            "instanceid": instance,
            "identities": [
                {"certificate": self.app.certificate, "file_rights": [right(COPIES, Rights::WRITE)]},
                {"certificate": self.user.certificate, "file_rights": [
                    right("/", Rights::READ),
                    right("/program/", Rights::READ | Rights::EXECUTE),
                    right("stdout", Rights::READ),
                ]},
            ],
        });
        policy.to_string()
    }

    /// A verified session of the user.
    pub(crate) async fn connect(&self, policy: &str) -> Session {
        let identity = Identity::from_pem(&self.user.certificate, &self.user.key).unwrap();
        let policy = FullPolicy::parse(policy).unwrap();
        let client = Client::builder(policy, identity).trust(self.trust.clone()).build().unwrap();
        client.connect().await.unwrap_or_else(|error| panic!("the instance takes no sessions: {error}"))
    }

    /// The request to copy `object` to `name`.
    pub(crate) fn copy(&self, policy: &str, object: &str, name: &str) -> CopyRequest {
        let (id, secret) = CREDENTIALS;
        CopyRequest {
            s3: Source {
                region_name: None,
                bucket: BUCKET.to_owned(),
                filename: object.to_owned(),
                aws_access_key_id: Some(id.to_owned()),
                aws_secret_access_key: Some(Secret::new(secret)),
                aws_session_token: None,
            },
            veracruz: Destination {
                filename: format!("{COPIES}{name}"),
                policy: policy.to_owned(),
                certificate: self.app.certificate.clone(),
                key: Secret::new(self.app.key.as_str()),
            },
        }
    }
}
