//! The whole of it in one process: attestation service, host, enclave, client. Only nitro-cli, the vsock and the secure
//! module are stand-ins.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use time::{Duration, OffsetDateTime};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use veracruz_attestation::attester::{BootMeasurements, SimulatedNsm, SimulatedRoot};
use veracruz_attestation::certificate::Authority;
use veracruz_attestation::measure::measure_program;
use veracruz_attestation::service::http::{Ports, router};
use veracruz_attestation::service::{Event, Journal, ProxyService, ReferenceMeasurements, SystemRandom, Trust};
use veracruz_client::{Client, Identity, Transfer};
use veracruz_policy::{
    Authorities, Certificate, Endpoint, FullPolicy, Platform, PolicyBuilder, Sha256Digest, Timepoint,
};
use veracruz_runtime::control::{CONTROL_PORT, SESSION_PORT};
use veracruz_runtime::{Ended, Listener};
use veracruz_runtime_nitro::Agent;
use veracruz_serve::{Limits, Shutdown, Trigger};

use super::stand_in::{Host, Machine, listener};
use crate::attestation_server::AttestationServer;

/// The bytes that stand for the enclave's image.
const IMAGE: &[u8] = b"the enclave's image";

/// Sessions of the enclave, counted.
struct Sessions {
    socket: UnixListener,
    taken: Arc<AtomicUsize>,
}

impl Listener for Sessions {
    type Io = UnixStream;

    async fn accept(&mut self) -> io::Result<(UnixStream, String)> {
        let (io, _) = self.socket.accept().await?;
        self.taken.fetch_add(1, Ordering::Relaxed);
        Ok((io, "host".to_owned()))
    }
}

struct Silence;

