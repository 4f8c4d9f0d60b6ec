//! The decoder that sessions and clients use.

use std::fmt;

use super::assemble::{Assembler, Part};
use super::direction::{Direction, Parsed};
use crate::error::{FrameError, Refusal};
use crate::limits::Limits;

/// What has come in.
///
/// A message with a payload gives `PayloadBegin`, any number of `Payload`, and `PayloadEnd`. Instead of `PayloadEnd` the
/// message may end with any other of `Message`, `Refused` and `Skipped`: then the payload is void. A second
/// `PayloadBegin` or a `PayloadRestart` in between voids what came before it.
pub enum Event<'a, D: Direction> {
    /// A whole message without payload.
    Message(D::Message),
    /// A payload begins.
    PayloadBegin {
        /// What is known of the message so far. Fields may still come or change: only `PayloadEnd` counts. An
        /// upload's name is empty until it has come; all known clients send it first.
        so_far: D::Carrier,
        /// Bytes that the payload will have. Bounded only by the message's length: allocate as they come.
        length: u64,
    },
    /// A piece of the payload, straight from the input.
    Payload(&'a [u8]),
    /// The payload begins anew, with so many bytes: protobuf takes the last of equal fields.
    PayloadRestart {
        /// Bytes that the payload will have.
        length: u64,
    },
    /// The message with the payload is complete.
    PayloadEnd(D::Carrier),
    /// The message is complete and was refused; the next one can follow.
    Refused(Refusal),
    /// The message that [`Decoder::skip_message`] was called in is complete.
    Skipped,
}

/// Decodes a stream of messages; see [`RequestDecoder`](crate::RequestDecoder) and
/// [`ResponseDecoder`](crate::ResponseDecoder).
///
/// It may be fed any pieces of the stream, many messages in one piece or one byte at a time; the events are the same but
/// for where payloads are cut. After a [`FrameError`] it must not be used any more.
///
/// ```
/// use veracruz_protocol::{Event, Limits, Request, RequestDecoder, encode_request};
///
/// let bytes = encode_request(&Request::PolicyHash)?;
/// let mut decoder = RequestDecoder::new(Limits::default());
/// let mut input = bytes.as_ref();
/// while let Some(event) = decoder.decode(&mut input)? {
///     assert!(matches!(event, Event::Message(Request::PolicyHash)));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Decoder<D: Direction> {
    assembler: Assembler<D>,
    /// The end of a message whose payload is empty, owed after its beginning was told.
    owed: Option<Owed<D>>,
}

enum Owed<D: Direction> {
    End(D::Carrier),
    Skipped,
}

impl<D: Direction> Decoder<D> {
    /// At the beginning of a stream.
    pub fn new(limits: Limits) -> Self {
        Decoder { assembler: Assembler::new(limits), owed: None }
    }

    /// The next event. Consumes the front of `input`; nothing comes only when all of it is consumed and more is needed.
    ///
    /// # Errors
    /// When the stream cannot go on and the connection must be closed.
    pub fn decode<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Event<'a, D>>, FrameError> {
        match self.owed.take() {
            Some(Owed::End(carrier)) => return Ok(Some(Event::PayloadEnd(carrier))),
            Some(Owed::Skipped) => return Ok(Some(Event::Skipped)),
            None => {}
        }
        loop {
            let Some(part) = self.assembler.next(input)? else { return Ok(None) };
            match part {
                Part::Payload { length, again: true } => return Ok(Some(Event::PayloadRestart { length })),
                Part::Payload { length, again: false } => match D::so_far(self.assembler.message()) {
                    Ok(so_far) => return Ok(Some(Event::PayloadBegin { so_far, length })),
                    Err(refusal) => self.assembler.skip(Some(refusal)),
                },
                Part::Bytes(piece) => return Ok(Some(Event::Payload(piece))),
                Part::End { message, payload } => return Ok(Some(self.end(message, payload))),
                Part::Refused(refusal) => return Ok(Some(Event::Refused(refusal))),
                Part::Skipped => return Ok(Some(Event::Skipped)),
            }
        }
    }

    /// Bytes of the current payload still to come. While it is not 0, the next so many bytes of the stream are payload,
    /// and may be read straight to where they belong; tell by [`Decoder::advance_payload`].
    pub fn payload_remaining(&self) -> u64 {
        self.assembler.payload_left().unwrap_or(0)
    }

    /// Tells that the next `count` bytes of the stream were taken past this decoder. They must be payload: it takes at
    /// most [`Decoder::payload_remaining`] and returns how many it took.
    pub fn advance_payload(&mut self, count: u64) -> u64 {
        self.assembler.advance_payload(count)
    }

    /// Lets the rest of the current message pass without events, for one whose beginning is refused already. Its end is
    /// [`Event::Skipped`]. Does nothing between messages.
    pub fn skip_message(&mut self) {
        match self.owed {
            Some(_) => self.owed = Some(Owed::Skipped),
            None => self.assembler.skip(None),
        }
    }

    /// Whether the stream may end here.
    ///
    /// # Errors
    /// When it is inside a message.
    pub fn finish(&self) -> Result<(), FrameError> {
        match self.assembler.missing() {
            0 => Ok(()),
            missing => Err(FrameError::Cut { missing }),
        }
    }

    /// Bytes that this decoder holds: a small multiple of [`MAX_CONTROL_BYTES`](crate::MAX_CONTROL_BYTES) at most,
    /// whatever the peer announces.
    pub fn buffered_bytes(&self) -> usize {
        self.assembler.buffered()
    }

    fn end<'a>(&mut self, message: D::Wire, payload: bool) -> Event<'a, D> {
        match D::parse(message) {
            Ok(Parsed::Message(message)) => Event::Message(message),
            Ok(Parsed::Carrier(carrier)) if payload => Event::PayloadEnd(carrier),
            Ok(Parsed::Carrier(carrier)) => self.end_without_payload(carrier),
            Err(refusal) => Event::Refused(refusal),
        }
    }

    /// Protobuf leaves an empty payload out; the events are as if it were there.
    fn end_without_payload<'a>(&mut self, carrier: D::Carrier) -> Event<'a, D> {
        let so_far = carrier.clone();
        self.owed = Some(Owed::End(carrier));
        Event::PayloadBegin { so_far, length: 0 }
    }
}

impl<D: Direction> fmt::Debug for Event<'_, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Message(message) => f.debug_tuple("Message").field(message).finish(),
            Event::PayloadBegin { so_far, length } => {
                f.debug_struct("PayloadBegin").field("so_far", so_far).field("length", length).finish()
            }
            Event::Payload(piece) => write!(f, "Payload({} bytes)", piece.len()),
            Event::PayloadRestart { length } => write!(f, "PayloadRestart {{ length: {length} }}"),
            Event::PayloadEnd(carrier) => f.debug_tuple("PayloadEnd").field(carrier).finish(),
            Event::Refused(refusal) => f.debug_tuple("Refused").field(refusal).finish(),
            Event::Skipped => f.write_str("Skipped"),
        }
    }
}

impl<D: Direction> fmt::Debug for Decoder<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder").field("missing", &self.assembler.missing()).finish_non_exhaustive()
    }
}
