//! What the files of an instance promise: to participants and the embedder through `vfs`, to guests through `wasi`.

#![expect(clippy::unwrap_used, reason = "a test reports by panicking")]

mod guests;
mod participants;
mod world;
