//! The function service: operators register functions, load their programs and data files, and users get instances of
//! them, attested and ready.
//!
//! - [`Ccfaas`]: the service; [`http::router`] is its door, with the routes, texts and status codes of the i-poc;
//! - [`Store`]: what it remembers, in [`SqliteStore`] by default; [`Blobs`]: the contents of files;
//! - [`InstanceService`], [`Provisioner`], [`Clock`]: what it needs of others; [`adapters`] has the real ones.
//!
//! **What is acknowledged is durable, and nothing half-made is visible.** A crash at any point leaves what was
//! acknowledged before; what was under way is taken back at the next start, and at VaaS too.
//!
//! **The service is not trusted with the user's data.** It writes programs and data files into an instance as the loader,
//! which the user's audit of the returned policy judges; keys, inputs and results pass it by.
//!
//! It has no listener, no authentication and no command line: a daemon brings those.

pub mod adapters;
mod blobs;
mod counts;
mod error;
mod functions;
pub mod http;
mod instances;
mod loading;
mod outlook;
mod ports;
mod service;
mod settings;
pub mod store;

pub use blobs::{BlobError, Blobs};
pub use counts::Counts;
pub use error::{Error, Step};
pub use outlook::Outlook;
pub use ports::{
    Address, Clock, FileToLoad, InstanceService, Ports, ProvisionError, Provisioner, SystemClock, VaasError,
};
pub use service::Ccfaas;
pub use settings::{DEFAULT_INSTANCE_ID, Limits, Settings, Times};
pub use store::{SqliteStore, Store};
