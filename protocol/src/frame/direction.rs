//! The two directions of a connection: which messages go there, and which of their fields are payloads.

use super::walk::{Carrier, Shape};
use crate::error::Refusal;
use crate::request::{self, AnyRequest, Request, Upload};
use crate::response::{self, AnyResponse, Download, Response};
use crate::wire::{RequestMessage, ResponseMessage, RuntimeManagerRequest, RuntimeManagerResponse};

/// A direction of a connection; there are two, [`Requests`] and [`Responses`].
pub trait Direction: Format {
    /// A message without payload.
    type Message: std::fmt::Debug;
    /// All of a message with payload but the payload.
    type Carrier: Clone + std::fmt::Debug;
}

/// From client to server: [`Request`] and [`Upload`].
#[derive(Clone, Copy, Debug)]
pub enum Requests {}

/// From server to client: [`Response`] and [`Download`].
#[derive(Clone, Copy, Debug)]
pub enum Responses {}

impl Direction for Requests {
    type Message = Request;
    type Carrier = Upload;
}

impl Direction for Responses {
    type Message = Response;
    type Carrier = Download;
}

/// A checked message of either kind.
pub enum Parsed<D: Direction> {
    /// Without payload.
    Message(D::Message),
    /// With one.
    Carrier(D::Carrier),
}

/// How a direction is on the wire. Nobody else can have one.
pub trait Format: Sized {
    /// The mirror of its messages.
    type Wire: prost::Message + Default;
    /// Its fields.
    #[expect(private_interfaces, reason = "the trait is out of reach of other crates")]
    const SHAPE: &'static Shape;
    /// The number of the member that is there, if it carries a payload.
    fn carrier_of(message: &Self::Wire) -> Option<u32>;
    /// What is known of the message that carries a payload while that comes.
    fn so_far(message: &Self::Wire) -> Result<<Self as Direction>::Carrier, Refusal>
    where
        Self: Direction;
    /// The complete message.
    fn parse(message: Self::Wire) -> Result<Parsed<Self>, Refusal>
    where
        Self: Direction;
}

const NO_PAYLOAD: &str = "a payload in a message that has none";

impl Format for Requests {
    type Wire = RuntimeManagerRequest;

    #[expect(private_interfaces, reason = "the trait is out of reach of other crates")]
    const SHAPE: &'static Shape = &Shape {
        known: &[1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19],
        carriers: &[
            Carrier { member: 2, known: &[1, 2], payload: 2 },
            Carrier { member: 3, known: &[1, 2], payload: 2 },
            Carrier { member: 17, known: &[1, 2, 3, 4, 5], payload: 5 },
        ],
    };

    fn carrier_of(message: &Self::Wire) -> Option<u32> {
        match message.message {
            Some(RequestMessage::WriteFile(_)) => Some(2),
            Some(RequestMessage::AppendFile(_)) => Some(3),
            Some(RequestMessage::WriteChunk(_)) => Some(17),
            _ => None,
        }
    }

    fn so_far(message: &Self::Wire) -> Result<Upload, Refusal> {
        request::upload(message.message.as_ref().ok_or_else(|| Refusal::protobuf(NO_PAYLOAD))?)
    }

    fn parse(message: Self::Wire) -> Result<Parsed<Self>, Refusal> {
        Ok(match request::parse(message)? {
            AnyRequest::Small(request) => Parsed::Message(request),
            AnyRequest::Upload(upload) => Parsed::Carrier(upload),
        })
    }
}

impl Format for Responses {
    type Wire = RuntimeManagerResponse;

    #[expect(private_interfaces, reason = "the trait is out of reach of other crates")]
    const SHAPE: &'static Shape = &Shape {
        known: &[1, 2, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18],
        carriers: &[
            Carrier { member: 4, known: &[1], payload: 1 },
            Carrier { member: 16, known: &[1, 2, 3, 4], payload: 1 },
        ],
    };

    fn carrier_of(message: &Self::Wire) -> Option<u32> {
        match message.message {
            Some(ResponseMessage::Result(_)) => Some(4),
            Some(ResponseMessage::Chunk(_)) => Some(16),
            _ => None,
        }
    }

    fn so_far(message: &Self::Wire) -> Result<Download, Refusal> {
        response::download(message.message.as_ref().ok_or_else(|| Refusal::protobuf(NO_PAYLOAD))?)
    }

    fn parse(message: Self::Wire) -> Result<Parsed<Self>, Refusal> {
        Ok(match response::parse(message)? {
            AnyResponse::Small(response) => Parsed::Message(response),
            AnyResponse::Download(download) => Parsed::Carrier(download),
        })
    }
}
