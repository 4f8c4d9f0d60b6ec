//! The client of attested instances: connect, verify, write, compute, read.
//!
//! ```no_run
//! use veracruz_client::{Client, Compute, Identity, Transfer};
//! # async fn run(policy: &str, certificate: &str, key: &str) -> Result<(), Box<dyn std::error::Error>> {
//! let policy = veracruz_policy::FullPolicy::parse(policy)?;
//! let identity = Identity::from_pem(certificate, key)?;
//! let client = Client::builder(policy, identity).build()?;
//! let mut session = client.connect().await?; // verified, or an error that says why not
//! session.upload("/input/data", &b"secret"[..], Transfer::new().length(6)).await?;
//! let exit_code = session.compute("/program/sum.wasm", Compute::new()).await?;
//! let mut sum = Vec::new(); // or any other writer
//! session.download("/output/sum", &mut sum, Transfer::new()).await?;
//! session.shutdown().await?;
//! # Ok(()) }
//! ```
//!
//! [`Client::connect`] gives a [`Session`] only after the instance has shown its certificate, evidence that is bound to
//! this very connection, and the policy; what counts there is said by [`Trust`]. Nothing else can send. Every error has a
//! [`code`](Error::code) for programs and a [`next_step`](Error::next_step) for people.
//!
//! **What is repeated by itself.** Connecting, as often as the builder is told, because nothing was said yet. Reads that
//! change nothing ([`list`](Session::list), [`stat`](Session::stat), [`runs`](Session::runs),
//! [`policy_hash`](Session::policy_hash), [`cancel`](Session::cancel), and [`download`](Session::download) before its first
//! byte was delivered), once, on a new connection that is verified anew. Nothing else.
//!
//! **Memory.** Files pass through in pieces; a session holds about a megabyte, whatever their size.
//!
//! [`blocking`] has the same for code without a runtime. With the feature `rest`, the module `rest` speaks to the services
//! that register functions, make instances and copy from S3. This crate reads no configuration but the trust file that it is
//! given, prints nothing, logs nothing, and keeps no global state.

pub mod blocking;
mod client;
mod clock;
mod connector;
mod error;
mod identity;
#[cfg(feature = "rest")]
pub mod rest;
mod session;
mod tls;
mod trust;
mod verify;
mod wire;

pub use client::{Client, ClientBuilder, DEFAULT_CONNECT_TIMEOUT};
pub use clock::{Clock, SystemClock};
pub use connector::{Connecting, Connector, TcpConnector, Transport};
pub use error::Error;
pub use identity::{Identity, IdentityError, KeyFault};
pub use session::{CancelHandle, Compute, Progress, Session, Transfer};
pub use trust::{EVIDENCE_AGE, MAX_FILE_BYTES, Trust, TrustError, TrustFileError, TrustProblem};
pub use verify::{Attested, Refusal};

/// What the instance answers with, in the protocol's own types.
pub use veracruz_protocol::{Failure, FileKind, FileStat, ListEntry, RunInfo, RunList, RunNumber, Status};
