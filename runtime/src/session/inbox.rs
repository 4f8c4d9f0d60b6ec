//! The way into a session: bytes become items, payloads go to where they are staged as they come.
//!
//! It holds a bounded buffer and the decoder's few fields, whatever lengths the peer announces.

use std::io;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use veracruz_protocol::{Event, Failure, FrameError, Limits, Request, RequestDecoder, Upload};

use super::intake::Intake;
use super::outbox::Reply;
use crate::instance::Instance;

/// Bytes that are taken from TLS at once: four records. What is decoded frees its room.
const BUFFER_BYTES: usize = 64 << 10;

/// What a session has to do next.
#[derive(Debug)]
pub(super) enum Item {
    /// Do this.
    Request(Request),
    /// Get ready for a payload.
    Begin(Upload),
    /// The payload is complete: do with it what the message says.
    End(Upload),
    /// Answer this; the message was refused or is done already.
    Answer(Reply),
}

/// Bytes, the decoder, and the payload that is being taken in.
pub(super) struct Inbox {
    buffer: BytesMut,
    decoder: RequestDecoder,
    pub(super) intake: Intake,
}

impl Inbox {
    pub(super) fn new() -> Self {
        Inbox { buffer: BytesMut::new(), decoder: RequestDecoder::new(Limits::default()), intake: Intake::default() }
    }

    /// Reads more. `false` when the peer will send no more. Loses nothing when the future is dropped.
    pub(super) async fn read(&mut self, io: &mut (impl AsyncRead + Unpin)) -> io::Result<bool> {
        self.buffer.reserve(BUFFER_BYTES);
        Ok(io.read_buf(&mut self.buffer).await? > 0)
    }

    /// The next item in what was read. Payload bytes are staged on the way.
    pub(super) fn next(&mut self, instance: &Instance) -> Result<Option<Item>, FrameError> {
        loop {
            let mut input = self.buffer.as_ref();
            let before = input.len();
            let event = self.decoder.decode(&mut input)?;
            let used = before - input.len();
            let item = match event {
                None => {
                    self.buffer.advance(used);
                    return Ok(None);
                }
                Some(Event::Payload(bytes)) => {
                    if self.intake.push(bytes).is_err() {
                        self.decoder.skip_message();
                    }
                    None
                }
                Some(Event::PayloadRestart { .. }) => {
                    if self.intake.restart(instance).is_err() {
                        self.decoder.skip_message();
                    }
                    None
                }
                Some(Event::PayloadBegin { so_far, .. }) => Some(Item::Begin(so_far)),
                Some(Event::PayloadEnd(upload)) => Some(Item::End(upload)),
                Some(Event::Message(request)) => {
                    self.intake.void();
                    Some(Item::Request(request))
                }
                Some(Event::Refused(refusal)) => {
                    self.intake.void();
                    Some(Item::Answer(Failure::from(&refusal).into()))
                }
                Some(Event::Skipped) => Some(Item::Answer(self.intake.take_refusal().into())),
            };
            self.buffer.advance(used);
            if item.is_some() {
                return Ok(item);
            }
        }
    }

    /// Gets ready for the payload of `upload`, or skips the message if it is refused already.
    pub(super) fn begin(&mut self, instance: &Instance, who: &veracruz_policy::Principal, upload: &Upload) {
        if self.intake.begin(instance, who, upload).is_err() {
            self.decoder.skip_message();
        }
    }
}
