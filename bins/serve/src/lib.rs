//! The frame of a daemon: listener, TLS, authentication, limits, drain, logging, probes, metrics, configuration.
//!
//! Every daemon of the project is this frame around a router of its own. The frame knows nothing of the domain: no type
//! of a policy, of evidence or of a function appears here, so that a daemon's meaning is read in its own crate.
//!
//! The order in which a daemon uses it: [`config::layer`] its flags, [`FrameFlags::read`] those of the frame,
//! [`Frame::start_logging`], [`Frame::bind`], [`Bound::serve`] with [`Shutdown::on_signals`], and exit with
//! [`Drained::exit_code`], or with [`failed`].

mod access;
pub mod config;
mod connection;
mod drain;
mod failure;
mod frame;
pub mod guarded_file;
pub mod kept;
mod limits;
mod listener;
pub mod logging;
mod probes;
mod requests;
mod run;
mod state;
mod tls;

pub use drain::{Drained, Shutdown, Trigger};
pub use failure::failed;
pub use frame::{Bound, Frame, FrameDefaults, FrameError, FrameFlags, Parts};
pub use limits::{
    BODY_BYTES, BODY_STALL, CONNECTION_LIFE, CONNECTION_REQUESTS, CONNECTIONS, DRAIN_BOUND, HANDSHAKE_TIMEOUT,
    HEADER_BYTES, HEADER_TIMEOUT, HEADERS, Limits, REQUEST_TIMEOUT, WRITE_RATE, WRITE_STALL, WRITE_WINDOW,
};
pub use listener::{BindError, Exposure, ExposureError};
pub use probes::Readiness;
pub use run::run;
pub use state::{StateError, StateFolder};
