//! Who is who: an attestation service, a simulated platform, a policy, its participants, and a time that stands still.

use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use veracruz_attestation::attester::SimulatedRoot;
use veracruz_attestation::certificate::Authority;
use veracruz_client::{Client, ClientBuilder, Clock, Identity, Trust};
use veracruz_policy::{
    Authorities, Certificate, Ciphersuite, FullPolicy, Platform, PolicyBuilder, Sha256Digest, Timepoint,
};

use crate::instance::Instance;
use crate::server::Server;

pub(crate) const NOW: OffsetDateTime = datetime!(2026-03-01 12:00:00 UTC);

/// What is measured of an honest instance.
pub(crate) const RUNTIME: &[u8] = b"the runtime's binary";

#[derive(Clone, Copy, Debug)]
pub(crate) struct StoppedClock(pub(crate) OffsetDateTime);

impl Clock for StoppedClock {
    fn now(&self) -> OffsetDateTime {
        self.0
    }
}

/// Someone with a key.
pub(crate) struct Person {
    pub(crate) certificate_pem: String,
    pub(crate) key_pem: String,
}

impl Person {
    pub(crate) fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        Person { certificate_pem: params.self_signed(&key).unwrap().pem(), key_pem: key.serialize_pem() }
    }

    pub(crate) fn certificate(&self) -> Certificate {
        Certificate::from_pem(&self.certificate_pem).unwrap()
    }

    pub(crate) fn identity(&self) -> Identity {
        Identity::from_pem(&self.certificate_pem, &self.key_pem).unwrap()
    }
}

pub(crate) struct World {
    pub(crate) authority: Authority,
    pub(crate) root: Arc<SimulatedRoot>,
    pub(crate) alice: Person,
    pub(crate) mallory: Person,
    pub(crate) policy: FullPolicy,
}

impl World {
    pub(crate) fn new() -> Self {
        World::with(|policy| policy)
    }

    /// A world whose policy has something more or else.
    pub(crate) fn with(change: impl FnOnce(PolicyBuilder) -> PolicyBuilder) -> Self {
        let authority = Authority::generate(NOW - Duration::days(1), Duration::days(365)).unwrap();
        let (alice, mallory) = (Person::new("alice"), Person::new("mallory"));
        let builder = base(&authority)
            .identity(alice.certificate(), "/:rwx,stdin:w,stdout:r,stderr:r")
            .unwrap()
            .identity(mallory.certificate(), "/:r")
            .unwrap()
            .runtime(Platform::Simulated, Sha256Digest::of(RUNTIME));
        let policy = change(builder).build().unwrap();
        let root = Arc::new(SimulatedRoot::generate(NOW).unwrap());
        World { authority, root, alice, mallory, policy }
    }

    /// What a user of this deployment trusts: the default, and simulated instances under this one root.
    pub(crate) fn trust(&self) -> Trust {
        Trust::default().allow_simulated().simulated_root(self.root.root_der()).unwrap()
    }

    /// Alice's client, with that trust and without the time to wait for real.
    pub(crate) fn client(&self, server: &Server) -> ClientBuilder {
        self.client_of(&self.policy, server)
    }

    pub(crate) fn client_of(&self, policy: &FullPolicy, server: &Server) -> ClientBuilder {
        let builder = Client::builder(policy.clone(), self.alice.identity()).trust(self.trust());
        builder.clock(StoppedClock(NOW)).connector(server.clone())
    }

    /// An honest instance of this world.
    pub(crate) fn instance(&self) -> Instance {
        Instance::start(self, RUNTIME, self.policy.text())
    }

    /// The server of an honest instance.
    pub(crate) fn server(&self) -> Server {
        Server::of(self.instance().issued(self))
    }
}

/// A policy without identities and measurements, attested by this authority.
pub(crate) fn base(authority: &Authority) -> PolicyBuilder {
    let authorities = Authorities::from_pem(&authority.certificate_pem()).unwrap();
    let expiry = Timepoint::new(2030, 1, 1, 0, 0).unwrap();
    let endpoint = |text| veracruz_policy::Endpoint::parse(text).unwrap();
    PolicyBuilder::new(endpoint("127.0.0.1:3014"), endpoint("127.0.0.1:3010"), authorities, expiry)
        .ciphersuite(Ciphersuite::Aes128GcmSha256)
}
