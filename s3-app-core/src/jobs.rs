//! The jobs that are known: a bounded number, each for a bounded time after its end.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use veracruz_rest::{Copied, CopyJob};

use crate::course::Course;
use crate::error::CopyError;
use crate::job::Job;
use crate::settings::Limits;

#[derive(Debug)]
pub(crate) struct Jobs {
    known: Mutex<HashMap<String, Arc<Job>>>,
    running: usize,
    remembered: usize,
    remember: Duration,
}

impl Jobs {
    pub(crate) fn new(limits: &Limits) -> Self {
        let known = Mutex::new(HashMap::new());
        Jobs { known, running: limits.jobs, remembered: limits.remembered, remember: limits.remember }
    }

    /// Starts the copy that `copy` makes of a course.
    pub(crate) fn start<C>(&self, copy: impl FnOnce(Arc<Course>) -> C) -> Result<CopyJob, CopyError>
    where
        C: Future<Output = Result<Copied, CopyError>> + Send + 'static,
    {
        let job = Job::new();
        let mut known = self.known.lock();
        self.forget(&mut known);
        let running = known.values().filter(|job| job.ended().is_none()).count();
        if running >= self.running {
            return Err(CopyError::Full { running });
        }
        if known.len() >= self.remembered {
            let first = known.values().filter_map(|job| Some((job.ended()?, job.id().to_owned()))).min();
            let (_, first) = first.ok_or(CopyError::Full { running })?;
            known.remove(&first);
        }
        known.insert(job.id().to_owned(), job.clone());
        tokio::spawn(job.clone().run(copy(job.course())));
        Ok(job.describe())
    }

    pub(crate) fn find(&self, id: &str) -> Result<Arc<Job>, CopyError> {
        let mut known = self.known.lock();
        self.forget(&mut known);
        known.get(id).cloned().ok_or(CopyError::NoSuchJob)
    }

    /// Jobs that run, and jobs that are known.
    pub(crate) fn count(&self) -> (usize, usize) {
        let mut known = self.known.lock();
        self.forget(&mut known);
        (known.values().filter(|job| job.ended().is_none()).count(), known.len())
    }

    /// Cancels all and returns when they have ended.
    pub(crate) async fn close(&self) {
        let jobs: Vec<_> = self.known.lock().values().cloned().collect();
        futures_util::future::join_all(jobs.iter().map(|job| job.cancel())).await;
    }

    /// There are few enough to look at all of them whenever somebody asks.
    fn forget(&self, known: &mut HashMap<String, Arc<Job>>) {
        known.retain(|_, job| job.ended().is_none_or(|ended| ended.elapsed() < self.remember));
    }
}
