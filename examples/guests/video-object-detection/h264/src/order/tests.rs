//! Pictures come out by their place, as soon as the stream allows it.

use super::{Place, Queue};
use crate::{Colour, Frame, Matrix, Plane};

/// Pushes pictures with the given places; gives the first sample of each in the order they came out, and what is left.
fn shown(places: &[(u32, i32)], reordering: usize) -> (Vec<u8>, Vec<u8>) {
    let mut queue = Queue::default();
    let (mut during, mut after) = (Vec::new(), Vec::new());
    for (index, (sequence, order)) in places.iter().enumerate() {
        let samples = [index as u8; 4];
        let plane = |length: usize| Plane { data: &samples[..length], stride: 2 };
        let colour = Colour { matrix: Matrix::Bt601, full_range: false };
        let frame = Frame { width: 2, height: 2, y: plane(4), u: plane(1), v: plane(1), colour };
        let place = Place { sequence: *sequence, order: *order, reordering };
        queue
            .push(&frame, place, &mut |frame| -> Result<(), ()> {
                during.push(frame.y.data[0]);
                Ok(())
            })
            .unwrap();
    }
    queue
        .drain(0, &mut |frame| -> Result<(), ()> {
            after.push(frame.y.data[0]);
            Ok(())
        })
        .unwrap();
    (during, after)
}

#[test]
fn pictures_come_out_in_order_of_display() {
    for (places, reordering, during, after) in [
        // Nothing waits where the stream says so.
        (vec![(1, 0), (1, 2), (1, 4)], 0, vec![0, 1, 2], vec![]),
        // I B P as it is coded: I P B.
        (vec![(1, 0), (1, 4), (1, 2), (1, 8), (1, 6)], 1, vec![0, 2, 1, 4], vec![3]),
        // A pyramid.
        (vec![(1, 0), (1, 8), (1, 4), (1, 2), (1, 6)], 2, vec![0, 3, 2], vec![4, 1]),
        // The order starts again: all of before comes first.
        (vec![(1, 0), (1, 4), (1, 2), (2, 0), (2, 4)], 2, vec![0, 2, 1], vec![3, 4]),
        // Orders may be negative.
        (vec![(1, 0), (1, -4), (1, -2)], 2, vec![1], vec![2, 0]),
    ] {
        assert_eq!(shown(&places, reordering), (during, after), "{places:?}");
    }
}
