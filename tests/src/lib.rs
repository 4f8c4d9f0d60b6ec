//! Cross-crate suites, shared fixtures and the tidy rules. Unpublished: no other crate uses it outside its own tests.
//!
//! The fixtures are for suites and fuzz targets; they panic where they are misused.

pub mod forge;
pub mod guests;
pub mod policy;
pub mod services;
pub mod tls;
