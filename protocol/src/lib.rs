//! Session messages and framing.
