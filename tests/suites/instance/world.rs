//! A policy, its participants, and an instance that serves them on a port of this machine.

use std::sync::Arc;

use rcgen::{CertificateParams, DnType, KeyPair};
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use veracruz_attestation::attester::{BootMeasurements, SimulatedNsm, SimulatedRoot};
use veracruz_client::{Client, Error, Identity, Session, Transfer, Trust};
use veracruz_policy::{
    Authorities, Certificate, Endpoint, FullPolicy, Platform, PolicyBuilder, Principal, Sha256Digest, Timepoint,
};
use veracruz_runtime::{Ended, Runtime};

/// The bytes that stand for the runtime's program.
const RUNTIME: &[u8] = b"the runtime's binary";

/// A certificate and its key.
pub(crate) struct Person {
    pem: String,
    key: KeyPair,
}

impl Person {
    pub(crate) fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        Person { pem: params.self_signed(&key).unwrap().pem(), key }
    }

    pub(crate) fn certificate(&self) -> Certificate {
        Certificate::from_pem(&self.pem).unwrap()
    }

    pub(crate) fn principal(&self, policy: &FullPolicy) -> Principal {
        policy.participant(self.certificate().der()).unwrap()
    }
}

/// A policy of these people, with the capabilities beside each.
pub(crate) fn policy(people: &[(&Person, &str)], change: impl FnOnce(PolicyBuilder) -> PolicyBuilder) -> FullPolicy {
    let authority = Authorities::from_pem(&Person::new("authority").certificate().to_pem()).unwrap();
    let endpoint = |text| Endpoint::parse(text).unwrap();
    let expiry = Timepoint::new(2099, 1, 1, 0, 0).unwrap();
    let mut builder = PolicyBuilder::new(endpoint("127.0.0.1:3017"), endpoint("127.0.0.1:3010"), authority, expiry)
        .runtime(Platform::Simulated, Sha256Digest::of(RUNTIME));
    for (person, capabilities) in people {
        builder = builder.identity(person.certificate(), capabilities).unwrap();
    }
    change(builder).build().unwrap()
}

/// A running instance.
pub(crate) struct World {
    pub(crate) policy: FullPolicy,
    address: Endpoint,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Ended>,
}

impl World {
    pub(crate) async fn start(policy: FullPolicy) -> Self {
        let root = Arc::new(SimulatedRoot::generate(OffsetDateTime::now_utc()).unwrap());
        let boot = BootMeasurements::of_program(RUNTIME);
        let nsm = SimulatedNsm::under_root(root, boot, OffsetDateTime::now_utc).unwrap();
        let runtime = Runtime::builder(policy.clone()).start(Arc::new(nsm), Platform::Simulated).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = Endpoint::parse(&listener.local_addr().unwrap().to_string()).unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(runtime.serve(listener, async { drop(stopped.await) }));
        World { policy, address, stop, serving }
    }

    /// A verified session of this person.
    pub(crate) async fn connect(&self, person: &Person) -> Session {
        let identity = Identity::from_pem(&person.pem, &person.key.serialize_pem()).unwrap();
        let client = Client::builder(self.policy.clone(), identity).address(self.address.clone());
        client.trust(Trust::default().allow_simulated()).build().unwrap().connect().await.unwrap()
    }

    /// Asks the instance to end, and waits until it has.
    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        assert_eq!(self.serving.await.unwrap(), Ended::ByEmbedder { cut: 0 }, "all sessions were over");
    }
}

/// Writes a whole file.
pub(crate) async fn put(session: &mut Session, name: &str, bytes: &[u8]) -> Result<u64, Error> {
    session.upload(name, bytes, Transfer::new().length(bytes.len() as u64)).await
}

/// Adds to a file.
pub(crate) async fn add(session: &mut Session, name: &str, bytes: &[u8]) -> Result<u64, Error> {
    session.append(name, bytes, Transfer::new().length(bytes.len() as u64)).await
}

/// Reads a whole file.
pub(crate) async fn get(session: &mut Session, name: &str) -> Result<Vec<u8>, Error> {
    session.read(name, 64 << 20).await
}

/// Reads a file of text, which must be there.
pub(crate) async fn text(session: &mut Session, name: &str) -> String {
    String::from_utf8(get(session, name).await.unwrap()).unwrap()
}

/// The code of a refusal.
#[track_caller]
pub(crate) fn refusal<T: std::fmt::Debug>(answer: Result<T, Error>) -> String {
    answer.unwrap_err().code().to_owned()
}
