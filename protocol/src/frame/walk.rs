//! Finds the fields of one message as its bytes come in: small ones are collected, payloads pass through, unknown ones
//! are skipped. It never holds more than one small field, and knows nothing of what a field means.

use super::varint::{Varint, push_varint};
use crate::error::Refusal;
use crate::limits::MAX_CONTROL_BYTES;

/// Wire type 2: a length and so many bytes.
pub(crate) const LENGTH_DELIMITED: u32 = 2;

/// The key of a field on the wire.
pub(crate) const fn key(number: u32, wire_type: u32) -> u64 {
    ((number << 3) | wire_type) as u64
}

/// Which fields a message has.
#[derive(Debug)]
pub(super) struct Shape {
    /// Numbers of the fields that are kept.
    pub(super) known: &'static [u32],
    /// The members that carry a payload.
    pub(super) carriers: &'static [Carrier],
}

/// A member that carries a payload.
#[derive(Debug)]
pub(super) struct Carrier {
    /// Its number in the message.
    pub(super) member: u32,
    /// Numbers of its fields that are kept, the payload's among them.
    pub(super) known: &'static [u32],
    /// The number of its payload.
    pub(super) payload: u32,
}

/// What was found.
pub(super) enum Found<'a> {
    /// A small field is complete: [`Walk::field`]. It is of the message, or of the member that has this number.
    Field { of: Option<u32> },
    /// A member that carries a payload begins.
    Member(u32),
    /// The payload of a member begins, of so many bytes.
    Payload { of: u32, length: u64 },
    /// A piece of the payload.
    Bytes(&'a [u8]),
    /// The message is complete.
    End,
}

/// A walk through one message.
#[derive(Debug)]
pub(super) struct Walk {
    shape: &'static Shape,
    /// Bytes of the message still to come.
    left: u64,
    /// The member that is being read, and how many of its bytes are still to come.
    inside: Option<(&'static Carrier, u64)>,
    step: Step,
    varint: Varint,
    field: Vec<u8>,
    /// Bytes of small fields of this message so far.
    kept: usize,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Key,
    Number { keep: bool },
    Length(Purpose),
    Keep(u64),
    Skip(u64),
    Payload(u64),
}

/// What to do with a field of a length.
#[derive(Clone, Copy, Debug)]
enum Purpose {
    Keep,
    Skip,
    Enter(&'static Carrier),
    Payload(u32),
}

impl Walk {
    pub(super) fn new(shape: &'static Shape) -> Self {
        Walk { shape, left: 0, inside: None, step: Step::Key, varint: Varint::default(), field: Vec::new(), kept: 0 }
    }

    /// Begins a message of so many bytes; what is left of the one before is forgotten.
    pub(super) fn begin(&mut self, length: u64) {
        let field = std::mem::take(&mut self.field);
        *self = Walk { left: length, field, ..Walk::new(self.shape) };
    }

    /// Bytes of the message still to come.
    pub(super) fn left(&self) -> u64 {
        self.left
    }

    /// The small field that is complete: key and value in their shortest form.
    pub(super) fn field(&self) -> &[u8] {
        &self.field
    }

    /// Bytes that are held.
    pub(super) fn buffered(&self) -> usize {
        self.field.capacity()
    }

    /// Bytes of the payload that is being read still to come.
    pub(super) fn payload_left(&self) -> Option<u64> {
        match self.step {
            Step::Payload(left) if left > 0 => Some(left),
            _ => None,
        }
    }

    /// Goes on by at most `count` bytes of the payload that came another way; returns how many it took.
    pub(super) fn advance_payload(&mut self, count: u64) -> u64 {
        let Some(left) = self.payload_left() else { return 0 };
        let count = count.min(left);
        self.step = Step::Payload(left - count);
        self.account(count);
        count
    }

    /// The next thing in `input`, whose front is consumed. Nothing only when the input is used up.
    pub(super) fn next<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Found<'a>>, Refusal> {
        loop {
            match self.step {
                Step::Key if !self.varint.is_begun() && self.room() == 0 => {
                    if self.inside.take().is_none() {
                        return Ok(Some(Found::End));
                    }
                }
                Step::Key => match self.number(input)? {
                    Some(key) => self.begin_field(key)?,
                    None => return Ok(None),
                },
                Step::Number { keep } => match self.number(input)? {
                    Some(value) if keep => {
                        push_varint(value, &mut self.field);
                        return self.complete().map(Some);
                    }
                    Some(_) => self.step = Step::Key,
                    None => return Ok(None),
                },
                Step::Length(purpose) => match self.number(input)? {
                    Some(length) => {
                        if let Some(found) = self.begin_value(purpose, length)? {
                            return Ok(Some(found));
                        }
                    }
                    None => return Ok(None),
                },
                Step::Keep(0) => return self.complete().map(Some),
                Step::Skip(0) | Step::Payload(0) => self.step = Step::Key,
                Step::Keep(_) | Step::Skip(_) | Step::Payload(_) if input.is_empty() => return Ok(None),
                Step::Keep(left) => {
                    let piece = self.take(input, left);
                    self.field.extend_from_slice(piece);
                    self.step = Step::Keep(left - piece.len() as u64);
                }
                Step::Skip(left) => {
                    let piece = self.take(input, left);
                    self.step = Step::Skip(left - piece.len() as u64);
                }
                Step::Payload(left) => {
                    let piece = self.take(input, left);
                    self.step = Step::Payload(left - piece.len() as u64);
                    return Ok(Some(Found::Bytes(piece)));
                }
            }
        }
    }

