//! A real instance on the simulated platform, its participants, and the policy that names them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use veracruz_attestation::attester::{BootMeasurements, SimulatedNsm, SimulatedRoot};
use veracruz_attestation::certificate::Authority;
use veracruz_client::{Client, Identity, Session, Trust};
use veracruz_policy::{
    Authorities, Certificate, Ciphersuite, Endpoint, FullPolicy, Platform, PolicyBuilder, Sha256Digest, Timepoint,
};
use veracruz_runtime::{Ended, Runtime};

use crate::proxy::{Fate, Proxy};

const RUNTIME: &[u8] = b"the runtime's binary";

/// Who takes part: the owner may do everything, the S3 app may write its folder, and the rest is for refusals.
const PEOPLE: [(&str, &str); 4] =
    [("owner", "/:rwx"), ("s3-app", "/s3_app_input/:534084"), ("reader", "/s3_app_input/:r"), ("nobody", "")];

/// A certificate and its key, PEM.
pub(crate) struct Person {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Person {
    pub(crate) fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        Person { certificate: params.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
    }
}

pub(crate) struct Instance {
    pub(crate) policy: FullPolicy,
    pub(crate) people: BTreeMap<&'static str, Person>,
    address: Endpoint,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<Ended>,
    _proxy: Proxy,
}

impl Instance {
    pub(crate) async fn start() -> Self {
        Instance::with(Fate::None, |policy| policy).await
    }

    /// An instance at the address of a proxy, which does this to every connection.
    pub(crate) async fn with(fate: Fate, change: impl FnOnce(PolicyBuilder) -> PolicyBuilder) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let behind = listener.local_addr().unwrap();
        let proxy = Proxy::start(behind, vec![fate]).await;
        let people: BTreeMap<_, _> = PEOPLE.iter().map(|(name, _)| (*name, Person::new(name))).collect();
        let mut builder = builder(proxy.address);
        for (name, rights) in PEOPLE {
            builder = builder.identity(Certificate::from_pem(&people[name].certificate).unwrap(), rights).unwrap();
        }
        let policy = change(builder).build().unwrap();
        let root = Arc::new(SimulatedRoot::generate(OffsetDateTime::now_utc()).unwrap());
        let boot = BootMeasurements::of_program(RUNTIME);
        let nsm = SimulatedNsm::under_root(root, boot, OffsetDateTime::now_utc).unwrap();
        let runtime = Runtime::builder(policy.clone()).start(Arc::new(nsm), Platform::Simulated).await.unwrap();
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(runtime.serve(listener, async {
            let _ = stopped.await;
        }));
        let address = endpoint(behind);
        Instance { policy, people, address, stop: Some(stop), serving, _proxy: proxy }
    }

    /// A session past the proxy.
    pub(crate) async fn session(&self) -> Session {
        let owner = &self.people["owner"];
        let identity = Identity::from_pem(&owner.certificate, &owner.key).unwrap();
        let client = Client::builder(self.policy.clone(), identity).trust(Trust::default().allow_simulated());
        client.address(self.address.clone()).build().unwrap().connect().await.unwrap()
    }

    /// Bytes of a file, if it is there.
    pub(crate) async fn size(&self, name: &str) -> Option<u64> {
        match self.session().await.stat(name).await {
            Ok(stat) => Some(stat.size),
            Err(error) => {
                assert_eq!(error.code(), "not-found", "{error}");
                None
            }
        }
    }

    pub(crate) async fn content(&self, name: &str) -> Vec<u8> {
        self.session().await.read(name, u64::MAX).await.unwrap()
    }

    /// Ends it as its embedder would.
    pub(crate) async fn stop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
        (&mut self.serving).await.unwrap();
    }
}

fn endpoint(address: SocketAddr) -> Endpoint {
    Endpoint::parse(&address.to_string()).unwrap()
}

fn builder(address: SocketAddr) -> PolicyBuilder {
    let authority = Authority::generate(OffsetDateTime::now_utc(), time::Duration::DAY).unwrap();
    let authorities = Authorities::from_pem(&authority.certificate_pem()).unwrap();
    let proxy = Endpoint::parse("127.0.0.1:3010").unwrap();
    let expiry = Timepoint::new(2036, 1, 1, 0, 0).unwrap();
    PolicyBuilder::new(endpoint(address), proxy, authorities, expiry)
        .ciphersuite(Ciphersuite::Aes128GcmSha256)
        .runtime(Platform::Simulated, Sha256Digest::of(RUNTIME))
}
