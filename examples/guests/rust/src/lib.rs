//! What the example guests share: reading inputs, writing a result, and ending with a clear message.
//!
//! It uses nothing but the standard library's files and streams, so a guest written with it runs under any WASI
//! preview 1 runtime.

mod files;
pub mod huffman;
mod line;
mod numbers;
mod outcome;

pub use files::{input, inputs, output, text};
pub use line::fit;
pub use numbers::{column, rows};
pub use outcome::{Outcome, bad, finish};
