//! Why an offline run does not begin.

use veracruz_policy::BuildError;

use crate::engine::{EngineError, ModuleRefusal};
use crate::vfs::VfsError;

/// Why a program was not run, or its files cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OfflineError {
    /// The module cannot run here.
    #[error(transparent)]
    Module(#[from] ModuleRefusal),
    /// The policy has no such program or pipeline.
    #[error("the policy has no program and no pipeline {asked:?}; it has {known}")]
    UnknownPrincipal {
        /// What was asked for.
        asked: String,
        /// What there is.
        known: String,
    },
    /// The policy of a run without one cannot be made, for example because of the program's path.
    #[error(transparent)]
    Policy(#[from] BuildError),
    /// A file or directory.
    #[error(transparent)]
    Vfs(#[from] VfsError),
    /// The engine cannot be set up.
    #[error("{0}")]
    Engine(String),
}

impl From<EngineError> for OfflineError {
    fn from(error: EngineError) -> Self {
        OfflineError::Engine(error.to_string())
    }
}

impl OfflineError {
    /// A stable name for machines.
    pub fn code(&self) -> &'static str {
        match self {
            OfflineError::Module(refusal) => refusal.code(),
            OfflineError::UnknownPrincipal { .. } => "unknown-principal",
            OfflineError::Policy(_) => "policy-invalid",
            OfflineError::Vfs(error) => error.code(),
            OfflineError::Engine(_) => "engine-failed",
        }
    }
}
