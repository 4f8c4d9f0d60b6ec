//! A client of Veracruz that verifies nothing, as the i-poc's did: it must get its service all the same.

use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{PrivatePkcs8KeyDer, ServerName};
use rustls::{CipherSuite, ClientConfig};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use veracruz_client::rest::{CcfaasClient, Service};
use veracruz_policy::FullPolicy;
use veracruz_tests::services::Up;
use veracruz_tests::tls::AnyServer;

use crate::functions::Function;

/// `RuntimeManagerRequest { request_policy_hash: {} }` (field 10) and the head of
/// `RuntimeManagerResponse { status: SUCCESS, policy_hash: { data } }` (fields 1 and 11) in Veracruz main's
/// `transport_protocol.proto`: the data are the hash's 64 hexadecimal digits.
const REQUEST: &[u8] = &[0x52, 0x00];
const RESPONSE_HEAD: &[u8] = &[0x08, 0x01, 0x5a, 0x42, 0x0a, 0x40];

#[tokio::test]
async fn it_reads_the_policy_hash_of_an_instance_of_the_function_service() {
    let up = Up::start(23_000, 1);
    let ccfaas = CcfaasClient::new(Service::at(&up.url("ccfaas")).unwrap());
    ccfaas.create_function(Function::regression().policy()).await.unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::default().self_signed(&key).unwrap();
    let user = json!({"function": "regression", "instanceid": "blind", "identities": [
        {"certificate": certificate.pem().trim_end(), "file_rights": [{"file_name": "/output/", "rights": 24_582}]},
    ]});
    let made = ccfaas.create_instance(user.to_string()).await.unwrap();
    let policy = FullPolicy::parse(&made.policy).unwrap();

    let mut provider = aws_lc_rs::default_provider();
    provider.cipher_suites.retain(|suite| suite.suite() == CipherSuite::TLS13_CHACHA20_POLY1305_SHA256);
    let provider = Arc::new(provider);
    let config = ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(AnyServer::new(provider))
        .with_client_auth_cert(vec![certificate.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
        .unwrap();
    let stream = TcpStream::connect(policy.veracruz_server_url.as_str()).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    let message = [&(REQUEST.len() as u64).to_be_bytes()[..], REQUEST].concat();
    stream.write_all(&message).await.unwrap();
    let length = usize::try_from(stream.read_u64().await.unwrap()).unwrap();
    let mut response = vec![0; length];
    stream.read_exact(&mut response).await.unwrap();
    assert_eq!(response, [RESPONSE_HEAD, policy.hash().to_string().as_bytes()].concat());
}
