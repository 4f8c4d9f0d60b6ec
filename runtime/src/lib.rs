//! The trusted part: one instance under one policy, from the first byte of a connection to the last of a run.
//!
//! [`Runtime::builder`] takes a policy, a secure module and a source of certificates; [`Runtime::serve`] serves sessions
//! until a participant or the embedder ends the instance. Many instances may live in one process: nothing here is global.
//!
//! | module | what it is |
//! |---|---|
//! | `server`, `session`, `dispatch`, `runs` | connections, requests, who runs what |
//! | `identity` | key, evidence, certificate |
//! | [`vfs`] | the files |
//! | `wasi` | the system calls of guests |
//! | [`engine`] | guests |
//! | [`offline`] | guests without an instance |
//! | [`control`] | what an enclave and its host say to each other |
//! | [`budget`], [`clock`], [`limits`] | memory, time, bounds |
//!
//! It opens no file and no connection of its own, judges no evidence, and must never decide a right by itself: the
//! policy does.

pub mod budget;
pub mod clock;
pub mod control;
mod dispatch;
pub mod engine;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod identity;
mod instance;
pub mod limits;
mod listener;
pub mod offline;
mod runs;
mod server;
mod session;
pub mod vfs;
pub mod wasi;

pub use clock::{Clock, SystemClock};
pub use identity::{
    Applicant, Application, BoxFuture, CertificateSource, CertificateStatus, CertifyError, ChainError, IdentityError,
    RenewalFailure, SelfSigned, SourceError,
};
pub use limits::Limits;
pub use listener::Listener;
pub use server::{Ended, Runtime, RuntimeBuilder, StartError};
pub use session::{BadParticipant, TlsError};
