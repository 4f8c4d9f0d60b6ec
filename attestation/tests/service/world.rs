//! A service with a clock that a test moves, and a simulated instance that talks to it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_executor::block_on;
use http_body_util::BodyExt as _;
use serde_json::Value;
use time::OffsetDateTime;
use tower::ServiceExt as _;
use veracruz_attestation::attester::{AttestationRequest, BootMeasurements, Nsm as _, SimulatedNsm, SimulatedRoot};
use veracruz_attestation::certificate::{Authority, InstanceKey};
use veracruz_attestation::service::http::{Ports, router};
use veracruz_attestation::service::{
    Event, Journal, NoRandomness, ProxyService, Random, ReferenceMeasurements, SystemRandom, Trust,
};
use veracruz_attestation::{Binding, NO_CHANNEL, Role};
use veracruz_policy::{Platform, Sha256Digest};

pub(crate) const RUNTIME: &[u8] = b"the runtime's binary";

/// A clock that moves only when told.
#[derive(Clone)]
pub(crate) struct TestClock(Arc<Mutex<OffsetDateTime>>);

impl TestClock {
    pub(crate) fn new() -> Self {
        TestClock::at(OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap())
    }

    pub(crate) fn at(time: OffsetDateTime) -> Self {
        TestClock(Arc::new(Mutex::new(time)))
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap()
    }

    pub(crate) fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

/// Bytes that differ and are cheap.
#[derive(Default)]
pub(crate) struct Counting(AtomicU64);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        // The lowest bytes first: a version 4 UUID has fixed bits in its bytes 6 and 8.
        let count = self.0.fetch_add(1, Ordering::SeqCst).to_le_bytes();
        bytes.fill(0);
        bytes[..8].copy_from_slice(&count);
        Ok(())
    }
}

/// Remembers the events as words.
#[derive(Default)]
pub(crate) struct Recorder(Mutex<Vec<String>>);

impl Journal for Recorder {
    fn record(&self, event: &Event<'_>) {
        let word = match event {
            Event::SessionStarted => "started".to_owned(),
            Event::CertificateIssued { platform, measurement, .. } => format!("issued {platform} {measurement}"),
            Event::Refused { code, .. } => format!("refused {code}"),
            Event::Failed { error, .. } => format!("failed {error}"),
            _ => "unknown".to_owned(),
        };
        self.0.lock().unwrap().push(word);
    }
}

impl Recorder {
    pub(crate) fn words(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// What the service answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Status and code of a problem, after checking its form.
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(self.headers["content-type"], "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        assert_eq!(problem["type"], "about:blank");
        assert!(!problem["title"].as_str().unwrap().is_empty());
        assert!(!problem["detail"].as_str().unwrap().is_empty());
        (self.status.as_u16(), problem["code"].as_str().unwrap().to_owned())
    }
}

/// A started session, as the attester reads it.
pub(crate) struct Started {
    pub(crate) id: String,
    pub(crate) nonce: [u8; 32],
}

/// What an attester is about to send.
#[derive(Clone)]
pub(crate) struct Evidence {
    pub(crate) token: Vec<u8>,
    pub(crate) csr: Vec<u8>,
    pub(crate) policy_hash: String,
}

impl Evidence {
    pub(crate) fn parts(&self) -> Vec<(&'static str, Vec<u8>)> {
        vec![
            ("token", STANDARD.encode(&self.token).into_bytes()),
            ("csr", STANDARD.encode(&self.csr).into_bytes()),
            ("policy_hash", self.policy_hash.clone().into_bytes()),
        ]
    }
}

pub(crate) struct World {
    pub(crate) clock: TestClock,
    pub(crate) journal: Arc<Recorder>,
    pub(crate) service: Arc<ProxyService>,
    pub(crate) root: Arc<SimulatedRoot>,
    pub(crate) nsm: SimulatedNsm,
    pub(crate) key: InstanceKey,
    pub(crate) policy: Sha256Digest,
    pub(crate) router: Router,
}

impl World {
    /// A service that trusts the instance's root and vouches for its code.
    pub(crate) fn new() -> Self {
        let world = World::with_trust(|root| Trust::aws().insecure_simulated(root).unwrap());
        world.service.accept(references("runtime", RUNTIME));
        world
    }

