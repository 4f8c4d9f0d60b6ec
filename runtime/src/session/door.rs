//! From a connection to a participant's session: first byte, handshake, certificate.
//!
//! Strangers get no further than this file. Nothing that they send is parsed but by the TLS library, and a connection
//! that is closed without a word costs one task for a moment.

use std::sync::Arc;

use rustls::ServerConfig;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use veracruz_policy::{FullPolicy, Principal};

/// The first byte of every TLS connection: the content type "handshake" (RFC 8446, section 5.1).
const TLS_HANDSHAKE: u8 = 0x16;

/// What a peer that does not speak TLS gets: scripts of the i-poc send a line of text and look for `Bad Request`.
const BAD_REQUEST: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Bytes read from the connection at once: two TLS records. The TLS library alone would read 4 KiB at a time.
const READ_BUFFER_BYTES: usize = 32 << 10;

/// Bytes of such a peer that are read and thrown away, so that closing does not reset the connection under the answer.
const MAX_JUNK_BYTES: u64 = 64 << 10;

/// A connection after its handshake.
pub(super) type Secured<Io> = TlsStream<BufReader<Io>>;

/// How a connection before its session ended.
pub(super) enum Door<Io> {
    /// A participant stands in it.
    Open(Box<Secured<Io>>, Principal),
    /// The peer closed without a word.
    Silent,
    /// The peer does not speak TLS and was told so.
    NotTls,
    /// The handshake failed; the peer got an alert.
    Refused(std::io::Error),
}

/// Lets a connection in, or not. The caller bounds the time.
pub(super) async fn enter<Io>(io: Io, config: Arc<ServerConfig>, policy: &FullPolicy) -> Door<Io>
where
    Io: AsyncRead + AsyncWrite + Unpin,
{
    let mut io = BufReader::with_capacity(READ_BUFFER_BYTES, io);
    match io.fill_buf().await.map(|bytes| bytes.first().copied()) {
        Ok(Some(TLS_HANDSHAKE)) => {}
        Ok(Some(_)) => {
            turn_away(io).await;
            return Door::NotTls;
        }
        Ok(None) | Err(_) => return Door::Silent,
    }
    let stream = match TlsAcceptor::from(config).accept(io).await {
        Ok(stream) => stream,
        Err(error) => return Door::Refused(error),
    };
    let presented = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
    match presented.and_then(|certificate| policy.participant(certificate)) {
        Some(principal) => Door::Open(Box::new(stream), principal),
        // The handshake took a certificate of the policy, so this cannot be; a session needs a participant all the same.
        None => Door::Refused(std::io::ErrorKind::PermissionDenied.into()),
    }
}

/// Says why and hangs up. That the peer is gone already is no concern of ours.
async fn turn_away<Io: AsyncRead + AsyncWrite + Unpin>(mut io: BufReader<Io>) {
    if io.write_all(BAD_REQUEST).await.is_ok() && io.shutdown().await.is_ok() {
        let _ = tokio::io::copy(&mut io.take(MAX_JUNK_BYTES), &mut tokio::io::sink()).await;
    }
}
