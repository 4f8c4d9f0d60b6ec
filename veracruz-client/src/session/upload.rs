//! Files into the instance, from any reader, without being held.
//!
//! An upload that fails in whatever way leaves the file in the instance as it was: it appears when it is complete.

use tokio::io::{AsyncRead, AsyncReadExt as _};
use veracruz_protocol::{Content, EncodeError, Upload, UploadKind, upload_head};

use super::transfer::Transfer;
use super::{Session, error_of, in_the_instance, unexpected};
use crate::error::{Error, shown};
use crate::wire::{Answer, Fault, Sink, ended_early};

/// Bytes of one part of a file whose length is not known: large enough that answers cost nothing, small next to the
/// memory that a client may take.
const PART_BYTES: usize = 1 << 20;

/// Parts that are out without an answer: enough to fill a connection of 100 ms and 100 MB/s.
const PARTS_IN_FLIGHT: usize = 8;

impl Session {
    /// Writes a file: creates it, or replaces its content. Gives the bytes that were written.
    ///
    /// `name` is a path, or `stdin`. Without [`Transfer::length`] the file goes in parts unless it ends within the first
    /// of them (1 MiB); files too large for one message (2 GiB) always go in parts. Servers of Veracruz know no parts.
    ///
    /// # Errors
    ///
    /// [`Error::Failed`] when the instance refuses it, for want of rights or because of the declared hash;
    /// [`Error::Source`] when the reader fails, after which the session is [`Error::Broken`] unless the file went in parts.
    pub async fn upload(
        &mut self,
        name: &str,
        reader: impl AsyncRead + Send + Unpin,
        transfer: Transfer<'_>,
    ) -> Result<u64, Error> {
        self.put(name, reader, transfer, Mode::Write).await
    }

    /// Appends to a file, or creates it. Otherwise as [`upload`](Self::upload).
    ///
    /// # Errors
    ///
    /// As [`upload`](Self::upload). After [`Error::Lost`] it may have been done or not; it is never repeated by itself.
    pub async fn append(
        &mut self,
        name: &str,
        reader: impl AsyncRead + Send + Unpin,
        transfer: Transfer<'_>,
    ) -> Result<u64, Error> {
        self.put(name, reader, transfer, Mode::Append).await
    }

    async fn put(
        &mut self,
        name: &str,
        mut reader: impl AsyncRead + Send + Unpin,
        mut transfer: Transfer<'_>,
        mode: Mode,
    ) -> Result<u64, Error> {
        let target = in_the_instance(name)?;
        let upload = Put { target, name, mode };
        if let Some(length) = transfer.length {
            match upload_head(&upload.whole(), length) {
                Ok(head) => return self.put_whole(&upload, &head, &mut reader, length, &mut transfer).await,
                Err(EncodeError::PayloadTooLarge { .. }) => {
                    return self.put_parts(&upload, Vec::new(), reader.take(length), &mut transfer).await;
                }
                Err(reason) => return Err(Error::Request { name: shown(name), reason }),
            }
        }
        let first = upload.part(&mut reader, Vec::new()).await?;
        if first.len() < PART_BYTES {
            let length = first.len() as u64;
            let head = upload_head(&upload.whole(), length).map_err(|reason| upload.too_large(reason))?;
            return self.put_whole(&upload, &head, &mut first.as_slice(), length, &mut transfer).await;
        }
        self.put_parts(&upload, first, reader, &mut transfer).await
    }

    async fn put_whole(
        &mut self,
        upload: &Put<'_>,
        head: &[u8],
        reader: &mut (dyn AsyncRead + Send + Unpin),
        length: u64,
        transfer: &mut Transfer<'_>,
    ) -> Result<u64, Error> {
        let exchange = async {
            self.wire.begin()?;
            let mut tell = |done| transfer.tell(done, Some(length));
            let sent = self.wire.send_payload(head, reader, length, &mut tell).await;
            if let Err(Fault::Source(error)) = sent {
                return Err(Fault::Source(error));
            }
            match (sent, self.wire.receive(&mut Sink::none()).await) {
                (Ok(()), answer) => {
                    let answer = answer?;
                    self.wire.end();
                    Ok(answer)
                }
                // It was refused before all had gone, and then the connection was closed.
                (Err(_), Ok(Answer::Failed(failure))) => Ok(Answer::Failed(failure)),
                (Err(fault), _) => Err(fault),
            }
        };
        let answer = exchange.await.map_err(|fault| upload.error(fault))?;
        upload.accepted(answer).map(|_| length)
    }

