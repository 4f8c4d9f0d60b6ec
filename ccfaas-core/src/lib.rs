//! The function service.