    pub(crate) fn with_trust(trust: impl FnOnce(&[u8]) -> Trust) -> Self {
        let clock = TestClock::new();
        let root = a_root(&clock);
        let authority = Authority::generate(clock.now(), time::Duration::days(365)).unwrap();
        let service = Arc::new(ProxyService::new(authority, trust(root.root_der())));
        let journal = Arc::new(Recorder::default());
        let ports = Ports {
            clock: Arc::new({
                let clock = clock.clone();
                move || clock.now()
            }),
            random: Arc::new(SystemRandom::new()),
            journal: journal.clone(),
        };
        World {
            router: router(service.clone(), ports),
            key: InstanceKey::generate().unwrap(),
            policy: Sha256Digest::of(b"{}"),
            nsm: simulated(&root, &clock, RUNTIME),
            root,
            clock,
            journal,
            service,
        }
    }

    pub(crate) fn send(&self, request: Request<Body>) -> Answer {
        block_on(async {
            let response = self.router.clone().oneshot(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let body = body.collect().await.unwrap().to_bytes().to_vec();
            Answer { status: parts.status, headers: parts.headers, body }
        })
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> Answer {
        self.send(Request::builder().method(method).uri(path).body(Body::empty()).unwrap())
    }

    pub(crate) fn start(&self) -> Started {
        let answer = self.request("POST", "/proxy/v1/Start");
        assert_eq!(answer.status, StatusCode::CREATED);
        let nonce = STANDARD.decode(answer.json()["nonce"].as_str().unwrap()).unwrap();
        Started { id: answer.headers["location"].to_str().unwrap().to_owned(), nonce: nonce.try_into().unwrap() }
    }

    /// Evidence of the world's instance, key and policy for this nonce.
    pub(crate) fn evidence(&self, nonce: &[u8; 32]) -> Evidence {
        self.evidence_of(&self.nsm, &self.key, nonce)
    }

    pub(crate) fn evidence_of(&self, nsm: &SimulatedNsm, key: &InstanceKey, nonce: &[u8; 32]) -> Evidence {
        let spki_der = key.spki_der();
        let binding = Binding {
            platform: Platform::Simulated,
            role: Role::Csr,
            spki_der: &spki_der,
            policy_hash: &self.policy,
            nonce,
            channel: &NO_CHANNEL,
        };
        self.evidence_bound(nsm, key, &binding)
    }

    pub(crate) fn evidence_bound(&self, nsm: &SimulatedNsm, key: &InstanceKey, binding: &Binding<'_>) -> Evidence {
        let request = AttestationRequest {
            user_data: Some(binding.bind().to_vec()),
            nonce: Some(binding.nonce.to_vec()),
            public_key: None,
        };
        Evidence {
            token: nsm.attest(&request).unwrap(),
            csr: key.request().unwrap(),
            policy_hash: self.policy.to_string(),
        }
    }

    pub(crate) fn submit(&self, id: &str, evidence: &Evidence) -> Answer {
        self.submit_parts(&format!("/proxy/v1/Simulated/{id}"), &evidence.parts())
    }

    pub(crate) fn submit_parts(&self, path: &str, parts: &[(&str, Vec<u8>)]) -> Answer {
        self.send(form(path, parts))
    }
}

pub(crate) fn a_root(clock: &TestClock) -> Arc<SimulatedRoot> {
    Arc::new(SimulatedRoot::generate(clock.now()).unwrap())
}

/// An instance of `runtime`.
pub(crate) fn simulated(root: &Arc<SimulatedRoot>, clock: &TestClock, runtime: &[u8]) -> SimulatedNsm {
    let clock = clock.clone();
    SimulatedNsm::under_root(root.clone(), BootMeasurements::of_program(runtime), move || clock.now()).unwrap()
}

/// Reference measurements of a simulated `runtime`.
pub(crate) fn references(name: &str, runtime: &[u8]) -> ReferenceMeasurements {
    references_on("simulated", name, runtime)
}

pub(crate) fn references_on(platform: &str, name: &str, runtime: &[u8]) -> ReferenceMeasurements {
    let boot = BootMeasurements::of_program(runtime);
    let pcrs: BTreeMap<_, _> = [("0", boot.pcr0), ("1", boot.pcr1), ("2", boot.pcr2)].into();
    let entry = serde_json::json!([{"name": name, "platform": platform, "pcrs": pcrs}]);
    ReferenceMeasurements::parse(&entry.to_string()).unwrap()
}

/// A multipart form (RFC 7578), written by hand so that it can be written wrong.
pub(crate) fn form(path: &str, parts: &[(&str, Vec<u8>)]) -> Request<Body> {
    let mut body = Vec::new();
    for (name, value) in parts {
        body.extend(format!("--limit\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n").into_bytes());
        body.extend(value);
        body.extend(b"\r\n");
    }
    body.extend(b"--limit--\r\n");
    Request::post(path).header("content-type", "multipart/form-data; boundary=limit").body(Body::from(body)).unwrap()
}
