//! The services together, as real processes: the whole story, the old users' way and ours, and what happens when a part
//! breaks.
#![expect(clippy::unwrap_used, reason = "a failed test says where")]

mod arguments;
mod blind_client;
mod demo;
mod functions;
mod old_users;
mod store;
mod user;
