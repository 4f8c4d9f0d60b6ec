//! Puts a message together from what the walk finds, by prost's own merging, and keeps payloads apart.
//!
//! Protobuf merges a member that comes twice and drops a member when another one of the same `oneof` comes; so does this,
//! for payloads too: a payload counts until the member that it belongs to is dropped.

use prost::Message as _;
use prost::bytes::Buf as _;

use super::direction::Format;
use super::varint::push_varint;
use super::walk::{Found, LENGTH_DELIMITED, Walk, key};
use crate::error::{FrameError, Refusal, RefusalCode};
use crate::limits::{Limits, MAX_MESSAGE_BYTES, PREFIX_BYTES};

/// A step of a message.
pub(super) enum Part<'a, M> {
    /// A payload of so many bytes begins; what came of it before is void. `again` when it is of the same member.
    Payload { length: u64, again: bool },
    /// A piece of the payload.
    Bytes(&'a [u8]),
    /// The message is complete. `payload` tells whether a payload counts.
    End { message: M, payload: bool },
    /// The message was refused, and has been skipped.
    Refused(Refusal),
    /// The message has been skipped, as the owner wished.
    Skipped,
}

/// Messages from a stream.
pub(super) struct Assembler<F: Format> {
    limits: Limits,
    place: Place,
    walk: Walk,
    message: F::Wire,
    /// The member whose payload counts.
    payload_of: Option<u32>,
    scratch: Vec<u8>,
}

#[derive(Debug)]
enum Place {
    /// Before a message, with so many bytes of its length.
    Prefix { bytes: [u8; PREFIX_BYTES], have: usize },
    /// Inside a message.
    Message,
    /// Inside a message that nobody wants, with so many bytes to go.
    Skipping { left: u64, refusal: Option<Refusal> },
}

const BEFORE_A_MESSAGE: Place = Place::Prefix { bytes: [0; PREFIX_BYTES], have: 0 };

impl<F: Format> Assembler<F> {
    pub(super) fn new(limits: Limits) -> Self {
        let walk = Walk::new(F::SHAPE);
        let message = F::Wire::default();
        Assembler { limits, place: BEFORE_A_MESSAGE, walk, message, payload_of: None, scratch: Vec::new() }
    }

    /// What has come of the message so far, without payload.
    pub(super) fn message(&self) -> &F::Wire {
        &self.message
    }

    /// See [`Walk::payload_left`].
    pub(super) fn payload_left(&self) -> Option<u64> {
        matches!(self.place, Place::Message).then(|| self.walk.payload_left()).flatten()
    }

    /// See [`Walk::advance_payload`].
    pub(super) fn advance_payload(&mut self, count: u64) -> u64 {
        if matches!(self.place, Place::Message) { self.walk.advance_payload(count) } else { 0 }
    }

    /// Bytes that are held beside the message's own fields.
    pub(super) fn buffered(&self) -> usize {
        self.walk.buffered() + self.scratch.capacity() + self.message.encoded_len()
    }

    /// Lets the rest of the message pass, if one is being read.
    pub(super) fn skip(&mut self, refusal: Option<Refusal>) {
        if matches!(self.place, Place::Message) {
            self.place = Place::Skipping { left: self.walk.left(), refusal };
            self.message = F::Wire::default();
            self.payload_of = None;
        }
    }

    /// Bytes still to come of what has begun.
    pub(super) fn missing(&self) -> u64 {
        match &self.place {
            Place::Prefix { have: 0, .. } => 0,
            Place::Prefix { have, .. } => PREFIX_BYTES.saturating_sub(*have) as u64,
            Place::Message => self.walk.left(),
            Place::Skipping { left, .. } => *left,
        }
    }