    fn begin_field(&mut self, key: u64) -> Result<(), Refusal> {
        let number = u32::try_from(key).map_err(|_| Refusal::protobuf("a field number beyond 2^29"))? >> 3;
        if number == 0 {
            return Err(Refusal::protobuf("a field of number 0"));
        }
        let keep = match self.inside {
            Some((carrier, _)) => carrier.known.contains(&number),
            None => self.shape.known.contains(&number),
        };
        self.field.clear();
        push_varint(key, &mut self.field);
        let fixed = |width| match width {
            _ if width > self.room() => Err(past_the_end()),
            _ if keep => Ok(Step::Keep(width)),
            _ => Ok(Step::Skip(width)),
        };
        self.step = match key & 7 {
            0 => Step::Number { keep },
            1 => fixed(8)?,
            2 => Step::Length(self.purpose(number, keep)),
            5 => fixed(4)?,
            3 | 4 => return Err(Refusal::protobuf(format!("field {number} is a group, which this protocol has not"))),
            _ => return Err(Refusal::protobuf(format!("field {number} has a wire type that protobuf has not"))),
        };
        Ok(())
    }

    fn purpose(&self, number: u32, keep: bool) -> Purpose {
        match self.inside {
            Some((carrier, _)) if carrier.payload == number => Purpose::Payload(carrier.member),
            None if let Some(carrier) = self.shape.carriers.iter().find(|c| c.member == number) => {
                Purpose::Enter(carrier)
            }
            _ if keep => Purpose::Keep,
            _ => Purpose::Skip,
        }
    }

    fn begin_value(&mut self, purpose: Purpose, length: u64) -> Result<Option<Found<'static>>, Refusal> {
        if length > self.room() {
            return Err(past_the_end());
        }
        match purpose {
            Purpose::Keep => {
                let kept = (self.kept + self.field.len()) as u64;
                if kept.saturating_add(length) > MAX_CONTROL_BYTES as u64 {
                    return Err(Refusal::control_too_large());
                }
                push_varint(length, &mut self.field);
                self.step = Step::Keep(length);
                Ok(None)
            }
            Purpose::Skip => {
                self.step = Step::Skip(length);
                Ok(None)
            }
            Purpose::Enter(carrier) => {
                self.inside = Some((carrier, length));
                self.step = Step::Key;
                Ok(Some(Found::Member(carrier.member)))
            }
            Purpose::Payload(of) => {
                self.step = Step::Payload(length);
                Ok(Some(Found::Payload { of, length }))
            }
        }
    }

    /// The small field is complete, if the message may still have so much of them.
    fn complete(&mut self) -> Result<Found<'static>, Refusal> {
        self.kept += self.field.len();
        if self.kept > MAX_CONTROL_BYTES {
            return Err(Refusal::control_too_large());
        }
        self.step = Step::Key;
        Ok(Found::Field { of: self.inside.map(|(carrier, _)| carrier.member) })
    }

    /// The number at the front of the input, once its last byte is there.
    fn number(&mut self, input: &mut &[u8]) -> Result<Option<u64>, Refusal> {
        loop {
            if self.room() == 0 {
                return Err(past_the_end());
            }
            let Some((byte, rest)) = input.split_first() else { return Ok(None) };
            *input = rest;
            self.account(1);
            if let Some(value) = self.varint.push(*byte)? {
                return Ok(Some(value));
            }
        }
    }

    /// As much of the front of the input as there is, at most `count` bytes.
    fn take<'a>(&mut self, input: &mut &'a [u8], count: u64) -> &'a [u8] {
        let count = usize::try_from(count).unwrap_or(usize::MAX).min(input.len());
        let (piece, rest) = input.split_at_checked(count).unwrap_or((*input, &[]));
        *input = rest;
        self.account(piece.len() as u64);
        piece
    }

    /// Bytes still to come of what is being read: the member, or the message.
    fn room(&self) -> u64 {
        self.inside.map_or(self.left, |(_, left)| left)
    }

    fn account(&mut self, count: u64) {
        self.left = self.left.saturating_sub(count);
        if let Some((_, left)) = &mut self.inside {
            *left = left.saturating_sub(count);
        }
    }
}

fn past_the_end() -> Refusal {
    Refusal::protobuf("a field goes past the end of its message")
}
