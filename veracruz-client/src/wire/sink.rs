//! Where a payload goes as it comes in.

use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use super::Fault;

/// A writer, how much it takes, and what became of it.
pub(crate) struct Sink<'a> {
    writer: Option<&'a mut (dyn AsyncWrite + Send + Unpin)>,
    limit: u64,
    progress: Option<&'a mut (dyn FnMut(u64, u64) + Send)>,
    total: u64,
    done: u64,
    /// What went wrong while the rest of the payload still comes: it is passed by, so that the session lives on.
    fault: Option<Fault>,
}

impl<'a> Sink<'a> {
    /// Writes to `writer` at most `limit` bytes, and tells `progress` the bytes that came and all that will come.
    pub(crate) fn new(
        writer: &'a mut (dyn AsyncWrite + Send + Unpin),
        limit: u64,
        progress: &'a mut (dyn FnMut(u64, u64) + Send),
    ) -> Self {
        Sink { writer: Some(writer), limit, progress: Some(progress), total: 0, done: 0, fault: None }
    }

    /// Writes to `writer` at most `limit` bytes, of which nobody is told.
    pub(crate) fn quiet(writer: &'a mut (dyn AsyncWrite + Send + Unpin), limit: u64) -> Self {
        Sink { writer: Some(writer), limit, progress: None, total: 0, done: 0, fault: None }
    }

    /// Takes nothing: for answers that have no payload.
    pub(crate) fn none() -> Self {
        Sink { writer: None, limit: 0, progress: None, total: 0, done: 0, fault: None }
    }

    /// Bytes that came.
    pub(crate) fn done(&self) -> u64 {
        self.done
    }

    pub(super) fn begin(&mut self, length: u64) -> Result<(), Fault> {
        // What a writer has cannot be taken back.
        if self.done > 0 {
            return Err(Fault::Protocol("a payload came twice in one answer".to_owned()));
        }
        self.total = length;
        self.fault = (length > self.limit).then_some(Fault::TooLarge { size: length, limit: self.limit });
        Ok(())
    }

    pub(super) async fn take(&mut self, piece: &[u8]) {
        self.done += piece.len() as u64;
        let (None, Some(writer)) = (&self.fault, &mut self.writer) else { return };
        match (writer.write_all(piece).await, &mut self.progress) {
            (Ok(()), Some(progress)) => progress(self.done, self.total),
            (Ok(()), None) => {}
            (Err(error), _) => self.fault = Some(Fault::Sink(error)),
        }
    }

    pub(super) async fn finish(&mut self) -> Result<(), Fault> {
        match (self.fault.take(), &mut self.writer) {
            (Some(fault), _) => Err(fault),
            (None, Some(writer)) => writer.flush().await.map_err(Fault::Sink),
            (None, None) => Ok(()),
        }
    }
}
