//! TLS handshakes with a client certificate, one after the other and four at a time, without evidence: what an old client
//! costs. The baseline is rustls alone, both ends in memory and without a client certificate.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, ServerConfig, ServerConnection};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use veracruz_tests::tls::AnyServer;

use crate::figures::{row, shown};
use crate::stage::{Settings, Stage};

const HANDSHAKES: u32 = 2_000;
const AT_ONCE: u32 = 4;

pub(crate) async fn measure() {
    let settings = Settings { guests: vec![], ..Settings::default() };
    let stage = Stage::start(&settings);
    let config = Arc::new(client_config(&stage, true));
    let bare = in_memory(&stage);
    row("baseline: one handshake of rustls in memory", shown(bare), Some(1.0), "");
    for at_once in [1, AT_ONCE] {
        let start = Instant::now();
        let clients =
            (0..at_once).map(|_| tokio::spawn(shake(stage.policy.clone(), Arc::clone(&config), HANDSHAKES / at_once)));
        for client in clients.collect::<Vec<_>>() {
            client.await.unwrap();
        }
        let each = start.elapsed() / HANDSHAKES;
        let figure = format!("{:.0} a second", 1.0 / each.as_secs_f64());
        let ratio = each.as_secs_f64() / bare.as_secs_f64();
        row(&format!("handshakes, {at_once} at a time"), figure, Some(ratio), "≥ 1,000 a second");
    }
}

async fn shake(policy: veracruz_policy::FullPolicy, config: Arc<ClientConfig>, times: u32) {
    let connector = TlsConnector::from(config);
    for _ in 0..times {
        let tcp = TcpStream::connect(policy.veracruz_server_url.to_string()).await.unwrap();
        tcp.set_nodelay(true).unwrap();
        let mut tls = connector.connect(name(), tcp).await.unwrap();
        // The server judges the client's certificate after its own part: a request shows that it was taken.
        tokio::io::AsyncWriteExt::write_all(&mut tls, POLICY_HASH_REQUEST).await.unwrap();
        tls.read_u64().await.unwrap();
    }
}

/// `request_policy_hash`, framed: field 10, empty.
const POLICY_HASH_REQUEST: &[u8] = &[0, 0, 0, 0, 0, 0, 0, 2, 0x52, 0];

fn name() -> ServerName<'static> {
    ServerName::try_from("instance").unwrap()
}

fn client_config(stage: &Stage, with_certificate: bool) -> ClientConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(AnyServer::new(provider));
    let mut config = if with_certificate {
        config.with_client_auth_cert(vec![certificate(stage)], key(stage)).unwrap()
    } else {
        config.with_no_client_auth()
    };
    config.enable_sni = false;
    config
}

fn certificate(stage: &Stage) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(stage.certificate_pem.as_bytes()).unwrap()
}

fn key(stage: &Stage) -> PrivateKeyDer<'static> {
    PrivateKeyDer::from_pem_slice(stage.key_pem.as_bytes()).unwrap()
}

fn in_memory(stage: &Stage) -> Duration {
    let client = Arc::new(client_config(stage, false));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let server = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate(stage)], key(stage))
        .unwrap();
    let server = Arc::new(server);
    let start = Instant::now();
    for _ in 0..HANDSHAKES {
        let mut client = ClientConnection::new(Arc::clone(&client), name()).unwrap();
        let mut server = ServerConnection::new(Arc::clone(&server)).unwrap();
        while client.is_handshaking() || server.is_handshaking() {
            let mut wire = Vec::new();
            while client.wants_write() {
                client.write_tls(&mut wire).unwrap();
            }
            let mut sent = wire.as_slice();
            while !sent.is_empty() {
                server.read_tls(&mut sent).unwrap();
                server.process_new_packets().unwrap();
            }
            let mut wire = Vec::new();
            while server.wants_write() {
                server.write_tls(&mut wire).unwrap();
            }
            let mut sent = wire.as_slice();
            while !sent.is_empty() {
                client.read_tls(&mut sent).unwrap();
                client.process_new_packets().unwrap();
            }
        }
    }
    start.elapsed() / HANDSHAKES
}
