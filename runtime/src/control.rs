//! What an enclave and its host say to each other beside the sessions: the policy goes in, certificates are asked for, the
//! end is told.
//!
//! The host is not trusted: it could send another policy or no certificate, and clients would see either in the evidence.
//! So nothing here is secret, and whatever arrives is bounded before it is held.
//!
//! A message is a length (4 bytes, big-endian) of what follows, a kind (1 byte), and its fields, each a length (4 bytes)
//! and bytes.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use veracruz_policy::{MAX_DOCUMENT_BYTES, Sha256Digest};

/// The vsock port on which an enclave waits for its host, as in Veracruz.
pub const CONTROL_PORT: u32 = 5005;

/// The vsock port on which an enclave takes the bytes of sessions, one connection each.
pub const SESSION_PORT: u32 = 5006;

/// Bytes of a message: the largest policy, and room for a kind and lengths.
pub const MAX_CONTROL_MESSAGE_BYTES: usize = MAX_DOCUMENT_BYTES + (64 << 10);

/// Fields of a message: a chain of certificates has the most.
const MAX_FIELDS: usize = 8;

/// One message; who sends it stands in its name's documentation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Control {
    /// Host: serve this policy, with certificates from the host's attestation service.
    Start(String),
    /// Host: serve this policy, and sign the certificate yourself.
    StartSelfSigned(String),
    /// Host: end in order.
    Stop,
    /// Enclave: a certificate is needed; the answer is a nonce or a refusal.
    NeedNonce,
    /// Host: the attestation service's nonce.
    Nonce([u8; 32]),
    /// Enclave: evidence for the nonce; the answer is a chain or a refusal.
    Apply {
        /// The evidence.
        evidence: Vec<u8>,
        /// The certificate request, DER.
        csr: Vec<u8>,
        /// SHA-256 of the policy's text.
        policy_hash: Sha256Digest,
    },
    /// Host: the chain, DER, the instance's certificate first.
    Chain(Vec<Vec<u8>>),
    /// Host: no certificate, for this reason.
    Refused(String),
    /// Enclave: sessions are served from now on.
    Serving,
    /// Enclave: it is over, because a participant or the host asked for it.
    Ended,
    /// Enclave: it does not start, for this reason.
    Failed(String),
}

/// Why a control channel cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// The transport failed or ended.
    #[error("the control channel broke: {0}")]
    Io(#[from] io::Error),
    /// The message is longer than any message is.
    #[error("a control message of {0} bytes was announced, at most {MAX_CONTROL_MESSAGE_BYTES} are taken")]
    TooLong(usize),
    /// The message has no known kind or not its fields.
    #[error("a control message of kind {0} is not of this version; host and enclave must be built together")]
    Malformed(u8),
}

/// Sends a message.
///
/// # Errors
/// [`ControlError::TooLong`], [`ControlError::Io`].
pub async fn send(io: &mut (impl AsyncWrite + Unpin), message: &Control) -> Result<(), ControlError> {
    let (kind, fields) = message.fields();
    let mut bytes = vec![0, 0, 0, 0, kind];
    for field in fields {
        let length = u32::try_from(field.len()).map_err(|_| ControlError::TooLong(field.len()))?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(field);
    }
    let length = bytes.len() - 4;
    if length > MAX_CONTROL_MESSAGE_BYTES {
        return Err(ControlError::TooLong(length));
    }
    let announced = u32::try_from(length).map_err(|_| ControlError::TooLong(length))?.to_be_bytes();
    bytes.iter_mut().zip(announced).for_each(|(to, from)| *to = from);
    io.write_all(&bytes).await?;
    Ok(io.flush().await?)
}

/// Receives a message. Loses bytes when the future is dropped in the middle of one.
///
/// # Errors
/// [`ControlError`]; the channel must not be used after it.
pub async fn receive(io: &mut (impl AsyncRead + Unpin)) -> Result<Control, ControlError> {
    let length = io.read_u32().await? as usize;
    if length > MAX_CONTROL_MESSAGE_BYTES {
        return Err(ControlError::TooLong(length));
    }
    let mut bytes = Vec::new();
    // Grows as bytes come, not by what was announced.
    (&mut *io).take(length as u64).read_to_end(&mut bytes).await?;
    if bytes.len() < length {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    let (kind, rest) = bytes.split_first().ok_or(ControlError::Malformed(0))?;
    let fields = split(rest).ok_or(ControlError::Malformed(*kind))?;
    Control::of(*kind, &fields).ok_or(ControlError::Malformed(*kind))
}

impl Control {
    fn fields(&self) -> (u8, Vec<&[u8]>) {
        match self {
            Control::Start(policy) => (1, vec![policy.as_bytes()]),
            Control::StartSelfSigned(policy) => (2, vec![policy.as_bytes()]),
            Control::Stop => (3, vec![]),
            Control::NeedNonce => (4, vec![]),
            Control::Nonce(nonce) => (5, vec![nonce]),
            Control::Apply { evidence, csr, policy_hash } => (6, vec![evidence, csr, policy_hash.as_bytes()]),
            Control::Chain(chain) => (7, chain.iter().map(Vec::as_slice).collect()),
            Control::Refused(reason) => (8, vec![reason.as_bytes()]),
            Control::Serving => (9, vec![]),
            Control::Ended => (10, vec![]),
            Control::Failed(reason) => (11, vec![reason.as_bytes()]),
        }
    }

    fn of(kind: u8, fields: &[&[u8]]) -> Option<Self> {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
        Some(match (kind, fields) {
            (1, [policy]) => Control::Start(text(policy)?),
            (2, [policy]) => Control::StartSelfSigned(text(policy)?),
            (3, []) => Control::Stop,
            (4, []) => Control::NeedNonce,
            (5, [nonce]) => Control::Nonce((*nonce).try_into().ok()?),
            (6, [evidence, csr, hash]) => Control::Apply {
                evidence: evidence.to_vec(),
                csr: csr.to_vec(),
                policy_hash: <[u8; 32]>::try_from(*hash).ok()?.into(),
            },
            (7, chain) => Control::Chain(chain.iter().map(|certificate| certificate.to_vec()).collect()),
            (8, [reason]) => Control::Refused(text(reason)?),
            (9, []) => Control::Serving,
            (10, []) => Control::Ended,
            (11, [reason]) => Control::Failed(text(reason)?),
            _ => return None,
        })
    }
}

fn split(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let (field, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        fields.push(field);
        bytes = rest;
        if fields.len() > MAX_FIELDS {
            return None;
        }
    }
    Some(fields)
}
