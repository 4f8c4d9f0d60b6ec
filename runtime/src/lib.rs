//! The trusted part.

pub mod budget;
pub mod clock;
pub mod engine;
pub mod vfs;
pub mod wasi;
