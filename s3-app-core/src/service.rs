//! The service: takes orders, copies, and remembers jobs.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::Semaphore;
use veracruz_rest::{Copied, CopyJob, Problem};

use crate::counts::{Counts, Totals};
use crate::course::Course;
use crate::error::CopyError;
use crate::jobs::Jobs;
use crate::order::Order;
use crate::settings::{Limits, Settings};
use crate::storage::Storage;
use crate::transfer::transfer;

/// The S3 app. It keeps its jobs in memory, and nothing else.
#[derive(Debug)]
pub struct S3App {
    settings: Settings,
    storage: Storage,
    slots: Semaphore,
    jobs: Jobs,
    totals: Arc<Totals>,
}

impl S3App {
    /// A service with these settings. It reads the machine's AWS configuration unless that is switched off, and connects to
    /// nobody.
    pub async fn open(settings: Settings) -> Arc<Self> {
        Arc::new(S3App {
            storage: Storage::open(&settings.storage, settings.limits.stall).await,
            slots: Semaphore::new(settings.limits.copies),
            jobs: Jobs::new(&settings.limits),
            totals: Arc::default(),
            settings,
        })
    }

    /// Reads a request's body, a `CopyRequest`, and refuses what is bound to fail. Nobody is asked.
    ///
    /// # Errors
    /// 400 with every fault of the body; 403 where rights or credentials are missing, and for hosts of instances that the
    /// operator does not allow.
    pub fn accept(&self, text: &str) -> Result<Order, Box<Problem>> {
        Order::parse(text, &self.settings, &self.storage)
    }

    /// Copies. Dropped before it ends, it leaves nothing in the instance, or the whole file when it was at its very end.
    ///
    /// # Errors
    /// [`CopyError`]; nothing of the object is in the instance then, except for [`CopyError::Unconfirmed`]: the file may be
    /// there.
    pub async fn copy(&self, order: Order) -> Result<Copied, CopyError> {
        let limits = &self.settings.limits;
        let full = |_| CopyError::Full { running: limits.copies };
        let _slot = self.slots.try_acquire().map_err(full)?;
        let _running = Running::new(&self.totals);
        run(order, Arc::new(Course::new()), limits, &self.totals).await
    }

    /// Copies in the background. The job ends with this process, or by [`cancel`](Self::cancel).
    ///
    /// # Errors
    /// [`CopyError::Full`] when as many jobs run as may.
    pub fn start(&self, order: Order) -> Result<CopyJob, CopyError> {
        let (limits, totals) = (self.settings.limits.clone(), self.totals.clone());
        self.jobs.start(|course| async move { run(order, course, &limits, &totals).await })
    }

    /// What a job is doing, or how it ended.
    ///
    /// # Errors
    /// [`CopyError::NoSuchJob`].
    pub fn job(&self, id: &str) -> Result<CopyJob, CopyError> {
        self.jobs.find(id).map(|job| job.describe())
    }

    /// Calls a job off, and returns when it has ended: cancelled, or done or failed where it was so already or its last
    /// bytes were on their way.
    ///
    /// # Errors
    /// [`CopyError::NoSuchJob`].
    pub async fn cancel(&self, id: &str) -> Result<CopyJob, CopyError> {
        let job = self.jobs.find(id)?;
        job.cancel().await;
        Ok(job.describe())
    }

    /// What callers may take.
    pub(crate) fn limits(&self) -> &Limits {
        &self.settings.limits
    }

    /// What runs, and what was done.
    pub fn counts(&self) -> Counts {
        let (jobs_running, jobs_remembered) = self.jobs.count();
        let copies_running = self.totals.running.load(Ordering::Relaxed);
        Counts { copies_running, jobs_running, jobs_remembered, ..self.totals.read() }
    }

    /// Cancels all jobs and returns when they have ended, for a process that ends in order.
    pub async fn close(&self) {
        self.jobs.close().await;
    }
}

/// One copy, within its time, counted and logged.
async fn run(order: Order, course: Arc<Course>, limits: &Limits, totals: &Totals) -> Result<Copied, CopyError> {
    let (bucket, key) = order.described();
    let (bucket, key) = (bucket.to_owned(), key.to_owned());
    let unfinished = Unfinished(Some(totals));
    let late = |_| CopyError::late(limits.copy_time, course.has_departed());
    let copy = transfer(order, course.clone(), limits);
    let outcome = tokio::time::timeout(limits.copy_time, copy).await.map_err(late).flatten();
    unfinished.ended();
    match &outcome {
        Ok(copied) => {
            totals.done(copied.bytes);
            tracing::info!(bucket, key, bytes = copied.bytes, "an object was copied");
        }
        Err(error) => {
            totals.failed();
            // As a quoted text: some of it is the instance's own.
            let reason = error.reason();
            tracing::warn!(bucket, key, code = error.code(), reason, "a copy failed");
        }
    }
    outcome
}

/// A copy whose caller waits.
struct Running<'a>(&'a Totals);

impl<'a> Running<'a> {
    fn new(totals: &'a Totals) -> Self {
        totals.running.fetch_add(1, Ordering::Relaxed);
        Running(totals)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A copy that was dropped before it ended counts as cancelled.
struct Unfinished<'a>(Option<&'a Totals>);

impl Unfinished<'_> {
    fn ended(mut self) {
        self.0 = None;
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if let Some(totals) = self.0 {
            totals.cancelled();
        }
    }
}
