//! The function service through its door, over its real store and folder. VaaS and the way into instances are stand-ins
//! here, so that each step can be made to fail; the daemon's suite has the real ones.
//!
//! Tests that begin with a `c` and a number hold a row of the list of the i-poc's quirks (compatibility reference, 6.1).
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed test says where")]

mod creation;
mod deletion;
mod description;
mod failures;
mod files;
mod fixtures;
mod functions;
mod recovery;
mod stand_ins;
mod stores;
mod uploads;
mod vaas;
mod world;
