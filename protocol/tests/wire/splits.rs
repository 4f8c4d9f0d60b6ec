//! Where the stream is cut makes no difference.

use veracruz_protocol::Direction;

use crate::bytes::framed;
use crate::golden;
use crate::seen::{Seen, Watch, watch_requests, watch_responses};

/// What came of a stream that was fed in these pieces.
fn fed<'a, D: Direction>(
    mut watch: Watch<D>,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Vec<Seen<D::Message, D::Carrier>> {
    for piece in pieces {
        watch.feed(piece).unwrap();
    }
    watch.decoder.finish().expect("the stream is complete");
    watch.seen
}

/// Feeds the stream whole, at every split, and byte by byte.
fn same_at_every_split<D: Direction>(watch: impl Fn() -> Watch<D>, stream: &[u8])
where
    D::Message: PartialEq,
    D::Carrier: PartialEq,
{
    let whole = fed(watch(), [stream]);
    assert!(fed(watch(), stream.chunks(1)) == whole, "byte by byte: {stream:02x?}");
    for at in 0..=stream.len() {
        let (front, back) = stream.split_at(at);
        assert!(fed(watch(), [front, back]) == whole, "split at {at}: {stream:02x?}");
    }
    for size in 2..=9 {
        assert!(fed(watch(), stream.chunks(size)) == whole, "pieces of {size}: {stream:02x?}");
    }
}

fn request_bodies() -> Vec<Vec<u8>> {
    let small = golden::small_requests().into_iter().map(|(_, body)| body);
    small.chain(golden::uploads().into_iter().map(|(_, _, body)| body)).collect()
}

fn response_bodies() -> Vec<Vec<u8>> {
    let small = golden::small_responses().into_iter().map(|(_, body)| body);
    small.chain(golden::downloads().into_iter().map(|(_, _, body)| body)).collect()
}

#[test]
fn a_message_is_the_same_however_it_is_cut() {
    for body in request_bodies() {
        same_at_every_split(watch_requests, &framed(&body));
    }
    for body in response_bodies() {
        same_at_every_split(watch_responses, &framed(&body));
    }
}

#[test]
fn many_messages_may_come_in_one_piece() {
    let bodies = request_bodies();
    let stream: Vec<u8> = bodies.iter().flat_map(|body| framed(body)).collect();
    assert_eq!(fed(watch_requests(), [stream.as_slice()]).len(), bodies.len());
    same_at_every_split(watch_requests, &stream);
    let bodies = response_bodies();
    let stream: Vec<u8> = bodies.iter().flat_map(|body| framed(body)).collect();
    assert_eq!(fed(watch_responses(), [stream.as_slice()]).len(), bodies.len());
    same_at_every_split(watch_responses, &stream);
}
