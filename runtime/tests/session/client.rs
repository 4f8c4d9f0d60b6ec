//! A client of Veracruz, written from the description of the wire: an 8-byte big-endian length, then protobuf.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::ServerName;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{CipherSuite, ClientConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use veracruz_tests::tls::AnyServer;

use crate::people::Person;
use crate::wire::{Reply, framed};

/// The TLS of an old client: one ciphersuite, no name, no check of the server's certificate but that it has its key.
pub(crate) fn config(suite: CipherSuite, person: Option<&Person>) -> Arc<ClientConfig> {
    let mut provider = aws_lc_rs::default_provider();
    provider.cipher_suites.retain(|offered| offered.suite() == suite);
    let provider = Arc::new(provider);
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(AnyServer::new(provider));
    let mut config = match person.map(Person::credentials) {
        // Unchecked: certificates of version 1 and keys of others are sent too.
        Some((chain, key)) => {
            let key = aws_lc_rs::sign::any_supported_type(&key).unwrap();
            let certified = Arc::new(CertifiedKey::new(chain, key));
            builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(certified)))
        }
        None => builder.with_no_client_auth(),
    };
    config.enable_sni = false;
    Arc::new(config)
}

/// A session of the test.
pub(crate) struct Client {
    pub(crate) stream: TlsStream<DuplexStream>,
}

impl Client {
    /// The client's half of the handshake. A refused certificate shows at the first read only, as TLS 1.3 has it.
    pub(crate) async fn handshake(pipe: DuplexStream, config: Arc<ClientConfig>) -> std::io::Result<Self> {
        let name = ServerName::try_from("instance").unwrap();
        let stream = TlsConnector::from(config).connect(name, pipe).await?;
        Ok(Client { stream })
    }

    /// What the server answers to a certificate: nothing while it waits for a request, an alert when it refused.
    pub(crate) async fn read_error(&mut self) -> std::io::Error {
        let mut byte = [0];
        self.stream.read_exact(&mut byte).await.expect_err("the server hangs up")
    }

    pub(crate) fn server_certificates(&self) -> Vec<Vec<u8>> {
        let chain = self.stream.get_ref().1.peer_certificates().unwrap();
        chain.iter().map(|certificate| certificate.to_vec()).collect()
    }

    /// Sends a request and waits for its reply.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Reply {
        self.send_bytes(&framed(request)).await;
        self.reply().await
    }

    pub(crate) async fn reply(&mut self) -> Reply {
        self.try_reply().await.expect("a reply")
    }

    pub(crate) async fn try_reply(&mut self) -> std::io::Result<Reply> {
        let mut prefix = [0; 8];
        self.stream.read_exact(&mut prefix).await?;
        let mut message = vec![0; usize::try_from(u64::from_be_bytes(prefix)).unwrap()];
        self.stream.read_exact(&mut message).await?;
        Ok(Reply::parse(&message))
    }

    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
        self.stream.flush().await.unwrap();
    }
}
