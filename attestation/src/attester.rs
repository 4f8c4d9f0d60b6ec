//! Makes evidence.
