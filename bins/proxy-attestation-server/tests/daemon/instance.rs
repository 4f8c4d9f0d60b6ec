//! A simulated instance: the client side of the protocol.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use time::OffsetDateTime;
use veracruz_attestation::attester::{AttestationRequest, BootMeasurements, Nsm as _, SimulatedNsm};
use veracruz_attestation::certificate::{AttestedInstance, InstanceExpectation, InstanceKey, PinnedAuthorities};
use veracruz_attestation::nitro::Anchors;
use veracruz_attestation::service::ReferenceMeasurements;
use veracruz_attestation::{Binding, NO_CHANNEL, Role};
use veracruz_policy::{Platform, Sha256Digest};

use crate::server::{Answer, Home, Server};

const RUNTIME: &[u8] = b"the runtime's binary";
const POLICY: &[u8] = b"the policy's text";

pub(crate) struct Instance {
    pub(crate) nsm: SimulatedNsm,
    pub(crate) key: InstanceKey,
}

/// A session that the server started.
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) nonce: [u8; 32],
}

impl Instance {
    pub(crate) fn new() -> Self {
        Instance {
            nsm: SimulatedNsm::new(BootMeasurements::of_program(RUNTIME), OffsetDateTime::now_utc).unwrap(),
            key: InstanceKey::generate().unwrap(),
        }
    }

    /// The flags of a server that trusts this instance's root and vouches for its code.
    pub(crate) fn trusted_by(&self, home: &Home) -> [String; 4] {
        let root = home.write("root.pem", self.nsm.root().pem());
        let measurements = home.write("measurements.json", measurements("runtime", RUNTIME));
        ["--allow-simulated-root".to_owned(), root, "--measurements".to_owned(), measurements]
    }

    pub(crate) async fn start(&self, server: &Server) -> Session {
        let answer = server.post("/proxy/v1/Start").await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        let nonce = STANDARD.decode(answer.json()["nonce"].as_str().unwrap()).unwrap();
        let id = answer.headers["location"].to_str().unwrap().to_owned();
        Session { id, nonce: nonce.try_into().unwrap() }
    }

    /// The form of evidence for the session's nonce.
    pub(crate) fn evidence(&self, session: &Session) -> Vec<(&'static str, String)> {
        let (spki_der, policy_hash) = (self.key.spki_der(), Sha256Digest::of(POLICY));
        let binding = Binding {
            platform: Platform::Simulated,
            role: Role::Csr,
            spki_der: &spki_der,
            policy_hash: &policy_hash,
            nonce: &session.nonce,
            channel: &NO_CHANNEL,
        };
        let token = self.nsm.attest(&AttestationRequest {
            user_data: Some(binding.bind().to_vec()),
            nonce: Some(session.nonce.to_vec()),
            public_key: None,
        });
        vec![
            ("token", STANDARD.encode(token.unwrap())),
            ("csr", STANDARD.encode(self.key.request().unwrap())),
            ("policy_hash", policy_hash.to_string()),
        ]
    }

    pub(crate) async fn submit(&self, server: &Server, session: &Session) -> Answer {
        server.post_form(&path(session), &self.evidence(session)).await
    }

    /// The whole round: start, attest, submit.
    pub(crate) async fn certify(&self, server: &Server) -> Answer {
        let session = self.start(server).await;
        self.submit(server, &session).await
    }

    /// What a client checks that trusts nobody but the pinned authority and the root.
    pub(crate) fn check_as_client(&self, body: &[u8], authority_pem: &str) -> AttestedInstance {
        let (leaf, authority) = body.split_at(4 + usize::from(u16::from_be_bytes([body[2], body[3]])));
        let references = ReferenceMeasurements::parse(&measurements("runtime", RUNTIME)).unwrap();
        let accepted = references.iter().map(|entry| entry.measurements().clone()).collect();
        InstanceExpectation::new(Platform::Simulated, accepted, Sha256Digest::of(POLICY))
            .unwrap()
            .requiring_evidence(Anchors::insecure(self.nsm.root().root_der()).unwrap())
            .unwrap()
            .check(
                leaf,
                Some(authority),
                &PinnedAuthorities::from_pem(authority_pem).unwrap(),
                OffsetDateTime::now_utc(),
            )
            .unwrap()
    }
}

pub(crate) fn path(session: &Session) -> String {
    format!("/proxy/v1/Simulated/{}", session.id)
}

/// A measurements file for simulated instances of `runtime`.
pub(crate) fn measurements(name: &str, runtime: &[u8]) -> String {
    let boot = BootMeasurements::of_program(runtime);
    json!([{"name": name, "platform": "simulated", "pcrs": {"0": boot.pcr0, "1": boot.pcr1, "2": boot.pcr2}}])
        .to_string()
}