impl Journal for Silence {
    fn record(&self, _: &Event<'_>) {}
}

/// An attestation service that knows the image and trusts the simulated root.
struct Service {
    address: String,
    authority_pem: String,
    _running: Trigger,
}

impl Service {
    async fn start(root: &SimulatedRoot) -> Self {
        let now = OffsetDateTime::now_utc();
        let authority = Authority::generate(now - Duration::days(1), Duration::days(30)).unwrap();
        let authority_pem = authority.certificate_pem();
        let trust = Trust::aws().insecure_simulated(root.root_der()).unwrap();
        let service = Arc::new(ProxyService::new(authority, trust));
        let pcr0 = measure_program(IMAGE).unwrap().pcr();
        let references = format!(r#"[{{"name": "image", "platform": "simulated", "pcrs": {{"0": "{pcr0}"}}}}]"#);
        service.accept(ReferenceMeasurements::parse(&references).unwrap());
        let ports = Ports {
            clock: Arc::new(OffsetDateTime::now_utc),
            random: Arc::new(SystemRandom::new()),
            journal: Arc::new(Silence),
        };
        let listener = listener().await;
        let address = listener.local_addr().unwrap().to_string();
        let (trigger, shutdown) = Shutdown::manual();
        let router = router(service, ports);
        tokio::spawn(async move { veracruz_serve::run(listener, router, shutdown, &Limits::default()).await });
        Service { address, authority_pem, _running: trigger }
    }
}

/// Somebody with a key: certificate and key in PEM.
fn person() -> (String, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    (rcgen::CertificateParams::default().self_signed(&key).unwrap().pem(), key.serialize_pem())
}

fn policy(server: &str, service: &Service, certificate_pem: &str) -> FullPolicy {
    let endpoint = |text| Endpoint::parse(text).unwrap();
    let authorities = Authorities::from_pem(&service.authority_pem).unwrap();
    let expiry = Timepoint::new(2099, 1, 1, 0, 0).unwrap();
    PolicyBuilder::new(endpoint(server), endpoint(&service.address), authorities, expiry)
        .runtime(Platform::Simulated, Sha256Digest::of(IMAGE))
        .identity(Certificate::from_pem(certificate_pem).unwrap(), "/ : rw")
        .unwrap()
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_client_that_trusts_nobody_is_served_by_an_enclave_through_a_host() {
    let root = Arc::new(SimulatedRoot::generate(OffsetDateTime::now_utc()).unwrap());
    let (service, machine, listener) = (Service::start(&root).await, Machine::new(), listener().await);
    let address = listener.local_addr().unwrap().to_string();
    let (certificate, key) = person();
    let policy = policy(&address, &service, &certificate);

    let host = Host::start(&machine, listener, policy.clone(), Some(AttestationServer::at(&service.address).unwrap()));
    let taken = Arc::new(AtomicUsize::new(0));
    let enclave = {
        let (control, socket) = (machine.listen(CONTROL_PORT), machine.listen(SESSION_PORT));
        let boot = BootMeasurements::of_program(IMAGE);
        let nsm = SimulatedNsm::under_root(Arc::clone(&root), boot, OffsetDateTime::now_utc).unwrap();
        let sessions = Sessions { socket, taken: Arc::clone(&taken) };
        tokio::spawn(async move {
            let (host, _) = control.accept().await.unwrap();
            let agent = Agent { nsm: Arc::new(nsm), platform: Platform::Simulated };
            agent.serve(host, || Ok(sessions)).await
        })
    };
    host.serving.await.unwrap();

    for _ in 0..100 {
        drop(TcpStream::connect(&address).await.unwrap());
    }
    let mut probe = TcpStream::connect(&address).await.unwrap();
    probe.write_all(b"\\n\n").await.unwrap();
    let mut answer = String::new();
    probe.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
    assert_eq!(taken.load(Ordering::Relaxed), 1, "connections without a byte cost the enclave nothing");

    let trust = veracruz_client::Trust::default().allow_simulated().simulated_root(root.root_der()).unwrap();
    let identity = Identity::from_pem(&certificate, &key).unwrap();
    let client = Client::builder(policy.clone(), identity).trust(trust).build().unwrap();
    let mut session = client.connect().await.unwrap();
    assert_eq!(session.attested().policy_hash(), policy.hash());
    let content: Vec<u8> = (0..1_000_000u32).map(|index| index.to_le_bytes()[0]).collect();
    session.upload("/input/data", content.as_slice(), Transfer::new()).await.unwrap();
    let mut back = Vec::new();
    session.download("/input/data", &mut back, Transfer::new()).await.unwrap();
    assert!(back == content, "what came back is not what was sent");
    assert_eq!(session.policy_hash().await.unwrap(), policy.hash());
    session.shutdown().await.unwrap();

    assert_eq!(host.hosting.await.unwrap().unwrap(), Ended::ByParticipant { id: 0 });
    assert_eq!(enclave.await.unwrap().unwrap(), Ended::ByParticipant { id: 0 });
    assert_eq!(machine.commands(), ["run-enclave", "terminate-enclave"]);
}

#[tokio::test]
async fn an_image_that_the_service_does_not_know_gets_no_instance_and_the_operator_is_told_why() {
    let root = Arc::new(SimulatedRoot::generate(OffsetDateTime::now_utc()).unwrap());
    let (service, machine, listener) = (Service::start(&root).await, Machine::new(), listener().await);
    let policy = policy(&listener.local_addr().unwrap().to_string(), &service, &person().0);
    let server = AttestationServer::at(&service.address).unwrap();
    let network = machine.network();
    let refused = Arc::clone(&network.refused);
    let (_trigger, shutdown) = Shutdown::manual();
    let config = machine.config();
    let hosting = tokio::spawn(async move {
        let announce = || panic!("nothing serves");
        crate::nitro::host(network, &config, &policy, Some(server), shutdown, (listener, announce)).await
    });
    // The enclave needs its time to boot: the host tries again.
    refused.notified().await;
    let control = machine.listen(CONTROL_PORT);
    let boot = BootMeasurements::of_program(b"another image");
    let nsm = SimulatedNsm::under_root(root, boot, OffsetDateTime::now_utc).unwrap();
    let (host, _) = control.accept().await.unwrap();
    let agent = Agent { nsm: Arc::new(nsm), platform: Platform::Simulated };
    let listen = || -> io::Result<Sessions> { panic!("nothing listens") };
    assert_eq!(agent.serve(host, listen).await.unwrap_err().code(), "certificate-source");
    let error = format!("{:#}", hosting.await.unwrap().unwrap_err());
    assert!(error.contains("certificate-source") && error.contains("403"), "{error}");
    assert_eq!(machine.commands(), ["run-enclave", "terminate-enclave"]);
}
