//! One copy in the background: its name, its course, and how it ended.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use veracruz_rest::{Copied, CopyJob, CopyStatus, Problem};

use crate::course::Course;
use crate::error::CopyError;

/// A job. It holds no credentials: those are with the copy, and go with it.
#[derive(Debug)]
pub(crate) struct Job {
    /// 122 random bits: who knows it may ask for the job and cancel it.
    id: String,
    course: Arc<Course>,
    outcome: Mutex<Option<(Instant, Outcome)>>,
    over: CancellationToken,
}

#[derive(Debug)]
enum Outcome {
    Done(Copied),
    Failed(Box<Problem>),
    Cancelled,
}

impl Job {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Job {
            id: Uuid::new_v4().simple().to_string(),
            course: Arc::new(Course::new()),
            outcome: Mutex::new(None),
            over: CancellationToken::new(),
        })
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn course(&self) -> Arc<Course> {
        self.course.clone()
    }

    /// Runs the copy to its end, or until it is called off. The copy is gone, with its connections, before the job is over.
    pub(crate) async fn run(self: Arc<Self>, copy: impl Future<Output = Result<Copied, CopyError>>) {
        let mut end = End(&self, Outcome::Failed(Box::new(Problem::internal())));
        end.1 = tokio::select! {
            biased;
            () = self.course.is_called_off() => Outcome::Cancelled,
            outcome = copy => match outcome {
                Ok(copied) => Outcome::Done(copied),
                Err(error) => Outcome::Failed(Box::new(Problem::from(&error))),
            },
        };
    }

    /// Calls it off if it is not too late, and returns when it is over.
    pub(crate) async fn cancel(&self) {
        self.course.call_off();
        self.over.cancelled().await;
    }

    /// Since when it is over.
    pub(crate) fn ended(&self) -> Option<Instant> {
        self.outcome.lock().as_ref().map(|(ended, _)| *ended)
    }

    pub(crate) fn describe(&self) -> CopyJob {
        let mut job = CopyJob {
            job: self.id.clone(),
            status: CopyStatus::Running,
            bytes: self.course.bytes(),
            total: self.course.total(),
            sha256: None,
            problem: None,
        };
        match self.outcome.lock().as_ref().map(|(_, outcome)| outcome) {
            None => {}
            Some(Outcome::Done(copied)) => {
                (job.status, job.bytes, job.sha256) = (CopyStatus::Done, copied.bytes, Some(copied.sha256.clone()));
            }
            Some(Outcome::Failed(problem)) => {
                (job.status, job.problem) = (CopyStatus::Failed, Some(problem.as_ref().clone()));
            }
            Some(Outcome::Cancelled) => job.status = CopyStatus::Cancelled,
        }
        job
    }
}

/// Ends the job when it is dropped, also by a panic in the copy.
struct End<'a>(&'a Job, Outcome);

impl Drop for End<'_> {
    fn drop(&mut self) {
        let outcome = std::mem::replace(&mut self.1, Outcome::Cancelled);
        *self.0.outcome.lock() = Some((Instant::now(), outcome));
        self.0.over.cancel();
    }
}
