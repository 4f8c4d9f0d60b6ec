//! Takes and touches memory, MiB by MiB: as many as the first argument says, or without an end.
//!
//! Each step is a line on stdout, so that the last one shows how far it came.

use std::hint::black_box;

const MIB: usize = 1024 * 1024;

fn main() {
    let limit = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(usize::MAX);
    let mut held = Vec::new();
    while held.len() < limit {
        held.push(black_box(vec![0x5a_u8; MIB]));
        println!("{} MiB", held.len());
    }
}