    /// Sends parts ahead of their answers. After a refusal nothing more is sent, and the session lives on.
    async fn put_parts(
        &mut self,
        upload: &Put<'_>,
        first: Vec<u8>,
        mut reader: impl AsyncRead + Send + Unpin,
        transfer: &mut Transfer<'_>,
    ) -> Result<u64, Error> {
        self.wire.begin().map_err(|fault| upload.error(fault))?;
        let (mut offset, mut in_flight, mut last, mut refused) = (0, 0, false, None);
        let mut part = first;
        while !last && refused.is_none() {
            // Without its last part the file never appears.
            match upload.part(&mut reader, part).await.and_then(|part| upload.complete(part, offset, transfer.length)) {
                Ok(read) => part = read,
                Err(error) => {
                    refused = Some(error);
                    break;
                }
            }
            last = part.len() < PART_BYTES;
            let head = upload_head(&upload.one_part(offset, last), part.len() as u64);
            let head = head.map_err(|reason| upload.too_large(reason))?;
            let length = part.len() as u64;
            let sent = self.wire.send_payload(&head, &mut part.as_slice(), length, &mut |_| ()).await;
            sent.map_err(|fault| upload.error(fault))?;
            offset += length;
            in_flight += 1;
            transfer.tell(offset, transfer.length);
            part.clear();
            while in_flight > PARTS_IN_FLIGHT {
                in_flight -= 1;
                self.answer_of_part(upload, &mut refused).await?;
            }
        }
        for _ in 0..in_flight {
            self.answer_of_part(upload, &mut refused).await?;
        }
        self.wire.end();
        refused.map_or(Ok(offset), Err)
    }

    /// Keeps the first refusal: the answers to later parts only follow from it.
    async fn answer_of_part(&mut self, upload: &Put<'_>, refused: &mut Option<Error>) -> Result<(), Error> {
        let answer = self.wire.receive(&mut Sink::none()).await;
        let answer = answer.map_err(|fault| upload.error(fault))?;
        if let Err(error) = upload.accepted(answer) {
            refused.get_or_insert(error);
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Mode {
    Write,
    Append,
}

/// What is uploaded, by its names.
struct Put<'a> {
    /// As the instance knows it.
    target: String,
    /// As the caller wrote it.
    name: &'a str,
    mode: Mode,
}

impl Put<'_> {
    fn operation(&self) -> &'static str {
        match self.mode {
            Mode::Write => "write",
            Mode::Append => "append to",
        }
    }

    fn whole(&self) -> Upload {
        let kind = match self.mode {
            Mode::Write => UploadKind::Write,
            Mode::Append => UploadKind::Append,
        };
        Upload { name: self.target.clone(), kind }
    }

    fn one_part(&self, offset: u64, last: bool) -> Upload {
        let append = matches!(self.mode, Mode::Append);
        Upload { name: self.target.clone(), kind: UploadKind::Chunk { offset, last, append } }
    }

    /// Fills `part` up to [`PART_BYTES`]; fewer only at the end of the source.
    async fn part(&self, reader: &mut (impl AsyncRead + Unpin), mut part: Vec<u8>) -> Result<Vec<u8>, Error> {
        let space = (PART_BYTES - part.len().min(PART_BYTES)) as u64;
        let read = reader.take(space).read_to_end(&mut part).await;
        read.map_err(|source| self.error(Fault::Source(source)))?;
        Ok(part)
    }

    fn accepted(&self, answer: Answer) -> Result<(), Error> {
        match answer {
            Answer::Done(Content::Empty | Content::Written { .. }) => Ok(()),
            Answer::Failed(failure) => {
                let (operation, name) = (self.operation(), shown(self.name));
                Err(Error::Failed { operation, name, failure: Box::new(failure) })
            }
            _ => Err(unexpected(self.operation())),
        }
    }

    fn error(&self, fault: Fault) -> Error {
        error_of(fault, self.operation(), self.name)
    }

    fn too_large(&self, reason: EncodeError) -> Error {
        Error::Request { name: shown(self.name), reason }
    }

    /// The part, unless it is the last and some of the length that was given is missing.
    fn complete(&self, part: Vec<u8>, offset: u64, length: Option<u64>) -> Result<Vec<u8>, Error> {
        let read = offset + part.len() as u64;
        match length {
            Some(length) if part.len() < PART_BYTES && read < length => {
                Err(self.error(Fault::Source(ended_early(length - read))))
            }
            _ => Ok(part),
        }
    }
}
