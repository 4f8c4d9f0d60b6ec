//! Reaching a service, and knowing it.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use veracruz_client::rest::{CcfaasClient, Error, Service};

use crate::stand_in::{Script, StandIn, response};

/// A certificate authority.
struct Issuer(CertifiedIssuer<'static, KeyPair>);

/// What an authority issued, as PEM and for the TLS library.
struct Issued {
    certificate: CertificateDer<'static>,
    key: KeyPair,
    pem: String,
}

impl Issuer {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Issuer(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn pem(&self) -> String {
        self.0.as_ref().pem()
    }

    fn issue(&self, name: &str) -> Issued {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &self.0).unwrap();
        Issued { certificate: certificate.der().clone(), pem: certificate.pem(), key }
    }

    /// A server of this name; with `clients`, one that takes only their certificates.
    fn server(&self, name: &str, clients: Option<&Issuer>) -> Arc<rustls::ServerConfig> {
        let Issued { certificate, key, .. } = self.issue(name);
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = rustls::ServerConfig::builder_with_provider(provider.clone());
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(issuer) => {
                let mut roots = RootCertStore::empty();
                roots.add(issuer.0.as_ref().der().clone()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        Arc::new(builder.with_single_cert(vec![certificate], key.into()).unwrap())
    }
}

fn good() -> Script {
    Script::Answer(response("200 OK", "application/json", r#"{"functions": []}"#))
}

async fn ask(service: Service) -> Result<(), Error> {
    CcfaasClient::new(service).functions(None, None).await.map(drop)
}

fn at(port: u16) -> Service {
    Service::at(&format!("https://localhost:{port}")).unwrap()
}

#[tokio::test]
async fn a_service_that_is_away_is_told_with_its_address() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let error = ask(Service::at(&format!("http://127.0.0.1:{port}")).unwrap()).await.unwrap_err();
    assert_eq!(error.code(), "unreachable");
    assert!(error.is_retryable());
    let shown = error.to_string();
    assert!(shown.contains(&format!("http://127.0.0.1:{port}/function")) && shown.contains("refused"), "{shown}");
}

#[tokio::test]
async fn a_service_is_known_by_the_authority_that_is_given() {
    let issuer = Issuer::new();
    let stand_in = StandIn::start_tls(good(), issuer.server("localhost", None)).await;
    ask(at(stand_in.port).authorities_pem(&issuer.pem()).unwrap()).await.unwrap();
}

#[tokio::test]
async fn another_authority_or_another_name_is_refused_and_nothing_is_sent() {
    let (issuer, other) = (Issuer::new(), Issuer::new());
    let right = issuer.pem();
    for (name, pem) in [("localhost", &other.pem()), ("elsewhere.example", &right)] {
        let mut stand_in = StandIn::start_tls(good(), issuer.server(name, None)).await;
        let error = ask(at(stand_in.port).authorities_pem(pem).unwrap()).await.unwrap_err();
        assert_eq!(error.code(), "server-certificate", "{error}");
        assert!(!error.is_retryable() && !error.next_step().is_empty());
        assert!(!stand_in.was_asked());
    }
}

#[tokio::test]
async fn a_client_certificate_opens_a_service_that_asks_for_one() {
    let (issuer, clients) = (Issuer::new(), Issuer::new());
    let stand_in = StandIn::start_tls(good(), issuer.server("localhost", Some(&clients))).await;
    let service = || at(stand_in.port).authorities_pem(&issuer.pem()).unwrap();
    let client = clients.issue("client");
    ask(service().identity_pem(&client.pem, &client.key.serialize_pem()).unwrap()).await.unwrap();
    let error = ask(service()).await.unwrap_err();
    assert_eq!(error.code(), "client-certificate-refused", "{error}");
    let stranger = issuer.issue("stranger");
    let error = ask(service().identity_pem(&stranger.pem, &stranger.key.serialize_pem()).unwrap()).await.unwrap_err();
    assert_eq!(error.code(), "client-certificate-refused", "{error}");
}

#[tokio::test]
async fn tls_and_plain_http_are_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let plain = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        tokio::io::copy(&mut socket, &mut tokio::io::sink()).await.map(drop)
    });
    let error = ask(at(port).authorities_pem(&Issuer::new().pem()).unwrap()).await.unwrap_err();
    let _ = plain.await.unwrap();
    assert_eq!(error.code(), "handshake", "{error:?}");
    let issuer = Issuer::new();
    let stand_in = StandIn::start_tls(good(), issuer.server("localhost", None)).await;
    let error = ask(stand_in.service()).await.unwrap_err();
    assert_eq!(error.code(), "connection-lost", "{error:?}");
}

#[test]
fn settings_that_cannot_work_are_refused_at_once() {
    let service = || Service::at("https://127.0.0.1:1").unwrap();
    let issued = Issuer::new().issue("a");
    let other = KeyPair::generate().unwrap().serialize_pem();
    for error in [
        service().authorities_pem("").unwrap_err(),
        service().authorities_pem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----").unwrap_err(),
        service().identity_pem(&issued.pem, "").unwrap_err(),
        service().identity_pem("", &other).unwrap_err(),
        service().identity_pem(&issued.pem, &other).unwrap_err(),
    ] {
        assert_eq!(error.code(), "tls-settings", "{error}");
    }
}

#[test]
fn an_address_is_http_or_https_and_nothing_more() {
    for (url, code) in [
        ("http://127.0.0.1:5010", None),
        ("https://ccfaas.example/below/", None),
        ("http://[::1]:5010/", None),
        ("127.0.0.1:5010", Some("bad-url")),
        ("localhost:5010", Some("bad-url")),
        ("ftp://a", Some("bad-url")),
        ("", Some("bad-url")),
        ("http://a/?b=c", Some("bad-url")),
        ("http://a/#b", Some("bad-url")),
        ("http://user:hunter2@a/", Some("bad-url")),
    ] {
        let found = Service::at(url);
        assert_eq!(found.as_ref().err().map(Error::code), code, "{url}");
        assert!(!format!("{found:?}").contains("hunter2"));
        if let Ok(service) = found {
            assert_eq!(service.url(), url.trim_end_matches('/'));
        }
    }
}
