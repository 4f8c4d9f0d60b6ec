//! Daemon frame.
