//! The instance service.
