//! What a session needs of the connection below it: bytes both ways, and a secret that only its two ends know.
//!
//! It is TLS, always. The fuzzer alone puts something else here, because nothing behind TLS would ever see its bytes.

use rustls::Error;
use tokio::io::{AsyncRead, AsyncWrite};

use super::door::Secured;

/// A connection that is secured.
pub(crate) trait Channel: AsyncRead + AsyncWrite + Unpin {
    /// 32 bytes that only the two ends of this connection can know (RFC 8446, section 7.5).
    fn keying_material(&self, label: &[u8], context: &[u8]) -> Result<[u8; 32], Error>;
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Channel for Box<Secured<Io>> {
    fn keying_material(&self, label: &[u8], context: &[u8]) -> Result<[u8; 32], Error> {
        self.get_ref().1.export_keying_material([0; 32], label, Some(context))
    }
}
