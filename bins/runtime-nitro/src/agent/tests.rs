//! The control channel from the host's side, over a Unix socket, with a simulated module.

use time::OffsetDateTime;
use tokio::net::{UnixListener, UnixStream};
use veracruz_attestation::attester::{BootMeasurements, SimulatedNsm};
use veracruz_policy::{Authorities, Certificate, Endpoint, PolicyBuilder, Sha256Digest, Timepoint};

use super::*;

/// Sessions over a Unix socket in place of vsock.
struct Unix(UnixListener);

impl Listener for Unix {
    type Io = UnixStream;

    async fn accept(&mut self) -> std::io::Result<(UnixStream, String)> {
        self.0.accept().await.map(|(stream, _)| (stream, "host".to_owned()))
    }
}

fn agent() -> Agent {
    let nsm = SimulatedNsm::new(BootMeasurements::of_program(b"image"), OffsetDateTime::now_utc).unwrap();
    Agent { nsm: Arc::new(nsm), platform: Platform::Simulated }
}

fn policy() -> FullPolicy {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap();
    let certificate = Certificate::from_der(certificate.der().to_vec()).unwrap();
    let authorities = Authorities::from_pem(&certificate.to_pem()).unwrap();
    let endpoint = |text| Endpoint::parse(text).unwrap();
    let expiry = Timepoint::new(2099, 1, 1, 0, 0).unwrap();
    PolicyBuilder::new(endpoint("127.0.0.1:3017"), endpoint("127.0.0.1:3010"), authorities, expiry)
        .runtime(Platform::Simulated, Sha256Digest::of(b"image"))
        .identity(certificate, "/ : rw")
        .unwrap()
        .build()
        .unwrap()
}

#[tokio::test]
async fn an_instance_serves_the_policy_that_the_host_sends_until_it_is_stopped() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("sessions");
    let (mut host, enclave) = UnixStream::pair().unwrap();
    let listen = {
        let path = path.clone();
        move || Ok(Unix(UnixListener::bind(path)?))
    };
    let serving = tokio::spawn(agent().serve(enclave, listen));
    send(&mut host, &Control::StartSelfSigned(policy().text().to_owned())).await.unwrap();
    assert_eq!(receive(&mut host).await.unwrap(), Control::Serving);
    UnixStream::connect(&path).await.expect("sessions are taken");
    send(&mut host, &Control::Stop).await.unwrap();
    assert_eq!(receive(&mut host).await.unwrap(), Control::Ended);
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn certificates_are_asked_for_with_evidence_of_the_policy() {
    let (mut host, enclave) = UnixStream::pair().unwrap();
    let serving = tokio::spawn(agent().serve(enclave, || Ok(Unix(UnixListener::bind("/nowhere/at/all")?))));
    let policy = policy();
    send(&mut host, &Control::Start(policy.text().to_owned())).await.unwrap();
    assert_eq!(receive(&mut host).await.unwrap(), Control::NeedNonce);
    send(&mut host, &Control::Nonce([5; 32])).await.unwrap();
    let Control::Apply { evidence, csr, policy_hash } = receive(&mut host).await.unwrap() else {
        panic!("an application");
    };
    assert!(!csr.is_empty() && evidence.windows(32).any(|window| window == [5; 32]), "evidence carries the nonce");
    assert_eq!(policy_hash, policy.hash());
    send(&mut host, &Control::Refused("the measurement is not known".to_owned())).await.unwrap();
    let Control::Failed(reason) = receive(&mut host).await.unwrap() else { panic!("a failure") };
    assert!(reason.contains("the measurement is not known"), "{reason}");
    assert!(serving.await.unwrap().is_err());
}

#[tokio::test]
async fn what_is_no_policy_is_refused() {
    for (first, told) in [(Control::Start("{}".to_owned()), "the policy is bad"), (Control::Stop, "no policy")] {
        let (mut host, enclave) = UnixStream::pair().unwrap();
        let serving = tokio::spawn(agent().serve(enclave, || Ok(Unix(UnixListener::bind("/nowhere/at/all")?))));
        send(&mut host, &first).await.unwrap();
        let Control::Failed(reason) = receive(&mut host).await.unwrap() else { panic!("a failure") };
        assert!(reason.contains(told), "{reason}");
        assert!(serving.await.unwrap().is_err());
    }
}
