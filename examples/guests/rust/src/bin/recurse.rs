//! Calls itself without an end, so that the stack runs out.

use std::hint::black_box;

fn main() {
    println!("{}", deeper(black_box(u64::MAX)));
}

/// Not a tail call, and no sum either: the compiler can make no loop of it.
#[inline(never)]
fn deeper(n: u64) -> u64 {
    if n == 0 { 1 } else { deeper(n - 1).rotate_left(7) ^ n.wrapping_mul(0x9e37_79b9_7f4a_7c15) }
}
