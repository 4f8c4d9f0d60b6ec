//! An instance that serves pipes, and what connects to it.

use std::sync::Arc;

use rustls::CipherSuite;
use time::OffsetDateTime;
use tokio::io::DuplexStream;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use veracruz_attestation::attester::{BootMeasurements, SimulatedNsm, SimulatedRoot};
use veracruz_policy::{
    Authorities, Ciphersuite, Endpoint, FullPolicy, Platform, PolicyBuilder, Sha256Digest, Timepoint,
};
use veracruz_runtime::{CertificateSource, CertificateStatus, Clock, Ended, Limits, Listener, Runtime, StartError};

use crate::client::{Client, config};
use crate::people::Person;

/// The bytes that stand for the runtime's program.
pub(crate) const RUNTIME: &[u8] = b"the runtime's binary";

/// Bytes that a pipe holds: less than a TLS record, so that both sides have to wait for each other.
const PIPE_BYTES: usize = 8 << 10;

/// What an instance is started with.
pub(crate) struct Setup {
    pub(crate) policy: FullPolicy,
    pub(crate) limits: Limits,
    pub(crate) clock: Option<Arc<dyn Clock>>,
    pub(crate) source: Option<Arc<dyn CertificateSource>>,
}

impl Setup {
    pub(crate) fn of(policy: FullPolicy) -> Self {
        Setup { policy, limits: Limits::default(), clock: None, source: None }
    }

    pub(crate) async fn start(self) -> Result<World, StartError> {
        let (root, nsm) = module();
        let mut builder = Runtime::builder(self.policy).limits(self.limits);
        if let Some(clock) = self.clock {
            builder = builder.clock(clock);
        }
        if let Some(source) = self.source {
            builder = builder.certificates_from(source);
        }
        let runtime = builder.start(Arc::new(nsm), Platform::Simulated).await?;
        let certificate = runtime.certificate_status();
        let policy = runtime.policy().clone();
        let (connect, incoming) = mpsc::channel(1);
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(runtime.serve(Pipes(incoming), async { drop(stopped.await) }));
        Ok(World { root, policy, certificate, connect, stop, serving })
    }
}

/// A running instance.
pub(crate) struct World {
    pub(crate) root: Arc<SimulatedRoot>,
    pub(crate) policy: FullPolicy,
    pub(crate) certificate: watch::Receiver<CertificateStatus>,
    connect: mpsc::Sender<DuplexStream>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Ended>,
}

impl World {
    /// The client's end of a new connection.
    pub(crate) async fn pipe(&self) -> DuplexStream {
        let (ours, theirs) = tokio::io::duplex(PIPE_BYTES);
        self.connect.send(theirs).await.unwrap();
        ours
    }

    pub(crate) async fn connect(&self, person: &Person) -> Client {
        let config = config(CipherSuite::TLS13_CHACHA20_POLY1305_SHA256, Some(person));
        Client::handshake(self.pipe().await, config).await.unwrap()
    }

    /// Asks the instance to end, and waits until it has.
    pub(crate) async fn stop(self) -> Ended {
        self.stop.send(()).unwrap();
        self.serving.await.unwrap()
    }

    /// Waits until the instance has ended by itself.
    pub(crate) async fn ended(self) -> Ended {
        self.serving.await.unwrap()
    }
}

/// A simulated secure module and its root.
pub(crate) fn module() -> (Arc<SimulatedRoot>, SimulatedNsm) {
    let root = Arc::new(SimulatedRoot::generate(OffsetDateTime::now_utc()).unwrap());
    let boot = BootMeasurements::of_program(RUNTIME);
    let nsm = SimulatedNsm::under_root(Arc::clone(&root), boot, OffsetDateTime::now_utc).unwrap();
    (root, nsm)
}

/// A policy in which `people` may do everything with every file.
pub(crate) fn policy(people: &[&Person], change: impl FnOnce(PolicyBuilder) -> PolicyBuilder) -> FullPolicy {
    let authority = Authorities::from_pem(&Person::ordinary().certificate().to_pem()).unwrap();
    let endpoint = |text| Endpoint::parse(text).unwrap();
    let expiry = Timepoint::new(2099, 1, 1, 0, 0).unwrap();
    let mut builder = PolicyBuilder::new(endpoint("127.0.0.1:3017"), endpoint("127.0.0.1:3010"), authority, expiry)
        .runtime(Platform::Simulated, Sha256Digest::of(RUNTIME));
    for person in people {
        let rights = "/ : rwx, stdin : w, stdout : r, stderr : r";
        builder = builder.identity(person.certificate(), rights).unwrap();
    }
    change(builder).build().unwrap()
}

/// The policy of one ordinary person with another ciphersuite.
pub(crate) fn with_suite(person: &Person, suite: Ciphersuite) -> FullPolicy {
    policy(&[person], |builder| builder.ciphersuite(suite))
}

/// Connections from a channel. When its other end is gone, none come any more.
struct Pipes(mpsc::Receiver<DuplexStream>);

impl Listener for Pipes {
    type Io = DuplexStream;

    async fn accept(&mut self) -> std::io::Result<(DuplexStream, String)> {
        match self.0.recv().await {
            Some(pipe) => Ok((pipe, "pipe".to_owned())),
            None => std::future::pending().await,
        }
    }
}