    /// The next part. Nothing only when the input is used up.
    pub(super) fn next<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Part<'a, F::Wire>>, FrameError> {
        loop {
            match &mut self.place {
                Place::Prefix { bytes, have } => {
                    for slot in bytes.iter_mut().skip(*have) {
                        let Some((byte, rest)) = input.split_first() else { return Ok(None) };
                        (*slot, *input, *have) = (*byte, rest, *have + 1);
                    }
                    let length = u64::from_be_bytes(*bytes);
                    self.begin(length)?;
                }
                Place::Message => match self.step(input) {
                    Ok(Step::Part(part)) => return Ok(Some(part)),
                    Ok(Step::Starved) => return Ok(None),
                    Ok(Step::On) => {}
                    Err(refusal) => self.skip(Some(refusal)),
                },
                Place::Skipping { left: 0, refusal } => {
                    let part = refusal.take().map_or(Part::Skipped, Part::Refused);
                    self.place = BEFORE_A_MESSAGE;
                    return Ok(Some(part));
                }
                Place::Skipping { left, .. } => {
                    let count = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
                    *input = input.get(count..).unwrap_or_default();
                    *left -= count as u64;
                    if *left > 0 {
                        return Ok(None);
                    }
                }
            }
        }
    }

    fn begin(&mut self, length: u64) -> Result<(), FrameError> {
        if length > MAX_MESSAGE_BYTES {
            return Err(FrameError::TooLong { announced: length });
        }
        self.message = F::Wire::default();
        self.payload_of = None;
        self.walk.begin(length);
        self.place = Place::Message;
        if length > self.limits.message() {
            let limit = self.limits.message();
            let detail =
                format!("the message has {length} bytes, at most {limit} are taken: send a large file by chunks");
            self.skip(Some(Refusal::new(RefusalCode::MessageTooLarge, detail)));
        }
        Ok(())
    }

    fn step<'a>(&mut self, input: &mut &'a [u8]) -> Result<Step<'a, F::Wire>, Refusal> {
        let Some(found) = self.walk.next(input)? else { return Ok(Step::Starved) };
        match found {
            Found::Field { of } => self.merge_field(of)?,
            Found::Member(member) => self.enter(member)?,
            Found::Payload { of, length } => {
                let again = self.payload_of.replace(of) == Some(of);
                return Ok(Step::Part(Part::Payload { length, again }));
            }
            Found::Bytes(piece) => return Ok(Step::Part(Part::Bytes(piece))),
            Found::End => {
                self.place = BEFORE_A_MESSAGE;
                let message = std::mem::take(&mut self.message);
                return Ok(Step::Part(Part::End { message, payload: self.payload_of.take().is_some() }));
            }
        }
        Ok(Step::On)
    }

    fn merge_field(&mut self, of: Option<u32>) -> Result<(), Refusal> {
        let field = self.walk.field();
        self.scratch.clear();
        if let Some(member) = of {
            push_varint(key(member, LENGTH_DELIMITED), &mut self.scratch);
            push_varint(field.len() as u64, &mut self.scratch);
        }
        self.message.merge(self.scratch.as_slice().chain(field)).map_err(refused_by_prost)?;
        self.drop_outlived_payload();
        Ok(())
    }

    /// A member that is there, empty or not, takes the place of another.
    fn enter(&mut self, member: u32) -> Result<(), Refusal> {
        self.scratch.clear();
        push_varint(key(member, LENGTH_DELIMITED), &mut self.scratch);
        push_varint(0, &mut self.scratch);
        self.message.merge(self.scratch.as_slice()).map_err(refused_by_prost)?;
        self.drop_outlived_payload();
        Ok(())
    }

    fn drop_outlived_payload(&mut self) {
        if self.payload_of != F::carrier_of(&self.message) {
            self.payload_of = None;
        }
    }
}

/// One step inside a message.
enum Step<'a, M> {
    Part(Part<'a, M>),
    On,
    Starved,
}

/// Prost names the field and the reason, never a value.
fn refused_by_prost(error: prost::DecodeError) -> Refusal {
    Refusal::protobuf(error.to_string())
}
