//! The daemon's certificate, its key, and the authorities of its clients, as a configuration of TLS.
//!
//! TLS 1.3 only: every client library since 2018 speaks it (curl with OpenSSL 1.1.1, Go 1.12), the scripts of the old
//! system, which may have older ones, speak plain HTTP, and TLS 1.2 would be code that nothing else in the house needs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, VerifierBuilderError, WebPkiClientVerifier};
use rustls::version::TLS13;
use rustls::{RootCertStore, ServerConfig};

use crate::guarded_file::{FileError, read_public, read_secret};

/// The files of a daemon that serves TLS.
#[derive(Clone, Debug)]
pub(crate) struct TlsFiles {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) client_authorities: Option<PathBuf>,
}

/// Why the files make no configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum TlsError {
    /// A file cannot be had.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file is no PEM, or not of the kind that is wanted.
    #[error("{} holds no {wanted} in PEM, or not only that: name a file with `-----BEGIN` lines", path.display())]
    Pem {
        /// Which. What the parser says of it may have parts of a key in it.
        path: PathBuf,
        /// What should be in it.
        wanted: &'static str,
    },
    /// The certificate and its key cannot be used, or do not belong together.
    #[error("cannot serve with {} and its key: {source}", path.display())]
    Pair {
        /// The certificate's file.
        path: PathBuf,
        /// Why.
        source: rustls::Error,
    },
    /// The authorities cannot be used.
    #[error("{} holds no usable authority: {source}", path.display())]
    Authorities {
        /// Which.
        path: PathBuf,
        /// Why.
        source: VerifierBuilderError,
    },
    /// One of the authorities cannot be used.
    #[error("{} holds a certificate that is no authority: {source}", path.display())]
    Authority {
        /// Which.
        path: PathBuf,
        /// Why.
        source: rustls::Error,
    },
}

impl TlsFiles {
    /// Reads the files. With authorities a client may show a certificate, and fails if it shows a bad one; whether it has
    /// to show one is decided by request, as probes need none.
    pub(crate) fn load(&self) -> Result<ServerConfig, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let chain = certificates(&self.certificate)?;
        let key = private_key(&self.key)?;
        let pair = |source| TlsError::Pair { path: self.certificate.clone(), source };
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_protocol_versions(&[&TLS13]).map_err(pair)?;
        let builder = match &self.client_authorities {
            Some(path) => builder.with_client_cert_verifier(client_verifier(path, provider)?),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder.with_single_cert(chain, key).map_err(pair)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // A resumed session would bring a client's certificate in without looking at its end or at new authorities.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(config)
    }
}

fn client_verifier(path: &Path, provider: Arc<CryptoProvider>) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|source| TlsError::Authority { path: path.into(), source })?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
        .allow_unauthenticated()
        .build()
        .map_err(|source| TlsError::Authorities { path: path.into(), source })
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = read_public(path)?;
    match CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>() {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        _ => Err(TlsError::Pem { path: path.into(), wanted: "certificate" }),
    }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let pem = read_secret(path)?;
    PrivateKeyDer::from_pem_slice(&pem).map_err(|_| TlsError::Pem { path: path.into(), wanted: "private key" })
}
