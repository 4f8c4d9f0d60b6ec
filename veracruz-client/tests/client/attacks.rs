//! Somebody in between who has more than he should: the instance's key, or the attestation service's.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsConnector;
use veracruz_attestation::attester::SimulatedRoot;
use veracruz_attestation::{NO_CHANNEL, Role};
use veracruz_protocol::{Request, encode_request};
use veracruz_tests::tls::AnyServer;

use crate::instance::Instance;
use crate::server::{Answer, Server, honest};
use crate::world::{NOW, RUNTIME, World};

/// Mallory's own connection to the honest instance, over which he has questions answered. He is a participant himself.
pub(crate) struct Relay {
    honest: Server,
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Relay {
    /// The honest instance's whole answer, length in front.
    pub(crate) async fn ask(&self, nonce: &[u8; 32]) -> Vec<u8> {
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.key.clone()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(AnyServer::new(provider))
            .with_client_auth_cert(vec![CertificateDer::from(self.certificate.clone())], key)
            .unwrap();
        let name = ServerName::try_from("anyone").unwrap();
        let mut tls = TlsConnector::from(Arc::new(config)).connect(name, self.honest.open()).await.unwrap();
        tls.write_all(&encode_request(&Request::Evidence { nonce: *nonce }).unwrap()).await.unwrap();
        tls.flush().await.unwrap();
        let mut answer = vec![0; 8];
        tls.read_exact(&mut answer).await.unwrap();
        let length = usize::try_from(u64::from_be_bytes(answer[..8].try_into().unwrap())).unwrap();
        answer.resize(8 + length, 0);
        tls.read_exact(&mut answer[8..]).await.unwrap();
        answer
    }
}

#[tokio::test]
async fn a_relay_with_the_instances_own_key_is_found_out() {
    let world = World::new();
    let real = world.instance().issued(&world);
    let stolen = real.key.private_key_pkcs8().to_vec();
    let chain = real.chain.clone();
    let honest = Server::of(real);
    world.client(&honest).build().unwrap().connect().await.expect("the honest instance is accepted without a relay");

    let mut in_between = Instance::start(&world, b"anything", world.policy.text());
    in_between.chain = chain;
    let (certificate, key) = (world.mallory.certificate(), rcgen::KeyPair::from_pem(&world.mallory.key_pem).unwrap());
    let relay = Relay { honest: honest.clone(), certificate: certificate.der().to_vec(), key: key.serialize_der() };
    let policy = world.policy.hash();
    let mallory = Server::with(in_between, |behaviour| {
        behaviour.key = Some(stolen);
        behaviour.relay = Some(relay);
        behaviour.policy_hash = policy;
    });
    let error = world.client(&mallory).build().unwrap().connect().await.unwrap_err();
    assert_eq!(error.code(), "session-binding", "{error}");
    assert_eq!(honest.seen().iter().filter(|kind| *kind == "evidence").count(), 2, "the relay did ask");
    assert_eq!(mallory.seen(), ["evidence"]);
}

/// The code, what is answered, and how.
type Case = (&'static str, &'static str, Answer<Option<Vec<u8>>>);

#[tokio::test]
async fn the_attestation_services_stolen_key_is_not_enough() {
    let world = World::new();
    let own_root = Arc::new(SimulatedRoot::generate(NOW).unwrap());
    let forged = || Instance::under(&own_root, RUNTIME, world.policy.text()).issued_by(&world.authority, false);
    // What the thief can answer: nothing, evidence under a root of his own, or an honest instance's for another key.
    let other = world.instance();
    let answers: [Case; 4] = [
        ("session-evidence-missing", "nothing", Box::new(|_, _, _| None)),
        ("root", "under his own root", Box::new(honest)),
        ("session-binding", "an honest instance's", Box::new(move |_, nonce, tls| honest(&other, nonce, tls))),
        ("root", "of a request", Box::new(|instance, nonce, _| Some(instance.evidence(Role::Csr, nonce, &NO_CHANNEL)))),
    ];
    for (code, what, answer) in answers {
        let server = Server::with(forged(), |behaviour| behaviour.evidence = answer);
        let error = world.client(&server).build().unwrap().connect().await.unwrap_err();
        assert_eq!(error.code(), code, "{what}: {error}");
        assert_eq!(server.seen(), ["evidence"], "{what}");
    }
}
