//! Expands what `huffman-encode` wrote.
//!
//! In: `/input/huffman.huf`. Out: `/output/huffman.dat`. A damaged file is refused, or gives other bytes: the format has
//! no check sum.

use std::process::ExitCode;

use guests::{Outcome, bad, finish, huffman, input, output};

const FILE: &str = "/input/huffman.huf";

fn main() -> ExitCode {
    finish(run())
}

fn run() -> Outcome {
    output("/output/huffman.dat", huffman::decode(&input(FILE)?).map_err(|what| bad(FILE, what))?)
}
