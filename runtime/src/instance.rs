//! What all sessions of one instance share.

use std::collections::HashSet;
use std::sync::Arc;

use rustls::ServerConfig;
use tokio::sync::watch;
use veracruz_policy::{FullPolicy, Sha256Digest, Target, VfsPath};

use crate::budget::Budget;
use crate::clock::Clock;
use crate::engine::{Engine, EngineError, EngineLimits, Program};
use crate::identity::Keeper;
use crate::limits::Limits;
use crate::runs::Runs;
use crate::vfs::{Snapshot, Vfs, VfsError, VfsLimits};

/// An instance: its policy, identity and state. Dropped, all of it is gone.
pub(crate) struct Instance {
    pub(crate) policy: Arc<FullPolicy>,
    pub(crate) keeper: Arc<Keeper>,
    pub(crate) tls: Arc<ServerConfig>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: Limits,
    pub(crate) vfs: Vfs,
    pub(crate) engine: Arc<Engine>,
    pub(crate) runs: Runs,
    programs: HashSet<VfsPath>,
    program_bytes: u64,
    finishing: watch::Sender<bool>,
}

impl Instance {
    pub(crate) fn new(
        policy: Arc<FullPolicy>,
        keeper: Arc<Keeper>,
        tls: Arc<ServerConfig>,
        clock: Arc<dyn Clock>,
        limits: Limits,
    ) -> Result<Self, InstanceError> {
        let budget = Budget::new(u64::from(policy.max_memory_mib) << 20);
        let of_files = VfsLimits::default();
        let vfs = Vfs::new(Arc::clone(&policy), budget.clone(), of_files, Arc::clone(&clock))?;
        let of_engine = EngineLimits { max_runs: u32::try_from(limits.runs).unwrap_or(u32::MAX), ..Default::default() };
        let engine = Engine::new(policy.execution_strategy, policy.debug, of_engine, budget)?;
        Ok(Instance {
            programs: programs(&policy),
            program_bytes: of_files.program_bytes,
            runs: Runs::new(limits.runs, limits.waiting_runs),
            finishing: watch::channel(false).0,
            policy,
            keeper,
            tls,
            clock,
            limits,
            vfs,
            engine,
        })
    }

    /// As it was before anybody came: no files, no runs. It draws from the same budget and keeps what was compiled.
    #[cfg(feature = "fuzzing")]
    pub(crate) fn afresh(&self) -> Result<Self, InstanceError> {
        let (policy, clock) = (Arc::clone(&self.policy), Arc::clone(&self.clock));
        Ok(Instance {
            vfs: Vfs::new(policy, self.vfs.budget().clone(), VfsLimits::default(), clock)?,
            runs: Runs::new(self.limits.runs, self.limits.waiting_runs),
            finishing: watch::channel(false).0,
            policy: Arc::clone(&self.policy),
            keeper: Arc::clone(&self.keeper),
            tls: Arc::clone(&self.tls),
            clock: Arc::clone(&self.clock),
            limits: self.limits.clone(),
            engine: Arc::clone(&self.engine),
            programs: self.programs.clone(),
            program_bytes: self.program_bytes,
        })
    }

    /// Whether a file is a program: of the policy, or a step of a pipeline.
    pub(crate) fn is_program(&self, target: &Target) -> bool {
        target.as_path().is_some_and(|path| self.programs.contains(path))
    }

    /// Whether what is written there is to be hashed as it comes.
    pub(crate) fn needs_digest(&self, target: &Target) -> bool {
        let declared = |path| self.policy.declared_hash(path).is_some();
        self.is_program(target) || target.as_path().is_some_and(declared)
    }

    /// Bytes of the largest program that is checked or run.
    pub(crate) fn program_bytes(&self) -> u64 {
        self.program_bytes
    }

    /// Has a program compiled in the background.
    pub(crate) fn prepare(&self, digest: Sha256Digest, content: Snapshot) {
        let limit = self.program_bytes;
        let bytes = content.len();
        let program = Program::new(digest, move || content.to_vec(limit).unwrap_or_default());
        self.engine.prepare(program.of_size(bytes));
    }

    /// Asks the sessions to end after the request at hand.
    pub(crate) fn ask_to_finish(&self) {
        self.finishing.send_replace(true);
    }

    /// Turns true when sessions shall end after the request at hand.
    pub(crate) fn finishing(&self) -> watch::Receiver<bool> {
        self.finishing.subscribe()
    }

    /// Ends what still runs.
    pub(crate) async fn close(&self) {
        self.runs.close().await;
    }
}

fn programs(policy: &FullPolicy) -> HashSet<VfsPath> {
    let named = policy.programs.iter().map(|program| &program.program_file_name);
    let steps = policy.pipelines().iter().flat_map(|entry| entry.pipeline.programs());
    named.chain(steps).cloned().collect()
}

/// Why an instance has no files or no engine.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InstanceError {
    #[error(transparent)]
    Files(#[from] VfsError),
    #[error(transparent)]
    Engine(#[from] EngineError),
}
