//! Compresses a file with a Huffman code; `huffman-decode` is the way back.
//!
//! In: `/input/huffman.dat`, any bytes. Out: `/output/huffman.huf`; the format stands in `huffman.rs`.

use std::process::ExitCode;

use guests::{Outcome, finish, huffman, input, output};

fn main() -> ExitCode {
    finish(run())
}

fn run() -> Outcome {
    output("/output/huffman.huf", huffman::encode(&input("/input/huffman.dat")?))
}
