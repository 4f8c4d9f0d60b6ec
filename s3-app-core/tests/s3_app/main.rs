//! The S3 app: objects of real S3 servers into real instances, over HTTP.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a failed test says where")]

mod app;
mod callers;
mod copies;
mod instance;
mod instances;
mod jobs;
mod made;
mod proxy;
mod requests;
mod server;
mod storage;
