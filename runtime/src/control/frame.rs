//! Messages on a stream: a kind (1 byte), the length of what follows (4 bytes, big-endian), fields.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::fields::{split, written};

/// One direction's messages. Only this crate's two have it.
pub trait Message: Sized + sealed::Parts {}

pub(super) mod sealed {
    /// How a message is made of a kind and fields.
    pub trait Parts: Sized {
        /// The bytes that a message of this kind may have; nothing for a kind that there is not.
        fn most(kind: u8) -> Option<usize>;
        /// Kind and fields.
        fn parts(&self) -> (u8, Vec<Vec<u8>>);
        /// The message of these parts, if there is one.
        fn of(kind: u8, fields: &[&[u8]]) -> Option<Self>;
    }
}

/// Why a control channel cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// The other side closed between two messages.
    #[error("the control channel was closed by the other side")]
    Closed,
    /// The transport failed, or ended in the middle of a message.
    #[error("the control channel broke: {0}")]
    Io(#[from] io::Error),
    /// The message is longer than one of its kind can be.
    #[error("a control message of kind {kind} and {length} bytes, where at most {most} can be")]
    TooLong {
        /// Its kind.
        kind: u8,
        /// Its length.
        length: usize,
        /// The bound.
        most: usize,
    },
    /// The message has no kind of this direction or not its fields.
    #[error(
        "a control message of kind {0} is not of this version; build veracruz-server and the enclave's image together"
    )]
    Malformed(u8),
}

/// Sends a message.
///
/// A future that is dropped in the middle leaves half a message behind: after that the stream is of no use.
///
/// # Errors
///
/// [`ControlError::TooLong`] before a byte is sent, [`ControlError::Io`].
pub async fn send<M: Message>(io: &mut (impl AsyncWrite + Unpin), message: &M) -> Result<(), ControlError> {
    let (kind, fields) = message.parts();
    let body = written(&fields);
    check(kind, body.len(), M::most(kind))?;
    let length = u32::try_from(body.len()).map_err(|_| ControlError::Malformed(kind))?;
    let mut header = [kind, 0, 0, 0, 0];
    header.iter_mut().skip(1).zip(length.to_be_bytes()).for_each(|(to, from)| *to = from);
    io.write_all(&header).await?;
    io.write_all(&body).await?;
    Ok(io.flush().await?)
}

/// Receives a message. Loses bytes when the future is dropped in the middle of one.
///
/// # Errors
///
/// [`ControlError`]; the stream is of no use after it.
pub async fn receive<M: Message>(io: &mut (impl AsyncRead + Unpin)) -> Result<M, ControlError> {
    let kind = match io.read_u8().await {
        Ok(kind) => kind,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(ControlError::Closed),
        Err(error) => return Err(error.into()),
    };
    let length = io.read_u32().await? as usize;
    check(kind, length, M::most(kind))?;
    let mut body = Vec::new();
    // Grows as bytes come, not by what was announced.
    (&mut *io).take(length as u64).read_to_end(&mut body).await?;
    if body.len() < length {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    let message = split(&body).and_then(|fields| M::of(kind, &fields));
    message.ok_or(ControlError::Malformed(kind))
}

fn check(kind: u8, length: usize, most: Option<usize>) -> Result<(), ControlError> {
    match most {
        None => Err(ControlError::Malformed(kind)),
        Some(most) if length > most => Err(ControlError::TooLong { kind, length, most }),
        Some(_) => Ok(()),
    }
}
