//! Files out of the instance, to any writer, without being held.

use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use veracruz_protocol::{ChunkInfo, Content, Download, Failure, ReadChunk, Request, encode_request};

use super::transfer::Transfer;
use super::{Session, error_of, in_the_instance, unexpected};
use crate::error::{Error, shown};
use crate::wire::{Answer, Fault, Sink};

/// Bytes of one part of a file that is too large for one message.
const PART_BYTES: u64 = 8 << 20;

/// What an instance says when a file does not fit into one message (`EncodeError::PayloadTooLarge`).
const TOO_LARGE_FOR_A_MESSAGE: &str = "message-too-large";

const OPERATION: &str = "read";

impl Session {
    /// Reads a whole file, or `stdout` or `stderr`, and gives its bytes to `writer`. Gives their number.
    ///
    /// A file that is too large for one message (2 GiB) is read in parts, all of one version. If the connection breaks
    /// before the first byte was delivered, the read is repeated once on a new connection.
    ///
    /// # Errors
    ///
    /// [`Error::Failed`] when the instance refuses it; [`Error::Sink`] when the writer fails. After an error the writer
    /// may have received some bytes: write aside, and keep the result only when this succeeds.
    pub async fn download(
        &mut self,
        name: &str,
        mut writer: impl AsyncWrite + Send + Unpin,
        mut transfer: Transfer<'_>,
    ) -> Result<u64, Error> {
        let target = in_the_instance(name)?;
        let mut delivered = 0;
        let first = self.get_whole(&target, name, &mut writer, &mut transfer, &mut delivered).await;
        let outcome = match first {
            Err(Error::Lost { .. }) if delivered == 0 => {
                self.reconnect().await?;
                self.get_whole(&target, name, &mut writer, &mut transfer, &mut delivered).await
            }
            outcome => outcome,
        };
        match outcome {
            Err(Error::Failed { failure, .. }) if failure.code() == TOO_LARGE_FOR_A_MESSAGE => {
                self.get_parts(&target, name, &mut writer, &mut transfer).await
            }
            Err(error) => Err(error),
            Ok(()) => Ok(delivered),
        }
    }

    /// Reads a small file into memory.
    ///
    /// # Errors
    ///
    /// As [`download`](Self::download), and [`Error::TooLarge`] when it has more than `limit` bytes.
    pub async fn read(&mut self, name: &str, limit: u64) -> Result<Vec<u8>, Error> {
        let target = in_the_instance(name)?;
        let mut bytes = Vec::new();
        let request = Request::ReadFile { name: target };
        let answer = self.fetch(&request, name, &mut Sink::quiet(&mut bytes, limit)).await?;
        expect_file(answer, name)?;
        Ok(bytes)
    }

    async fn get_whole(
        &mut self,
        target: &str,
        name: &str,
        writer: &mut (dyn AsyncWrite + Send + Unpin),
        transfer: &mut Transfer<'_>,
        delivered: &mut u64,
    ) -> Result<(), Error> {
        let request = Request::ReadFile { name: target.to_owned() };
        let mut tell = |done, total| transfer.tell(done, Some(total));
        let mut sink = Sink::new(writer, u64::MAX, &mut tell);
        let answer = self.fetch(&request, name, &mut sink).await;
        *delivered = sink.done();
        expect_file(answer?, name)
    }

    /// The first part tells the version, and every other one is asked of that version.
    async fn get_parts(
        &mut self,
        target: &str,
        name: &str,
        writer: &mut (dyn AsyncWrite + Send + Unpin),
        transfer: &mut Transfer<'_>,
    ) -> Result<u64, Error> {
        let mut so_far = ChunkInfo::default();
        loop {
            let ChunkInfo { offset, version, .. } = so_far;
            let part = ReadChunk { name: target.to_owned(), offset, length: PART_BYTES, version };
            let mut tell = |_, _| ();
            let mut sink = Sink::new(writer, PART_BYTES, &mut tell);
            let answer = self.fetch(&Request::ReadChunk(part), name, &mut sink).await?;
            let read = sink.done();
            let Answer::Payload(Download::Chunk(info)) = answer else { return Err(refused(answer, name)) };
            let same = version == 0 || info.version == version;
            if info.offset != offset || !same || (read == 0 && offset < info.size) {
                return Err(Error::Protocol { operation: OPERATION, detail: "a part of something else".to_owned() });
            }
            so_far = ChunkInfo { offset: offset + read, ..info };
            transfer.tell(so_far.offset, Some(info.size));
            if so_far.offset >= info.size {
                writer.flush().await.map_err(|error| error_of(Fault::Sink(error), OPERATION, name))?;
                return Ok(so_far.offset);
            }
        }
    }

    /// One request, and an answer that may have a payload.
    pub(super) async fn fetch(&mut self, request: &Request, name: &str, sink: &mut Sink<'_>) -> Result<Answer, Error> {
        let message = encode_request(request).map_err(|reason| Error::Request { name: shown(name), reason })?;
        let exchange = async {
            self.wire.begin()?;
            self.wire.send(&message).await?;
            let answer = self.wire.receive(sink).await;
            // A writer that failed, or a limit, does not hurt the connection: the payload has passed by.
            if matches!(answer, Ok(_) | Err(Fault::Sink(_) | Fault::TooLarge { .. })) {
                self.wire.end();
            }
            answer
        };
        exchange.await.map_err(|fault| error_of(fault, OPERATION, name))
    }
}

/// Servers of Veracruz answer without a result when the file is empty, and so says their client; ours always send one.
fn expect_file(answer: Answer, name: &str) -> Result<(), Error> {
    match answer {
        Answer::Payload(Download::Result) => Ok(()),
        answer => Err(refused(answer, name)),
    }
}

fn refused(answer: Answer, name: &str) -> Error {
    let failed =
        |failure: Failure| Error::Failed { operation: OPERATION, name: shown(name), failure: Box::new(failure) };
    match answer {
        Answer::Failed(failure) => failed(failure),
        Answer::Done(Content::Empty) => Error::NoResult { operation: OPERATION, name: shown(name) },
        _ => unexpected(OPERATION),
    }
}
