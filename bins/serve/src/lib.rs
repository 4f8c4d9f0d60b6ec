//! The frame of a daemon: listener, limits, drain, logging, probes, configuration.
//!
//! Every daemon of the project is this frame around a router of its own. The frame knows nothing of the domain: no type
//! of a policy, of evidence or of a function appears here, so that a daemon's meaning is read in its own crate.
//!
//! The order in which a daemon uses it: [`config::layer`] its flags, [`logging::start`], ask for [`Exposure::plain`],
//! [`Exposure::bind`], then [`run`] with [`Shutdown::on_signals`] and exit with [`Drained::exit_code`], or with
//! [`failed`].

pub mod config;
mod drain;
mod failure;
mod frame;
pub mod kept;
mod listener;
pub mod logging;
mod probes;
mod run;

pub use drain::{Drained, Shutdown, Trigger};
pub use failure::failed;
pub use frame::{Bound, Frame, FrameDefaults, FrameError, FrameFlags, Parts};
pub use listener::{BindError, Exposure, ExposureError};
pub use probes::{Readiness, probes};
pub use run::{
    BODY_BYTES, CONNECTIONS, DRAIN_BOUND, HEADER_BYTES, HEADER_TIMEOUT, HEADERS, Limits, REQUEST_TIMEOUT, run,
};
