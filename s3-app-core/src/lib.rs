//! The S3 app: copies an object out of S3 into an attested instance, as one of the instance's participants.
//!
//! ```no_run
//! use s3_app_core::{S3App, Settings, http};
//! # async fn run() {
//! let app = S3App::open(Settings::default()).await;
//! let router = http::router(app.clone()); // serve it; afterwards:
//! app.close().await;
//! # }
//! ```
//!
//! An object streams through in pieces and is never held whole: a copy takes a few megabytes, whatever the object's size.
//! The file appears in the instance when it is complete, or not at all: the last piece is held back until S3 has ended the
//! object well and still has the same one. The service keeps nothing: its jobs end with the process, and what it was
//! given to authenticate with is wiped when the copy is over.
//!
//! Where S3 is, is the operator's to say ([`StorageSettings`]), never a request's. Where instances are, is what policies
//! say, within what the operator allows ([`InstanceHosts`]); what one must show before a byte goes to it, is said by
//! [`Trust`](veracruz_client::Trust).
//!
//! There is no listener here, no configuration file and no authentication of callers: a daemon brings those.

mod counts;
mod course;
mod error;
mod hosts;
pub mod http;
mod job;
mod jobs;
mod names;
mod object;
mod order;
mod pace;
mod service;
mod settings;
mod shape;
mod storage;
mod transfer;

pub use counts::Counts;
pub use error::{CopyError, Unanswered};
pub use hosts::{InstanceHosts, InstanceHostsError};
pub use names::{KeysError, Region, RegionError, StorageEndpoint, StorageEndpointError};
pub use order::{MAX_REQUEST_BYTES, Order, REQUEST_SCHEMA};
pub use service::S3App;
pub use settings::{Limits, Machine, Settings, StorageSettings};
pub use storage::{Keys, StorageError};
