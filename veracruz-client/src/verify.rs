//! Whether the peer is the instance that the policy means.
//!
//! Three steps, in this order, none of which the default client leaves out: the certificate in the handshake
//! ([`certificate`]), evidence that is bound to this very connection ([`session`]), and the instance's own word on the
//! policy that it holds. Nothing of the user's is sent before all three are done.
//!
//! This room does no I/O and reads no clock.

mod attested;
mod certificate;
mod refusal;
mod session;
mod tls;

pub use attested::Attested;
pub(crate) use certificate::PeerCertificate;
pub use refusal::Refusal;
pub(crate) use session::Challenge;
pub(crate) use tls::{InstanceVerifier, refusal_in};
