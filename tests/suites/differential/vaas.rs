//! VaaS: every outcome of every route, and V1 to V19.
//!
//! What the old service left to Kubernetes is asserted of its nearest kin on one machine: an instance is a process there,
//! with a folder in the service's state.

mod endings;
mod policies;
mod routes;
mod slots;

use crate::cases::Case;

pub(crate) fn cases() -> Vec<Case> {
    [routes::CASES, slots::CASES, endings::CASES, policies::CASES].concat()
}
