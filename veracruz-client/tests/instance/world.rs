//! A policy, its participants, and a simulated instance of the real runtime that serves them.

use std::collections::BTreeMap;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use veracruz_attestation::attester::{BootMeasurements, SimulatedNsm, SimulatedRoot};
use veracruz_attestation::certificate::Authority;
use veracruz_client::{Client, ClientBuilder, Identity, Session, Trust};
use veracruz_policy::{
    Authorities, Certificate, Ciphersuite, Endpoint, FullPolicy, Platform, PolicyBuilder, Principal, Sha256Digest,
    Timepoint,
};
use veracruz_runtime::{Ended, Runtime};

pub(crate) const RUNTIME: &[u8] = b"the runtime's binary";

/// Participants by name, and what they may do.
pub(crate) type People = [(&'static str, &'static str)];

/// A participant: certificate and key in PEM.
struct Person {
    certificate: String,
    key: String,
}

pub(crate) struct Instance {
    pub(crate) policy: FullPolicy,
    pub(crate) address: Endpoint,
    root: Arc<SimulatedRoot>,
    people: BTreeMap<&'static str, Person>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Ended>,
}

impl Instance {
    /// An instance for one participant, `owner`, who may do everything, and a program that may too.
    pub(crate) async fn start() -> Self {
        let everything = "/:rwx,stdin:w,stdout:r,stderr:r";
        Instance::with(&[("owner", everything)], |policy| {
            policy.program("/program/p.wasm", None, "/:rw,stdin:r,stdout:w,stderr:w").unwrap()
        })
        .await
    }

    pub(crate) async fn with(people: &People, change: impl FnOnce(PolicyBuilder) -> PolicyBuilder) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = Endpoint::parse(&listener.local_addr().unwrap().to_string()).unwrap();
        let now = OffsetDateTime::now_utc();
        let authority = Authority::generate(now, time::Duration::days(1)).unwrap();
        let authorities = Authorities::from_pem(&authority.certificate_pem()).unwrap();
        let proxy = Endpoint::parse("127.0.0.1:3010").unwrap();
        let expiry = Timepoint::new(2036, 1, 1, 0, 0).unwrap();
        let mut builder = PolicyBuilder::new(address.clone(), proxy, authorities, expiry)
            .ciphersuite(Ciphersuite::Aes128GcmSha256)
            .runtime(Platform::Simulated, Sha256Digest::of(RUNTIME));
        let mut known = BTreeMap::new();
        for (name, rights) in people {
            let person = Person::new(name);
            builder = builder.identity(Certificate::from_pem(&person.certificate).unwrap(), rights).unwrap();
            known.insert(*name, person);
        }
        let policy = change(builder).build().unwrap();
        let root = Arc::new(SimulatedRoot::generate(now).unwrap());
        let boot = BootMeasurements::of_program(RUNTIME);
        let nsm = SimulatedNsm::under_root(root.clone(), boot, OffsetDateTime::now_utc).unwrap();
        let runtime = Runtime::builder(policy.clone()).start(Arc::new(nsm), Platform::Simulated).await.unwrap();
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(runtime.serve(listener, async {
            let _ = stopped.await;
        }));
        Instance { policy, address, root, people: known, stop, serving }
    }

    /// What its users trust: the default, and simulated instances under this one root.
    pub(crate) fn trust(&self) -> Trust {
        Trust::default().allow_simulated().simulated_root(self.root.root_der()).unwrap()
    }

    pub(crate) fn identity(&self, name: &str) -> Identity {
        Identity::from_pem(&self.people[name].certificate, &self.people[name].key).unwrap()
    }

    pub(crate) fn client(&self, name: &str) -> ClientBuilder {
        Client::builder(self.policy.clone(), self.identity(name)).trust(self.trust())
    }

    pub(crate) async fn session(&self, name: &str) -> Session {
        self.client(name).build().unwrap().connect().await.unwrap()
    }

    pub(crate) fn principal(&self, name: &str) -> Principal {
        self.policy.participant(self.identity(name).certificate().der()).unwrap()
    }

    /// Ends it as its embedder would, and tells how it ended.
    pub(crate) async fn stop(self) -> Ended {
        let _ = self.stop.send(());
        self.serving.await.unwrap()
    }

    /// Waits until a participant has ended it.
    pub(crate) async fn ended(self) -> Ended {
        // Kept: dropped, it would end the instance too.
        let _stop = self.stop;
        self.serving.await.unwrap()
    }
}

impl Person {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        Person { certificate: params.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
    }
}

/// A program: these functions of WASI, this body of `_start`.
pub(crate) fn program(body: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1)
            (data (i32.const 8) "hello")
            (func $say (param $fd i32)
                (i32.store (i32.const 0) (i32.const 8))
                (i32.store (i32.const 4) (i32.const 5))
                (drop (call $write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 100))))
            (func (export "_start") {body}))"#
    );
    wat::parse_str(text).unwrap()
}
