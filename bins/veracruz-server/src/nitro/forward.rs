//! Bytes of clients to the enclave and back: one connection there for each here, none of it looked at.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// Connections that are passed on at once: what the enclave takes, strangers and sessions together.
const MAX_CONNECTIONS: usize = 768;

/// Pause after the system could not accept.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Passes connections on until it is dropped.
pub(super) async fn forward<Io, C>(listener: TcpListener, connect: impl Fn() -> C + Clone + Send + 'static)
where
    Io: AsyncRead + AsyncWrite + Unpin + Send,
    C: Future<Output = io::Result<Io>> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    // They end with this future: nothing is passed on after the enclave is gone.
    let mut connections = tokio::task::JoinSet::new();
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        while connections.try_join_next().is_some() {}
        let client = match listener.accept().await {
            Ok((client, _)) => client,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let enclave = connect();
        connections.spawn(async move {
            let passed = async {
                let mut client = client;
                client.set_nodelay(true)?;
                tokio::io::copy_bidirectional(&mut client, &mut enclave.await?).await
            };
            if let Err(error) = passed.await {
                tracing::debug!(%error, "a connection to the enclave ended early");
            }
            drop(place);
        });
    }
}

#[cfg(test)]
pub(super) mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpStream, UnixStream};
    use veracruz_policy::{Authorities, Endpoint, FullPolicy, Platform, PolicyBuilder, Sha256Digest, Timepoint};

    use super::*;

    #[tokio::test]
    async fn bytes_and_ends_pass_both_ways() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (enclaves, mut arrivals) = tokio::sync::mpsc::unbounded_channel();
        let connect = move || {
            let (ours, theirs) = UnixStream::pair().unwrap();
            enclaves.send(theirs).unwrap();
            std::future::ready(Ok(ours))
        };
        let forwarding = tokio::spawn(forward(listener, connect));
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(b"to the enclave").await.unwrap();
        client.shutdown().await.unwrap();
        let mut enclave = arrivals.recv().await.unwrap();
        let mut received = String::new();
        enclave.read_to_string(&mut received).await.unwrap();
        assert_eq!(received, "to the enclave");
        enclave.write_all(b"and back").await.unwrap();
        drop(enclave);
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, "and back");
        forwarding.abort();
    }

    /// A policy of one participant, whose certificate is also the authority's.
    pub(in crate::nitro) fn policy() -> FullPolicy {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap();
        let certificate = veracruz_policy::Certificate::from_der(certificate.der().to_vec()).unwrap();
        let authorities = Authorities::from_pem(&certificate.to_pem()).unwrap();
        let endpoint = |text| Endpoint::parse(text).unwrap();
        let expiry = Timepoint::new(2099, 1, 1, 0, 0).unwrap();
        PolicyBuilder::new(endpoint("127.0.0.1:3017"), endpoint("127.0.0.1:3010"), authorities, expiry)
            .runtime(Platform::Nitro, Sha256Digest::of(b"image"))
            .identity(certificate, "/ : rw")
            .unwrap()
            .build()
            .unwrap()
    }
}
