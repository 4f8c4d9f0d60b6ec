//! What the services say to their users and to each other over HTTP: the bodies as types, for both sides.
//!
//! The names on the wire are those of the i-poc, whose clients must go on working; what we added is said where it stands.
//! Sessions with instances are not HTTP and are not here (`veracruz-protocol`): this crate is no part of what runs inside
//! an instance.
//!
//! With the feature `server`, what the services' routers share: problems as responses, bodies read within bounds, the
//! description of a service. With `policy`, refused policies as problems. It decides nothing and serves nothing.

mod copies;
mod functions;
mod instances;
mod problem;
mod segment;
#[cfg(feature = "server")]
pub mod server;

pub use copies::{Copied, CopyJob, CopyRequest, CopyStatus, Destination, Secret, Source};
pub use functions::{DataFileList, FunctionList, InstanceDescription, InstanceList, ProgramList};
pub use instances::{InstanceState, VeracruzCreated, VeracruzDescription, VeracruzList};
pub use problem::{Fault, PROBLEM_TYPE, Problem};
pub use segment::{SegmentError, decode_segment, encode_segment};
