//! Clients of the services: what they send, what they take, and what they make of services that are wrong, hostile or away.
//!
//! The services here are stand-ins, a socket that answers from a script: no honest service cuts its answers or sends a
//! gigabyte. The clients meet the real services in the suites of the services and of the command line.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a failed test says where")]

mod answers;
mod calls;
mod connections;
mod refusals;
mod secrets;
mod stand_in;
mod uploads;
