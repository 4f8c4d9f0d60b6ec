//! Offline measurement.
