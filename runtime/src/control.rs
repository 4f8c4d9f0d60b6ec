//! What an enclave and its host say to each other beside the sessions: the policy goes in, certificates are asked for, the
//! end is told.
//!
//! The host is not trusted: it could send another policy or withhold certificates, and clients would see either. So
//! nothing here is secret, nothing that the host says decides anything, and every length is bounded by the kind of its
//! message before a byte of it is held.
//!
//! The host connects to [`CONTROL_PORT`], once, and speaks first ([`ToEnclave::Start`]). Either side sends when it has
//! something to say; a question of the enclave has the number of its attempt, and so has its answer. The enclave's last
//! message is [`ToHost::EndedByParticipant`], [`ToHost::EndedByHost`] or [`ToHost::Failed`]; the host closes when it has
//! passed on what the sessions still held.

mod fields;
mod frame;
mod to_enclave;
mod to_host;

use veracruz_policy::MAX_DOCUMENT_BYTES;

pub use frame::{ControlError, Message, receive, send};
pub use to_enclave::{Certificates, ToEnclave};
pub use to_host::ToHost;

/// The vsock port on which an enclave waits for its host, as in Veracruz.
pub const CONTROL_PORT: u32 = 5005;

/// The vsock port on which an enclave takes the bytes of sessions, one connection each.
pub const SESSION_PORT: u32 = 5006;

/// Bytes of a message's numbers and of the lengths of its fields.
const FIELDS_OVERHEAD: usize = 64;

/// Bytes of a message that carries a policy: the largest that is read.
const MAX_START_BYTES: usize = MAX_DOCUMENT_BYTES + FIELDS_OVERHEAD;

/// Bytes of a message that carries a certificate chain: an instance takes no longer one.
const MAX_CHAIN_BYTES: usize = (64 << 10) + FIELDS_OVERHEAD;

/// Bytes of evidence and certificate request together: an attestation document has at most 16 KiB (AWS, "attestation
/// process"), a request under 1 KiB.
const MAX_APPLICATION_BYTES: usize = (32 << 10) + FIELDS_OVERHEAD;

/// Bytes of a reason in words; longer ones are cut by the sender.
pub const MAX_REASON_BYTES: usize = 4 << 10;

/// Bytes of a message with nothing but numbers.
const MAX_SMALL_BYTES: usize = 64;
