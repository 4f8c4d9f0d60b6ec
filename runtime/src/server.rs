//! One instance: built from its parts, started, served until it ends.
//!
//! Everything that an instance holds (files, programs, key) lives in one value and is gone when serving ends. Nothing here
//! is global, so a process may run many.

mod accept;
mod builder;

use std::future::Future;
use std::sync::Arc;

use tokio::sync::watch;
use veracruz_policy::FullPolicy;

pub use builder::{RuntimeBuilder, StartError};

use crate::identity::CertificateStatus;
use crate::instance::Instance;
use crate::listener::Listener;

/// An instance that is bound to its policy and has its certificate, ready to be served.
pub struct Runtime {
    pub(crate) instance: Arc<Instance>,
}

/// How serving ended. All sessions are closed, all runs ended, all memory is given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ended {
    /// A participant asked for it and was answered.
    ByParticipant {
        /// The id of its identity in the policy.
        id: u32,
    },
    /// The embedder asked for it.
    ByEmbedder {
        /// Sessions that did not finish the request at hand within the bound and were cut.
        cut: usize,
    },
}

impl Runtime {
    /// Begins to build an instance under `policy`.
    pub fn builder(policy: FullPolicy) -> RuntimeBuilder {
        RuntimeBuilder::new(policy)
    }

    /// The policy.
    pub fn policy(&self) -> &FullPolicy {
        &self.instance.policy
    }

    /// How it stands with the instance's certificate, from now on.
    pub fn certificate_status(&self) -> watch::Receiver<CertificateStatus> {
        self.instance.keeper.status()
    }

    /// Serves sessions on `listener` until a participant shuts the instance down or `shutdown` resolves.
    ///
    /// After `shutdown`, each session finishes the request at hand within [`Limits::drain_bound`](crate::Limits); a
    /// participant's request ends all sessions at once, after its own answer was sent. Runs are cancelled in both cases.
    pub async fn serve(self, listener: impl Listener, shutdown: impl Future<Output = ()> + Send) -> Ended {
        accept::serve(self.instance, listener, shutdown).await
    }
}
