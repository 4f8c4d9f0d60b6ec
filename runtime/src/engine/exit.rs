//! The error by which `proc_exit` ends a guest.

/// A program ended itself with this code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the program ended with code {0}")]
pub(crate) struct Exit(pub(crate) u32);
