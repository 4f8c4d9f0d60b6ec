//! Events in a form that does not depend on where the input was cut.

use veracruz_protocol::{
    Decoder, Direction, Download, Event, FrameError, Limits, Refusal, Request, RequestDecoder, Requests, Response,
    ResponseDecoder, Responses, Upload,
};

/// What became of one message.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Seen<M, C> {
    Message(M),
    Carrier(C, Vec<u8>),
    Refused(Refusal),
    Skipped,
}

pub(crate) type SeenRequest = Seen<Request, Upload>;
pub(crate) type SeenResponse = Seen<Response, Download>;

/// Folds the events of messages.
pub(crate) struct Watch<D: Direction> {
    pub(crate) decoder: Decoder<D>,
    payload: Option<Vec<u8>>,
    pub(crate) seen: Vec<Seen<D::Message, D::Carrier>>,
}

impl<D: Direction> Watch<D> {
    pub(crate) fn new(decoder: Decoder<D>) -> Self {
        Watch { decoder, payload: None, seen: Vec::new() }
    }

    /// Feeds one piece of the stream.
    pub(crate) fn feed(&mut self, mut piece: &[u8]) -> Result<(), FrameError> {
        while let Some(event) = self.decoder.decode(&mut piece)? {
            match event {
                Event::Message(message) => self.close(Seen::Message(message)),
                Event::PayloadBegin { .. } => self.payload = Some(Vec::new()),
                Event::PayloadRestart { .. } => self.payload.as_mut().expect("a restart has a beginning").clear(),
                Event::Payload(bytes) => {
                    assert!(!bytes.is_empty(), "no event is for nothing");
                    self.payload.as_mut().expect("a payload has a beginning").extend_from_slice(bytes);
                }
                Event::PayloadEnd(carrier) => {
                    let payload = self.payload.take().expect("an end has a beginning");
                    self.close(Seen::Carrier(carrier, payload));
                }
                Event::Refused(refusal) => self.close(Seen::Refused(refusal)),
                Event::Skipped => self.close(Seen::Skipped),
            }
        }
        assert!(piece.is_empty(), "the decoder asked for more before it had taken all");
        Ok(())
    }

    fn close(&mut self, seen: Seen<D::Message, D::Carrier>) {
        self.payload = None;
        self.seen.push(seen);
    }
}

pub(crate) fn watch_requests() -> Watch<Requests> {
    Watch::new(RequestDecoder::new(Limits::default()))
}

pub(crate) fn watch_responses() -> Watch<Responses> {
    Watch::new(ResponseDecoder::new(Limits::default()))
}

/// The requests of a stream that comes in one piece.
pub(crate) fn requests(stream: &[u8]) -> Vec<SeenRequest> {
    let mut watch = watch_requests();
    watch.feed(stream).unwrap();
    watch.seen
}

/// The responses of a stream that comes in one piece.
pub(crate) fn responses(stream: &[u8]) -> Vec<SeenResponse> {
    let mut watch = watch_responses();
    watch.feed(stream).unwrap();
    watch.seen
}
