//! What the files of an instance promise: to participants and the embedder through `vfs`, to guests through `wasi`.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test reports by panicking")]

mod guests;
mod participants;
mod world;
