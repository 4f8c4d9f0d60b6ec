//! One instance inside an enclave: takes the policy from the host, serves sessions, tells the host how it ended.
//!
//! What is particular to a platform (its secure module, its sockets) is passed in, so that the whole of it runs in tests
//! without an enclave. The host is not trusted: it moves bytes, and whatever it withholds or exchanges shows in the
//! evidence that clients verify. Nothing here may give it a secret.

mod agent;
mod entropy;

pub use agent::{Agent, AgentError};
pub use entropy::{KERNEL_RANDOM, seed};
