//! Requests that run programs: one, or those of a pipeline.
//!
//! A run belongs to the participant who asked for it. It goes on when the session that asked for it is gone, as in
//! Veracruz, and can be cancelled from any session of the same participant.

use std::sync::Arc;
use std::time::Duration;

use veracruz_policy::{Principal, Step, Target};
use veracruz_protocol::{ComputeOptions, Failure};

use super::{ending, of_vfs, path};
use crate::engine::{Outcome, Program, RunControl};
use crate::instance::Instance;
use crate::runs::Ticket;
use crate::session::Reply;
use crate::vfs::{ProgramFile, Stdio};
use crate::wasi::{Surroundings, Wasi};

/// Runs a program of the policy.
pub(crate) async fn compute(
    instance: Arc<Instance>,
    who: Principal,
    program: String,
    options: ComputeOptions,
) -> Reply {
    in_its_place(instance, who, program, options, |job| {
        let file = job.instance.vfs.program(&job.who, &path(&job.name)?).map_err(|error| of_vfs(&error))?;
        let principal = Principal::Program(file.path.clone());
        let stdio = job.instance.vfs.fresh_stdio().map_err(|error| of_vfs(&error))?;
        job.run(file, principal, &stdio)
    })
    .await
}

/// Runs a pipeline of the policy. As in Veracruz, its programs are found and its conditions judged by the rights of the
/// participant who asks; they run with the rights of the pipeline.
pub(crate) async fn pipeline(instance: Arc<Instance>, who: Principal, name: String, options: ComputeOptions) -> Reply {
    in_its_place(instance, who, name, options, |job| {
        let policy = Arc::clone(&job.instance.policy);
        let (principal, entry) = policy.pipeline(&job.name).ok_or_else(|| {
            let detail =
                format!("the policy has {} pipelines and none of that name or index", policy.pipelines().len());
            Failure::new("no-such-pipeline", detail)
        })?;
        let stdio = job.instance.vfs.fresh_stdio().map_err(|error| of_vfs(&error))?;
        job.sequence(entry.pipeline.steps(), &principal, &stdio)
    })
    .await
}

/// A run in its place: all that its steps need.
struct Job {
    instance: Arc<Instance>,
    who: Principal,
    name: String,
    ticket: Ticket,
    /// What the participant or the instance allows for all of it.
    timeout: Option<Duration>,
    /// When all of it has to be over, on the instance's clock.
    deadline: Option<Duration>,
}

/// Waits for a place and does the work there, on a thread of its own.
async fn in_its_place(
    instance: Arc<Instance>,
    who: Principal,
    name: String,
    options: ComputeOptions,
    work: impl FnOnce(&Job) -> Result<u32, Failure> + Send + 'static,
) -> Reply {
    let now = instance.clock.monotonic();
    let timeout = options.timeout.into_iter().chain(instance.limits.run_time).min();
    let deadline = timeout.map(|timeout| now.saturating_add(timeout));
    let mut ticket = match instance.runs.admit(&who, options.run, name.clone(), now) {
        Ok(ticket) => ticket,
        Err(failure) => return failure.into(),
    };
    let waiting = ticket.place();
    let place = match timeout {
        Some(timeout) => tokio::time::timeout(timeout, waiting).await.unwrap_or_else(|_| Err(too_late(timeout))),
        None => waiting.await,
    };
    let place = match place {
        Ok(place) => place,
        Err(failure) => return failure.into(),
    };
    let job = Job { instance, who, name, ticket, timeout, deadline };
    let done = tokio::task::spawn_blocking(move || {
        let code = work(&job);
        drop((job, place));
        code
    });
    match done.await {
        Ok(Ok(code)) => Reply::ExitCode(code),
        Ok(Err(failure)) => failure.into(),
        Err(_) => ending().into(),
    }
}

fn too_late(timeout: Duration) -> Failure {
    let detail = format!("the run did not get a place within {timeout:?}; allow it more time, or wait for other runs");
    Failure::new("deadline-exceeded", detail)
}

impl Job {
    /// A sequence ends at the first program whose exit code is not zero.
    fn sequence(&self, steps: &[Step], principal: &Principal, stdio: &Stdio) -> Result<u32, Failure> {
        for step in steps {
            let code = self.step(step, principal, stdio)?;
            if code != 0 {
                return Ok(code);
            }
        }
        Ok(0)
    }

    fn step(&self, step: &Step, principal: &Principal, stdio: &Stdio) -> Result<u32, Failure> {
        match step {
            Step::Run(path) => {
                let file = self.instance.vfs.pipeline_step(&self.who, path).map_err(|error| of_vfs(&error))?;
                self.run(file, principal.clone(), stdio)
            }
            Step::If { exists, then, otherwise } => {
                let found = self.instance.vfs.stat(&self.who, &Target::from(exists.clone())).is_ok();
                self.sequence(if found { then } else { otherwise }, principal, stdio)
            }
            Step::Block(steps) => self.sequence(steps, principal, stdio),
        }
    }

    fn run(&self, file: ProgramFile, principal: Principal, stdio: &Stdio) -> Result<u32, Failure> {
        let instance = &self.instance;
        let control =
            RunControl { interrupt: self.ticket.interrupt(), deadline: self.time_left()?, allowed: self.timeout };
        let surroundings = Surroundings {
            arguments: vec![file.path.as_str().into()],
            clock_enabled: instance.policy.enable_clock,
            interrupt: control.interrupt.clone(),
            ..Surroundings::default()
        };
        let wasi = Wasi::new(&instance.vfs, principal, stdio, surroundings).map_err(|error| of_vfs(&error))?;
        match instance.engine.run(Program::from(file), wasi, &control) {
            Outcome::Exited(code) => Ok(code),
            Outcome::Failed(failure) => Err(Failure::new(failure.code(), failure.to_string())),
        }
    }

    fn time_left(&self) -> Result<Option<Duration>, Failure> {
        let Some(deadline) = self.deadline else { return Ok(None) };
        match deadline.checked_sub(self.instance.clock.monotonic()) {
            Some(left) if !left.is_zero() => Ok(Some(left)),
            // Between two programs of a pipeline; in the engine's words, as it makes no difference to who asked.
            _ => {
                let allowed = self.timeout.unwrap_or_default();
                let detail =
                    format!("the run did not end within {allowed:?}; allow it more time, or give it less to do");
                Err(Failure::new("deadline-exceeded", detail))
            }
        }
    }
}
