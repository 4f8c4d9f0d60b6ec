//! The trusted part.
