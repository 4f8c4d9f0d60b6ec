//! The life of an instance in an enclave: policy, certificates, sessions, end.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;
use veracruz_attestation::attester::{BootMeasurements, SimulatedNsm};
use veracruz_policy::{FullPolicy, Platform, Sha256Digest};
use veracruz_runtime::control::{Certificates, ControlError, ToEnclave, ToHost, receive, send};
use veracruz_runtime::{Ended, Listener};
use veracruz_runtime_nitro::{Agent, AgentError};
use veracruz_tests::policy::of_one_participant;

/// Sessions over a Unix socket in place of vsock.
struct Unix(UnixListener);

impl Listener for Unix {
    type Io = UnixStream;

    async fn accept(&mut self) -> io::Result<(UnixStream, String)> {
        self.0.accept().await.map(|(stream, _)| (stream, "host".to_owned()))
    }
}

/// An enclave that booted, and the host's end of its control channel.
struct Enclave {
    home: TempDir,
    host: UnixStream,
    living: JoinHandle<Result<Ended, AgentError>>,
}

impl Enclave {
    fn boot() -> Self {
        let home = tempfile::tempdir().unwrap();
        Self::boot_with(sessions(home.path()), home)
    }

    fn boot_with(sessions: PathBuf, home: TempDir) -> Self {
        let nsm = SimulatedNsm::new(BootMeasurements::of_program(b"image"), OffsetDateTime::now_utc).unwrap();
        let agent = Agent { nsm: Arc::new(nsm), platform: Platform::Simulated };
        let (host, control) = UnixStream::pair().unwrap();
        let living = tokio::spawn(agent.serve(control, move || Ok(Unix(UnixListener::bind(sessions)?))));
        Enclave { home, host, living }
    }

    async fn say(&mut self, message: ToEnclave) {
        send(&mut self.host, &message).await.unwrap();
    }

    async fn start(&mut self, policy: &FullPolicy, certificates: Certificates) {
        self.say(ToEnclave::Start { policy: policy.text().to_owned(), certificates }).await;
    }

    async fn hear(&mut self) -> ToHost {
        receive(&mut self.host).await.unwrap()
    }

    /// Closes the channel, as a host does when all is passed on, and waits for the enclave's end.
    async fn end(mut self) -> Result<Ended, AgentError> {
        assert!(matches!(receive::<ToHost>(&mut self.host).await, Err(ControlError::Closed)), "nothing comes after it");
        drop(self.host);
        self.living.await.unwrap()
    }

    async fn fails(mut self) -> (String, String) {
        let ToHost::Failed { code, reason } = self.hear().await else { panic!("the enclave tells why") };
        assert_eq!(self.end().await.unwrap_err().code(), code);
        (code, reason)
    }
}

fn sessions(home: &Path) -> PathBuf {
    home.join("sessions")
}

fn policy() -> FullPolicy {
    of_one_participant().runtime(Platform::Simulated, Sha256Digest::of(b"image")).build().unwrap()
}

#[tokio::test]
async fn an_instance_serves_the_policy_that_the_host_sends_until_it_is_stopped() {
    let mut enclave = Enclave::boot();
    enclave.start(&policy(), Certificates::SelfSigned).await;
    assert_eq!(enclave.hear().await, ToHost::Serving);
    UnixStream::connect(sessions(enclave.home.path())).await.unwrap();
    enclave.say(ToEnclave::Stop).await;
    assert_eq!(enclave.hear().await, ToHost::EndedByHost { cut: 0 });
    assert_eq!(enclave.end().await.unwrap(), Ended::ByEmbedder { cut: 0 });
}

#[tokio::test]
async fn the_host_that_goes_away_ends_the_instance() {
    let mut enclave = Enclave::boot();
    enclave.start(&policy(), Certificates::SelfSigned).await;
    assert_eq!(enclave.hear().await, ToHost::Serving);
    drop(enclave.host);
    assert_eq!(enclave.living.await.unwrap().unwrap(), Ended::ByEmbedder { cut: 0 });
    let session = UnixStream::connect(sessions(enclave.home.path())).await;
    assert!(session.is_err(), "sessions are not taken any more");
}

#[tokio::test]
async fn a_certificate_is_asked_for_with_evidence_for_the_nonce_and_the_policy() {
    let (mut enclave, policy) = (Enclave::boot(), policy());
    enclave.start(&policy, Certificates::FromHost).await;
    let ToHost::NeedNonce { attempt } = enclave.hear().await else { panic!("a question") };
    // What was said for another attempt is no answer to this one.
    enclave.say(ToEnclave::Nonce { attempt: attempt + 1, nonce: [4; 32] }).await;
    enclave.say(ToEnclave::Nonce { attempt, nonce: [5; 32] }).await;
    let ToHost::Apply { attempt: of, platform, policy_hash, evidence, csr } = enclave.hear().await else {
        panic!("an application")
    };
    assert_eq!((of, platform, policy_hash), (attempt, Platform::Simulated, policy.hash()));
    assert!(!csr.is_empty() && evidence.windows(32).any(|window| window == [5; 32]), "evidence carries the nonce");
    enclave.say(ToEnclave::Refused { attempt, reason: "the measurement is not known".to_owned() }).await;
    let (code, reason) = enclave.fails().await;
    assert_eq!(code, "certificate-source");
    assert!(reason.contains("the measurement is not known"), "{reason}");
}

#[tokio::test]
async fn a_chain_for_another_key_is_not_taken_from_the_host() {
    let mut enclave = Enclave::boot();
    enclave.start(&policy(), Certificates::FromHost).await;
    let ToHost::NeedNonce { attempt } = enclave.hear().await else { panic!("a question") };
    enclave.say(ToEnclave::Nonce { attempt, nonce: [5; 32] }).await;
    enclave.hear().await;
    let key = rcgen::KeyPair::generate().unwrap();
    let theirs = rcgen::CertificateParams::default().self_signed(&key).unwrap();
    enclave.say(ToEnclave::Chain { attempt, chain: vec![theirs.der().to_vec()] }).await;
    assert_eq!(enclave.fails().await.0, "chain-of-other-key");
}

#[tokio::test]
async fn a_host_that_talks_nonsense_gets_no_instance() {
    let empty = ToEnclave::Start { policy: "{}".to_owned(), certificates: Certificates::SelfSigned };
    for (first, told) in [(empty, "the policy is bad"), (ToEnclave::Stop, "no policy")] {
        let mut enclave = Enclave::boot();
        enclave.say(first).await;
        let (_, reason) = enclave.fails().await;
        assert!(reason.contains(told), "{reason}");
    }
    let Enclave { host, living, .. } = Enclave::boot();
    drop(host);
    assert_eq!(living.await.unwrap().unwrap_err().code(), "control-channel");
}

#[tokio::test]
async fn an_enclave_that_cannot_listen_says_so() {
    let home = tempfile::tempdir().unwrap();
    let mut enclave = Enclave::boot_with(sessions(&home.path().join("missing")), home);
    enclave.start(&policy(), Certificates::SelfSigned).await;
    assert_eq!(enclave.fails().await.0, "session-port");
}
