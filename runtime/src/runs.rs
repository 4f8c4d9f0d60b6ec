//! Who runs what: the runs of an instance that are not over, their places, and how they are cancelled.
//!
//! A run ends by itself, by its participant's cancel, or with the instance. Nobody sees or cancels another's.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use veracruz_policy::Principal;
use veracruz_protocol::{Failure, RunInfo, RunNumber};

use crate::engine::Interrupt;

/// The runs of one instance.
#[derive(Clone)]
pub(crate) struct Runs(Arc<Shared>);

struct Shared {
    places: Arc<Semaphore>,
    /// Runs in places and waiting together.
    most: usize,
    table: Mutex<Table>,
    /// How many there are, for whoever waits for none.
    count: watch::Sender<usize>,
}

#[derive(Default)]
struct Table {
    /// By the order of their admission.
    active: BTreeMap<u64, Active>,
    next: u64,
    closed: bool,
}

struct Active {
    who: Principal,
    number: Option<RunNumber>,
    program: String,
    began: Duration,
    interrupt: Interrupt,
    cancelled: watch::Sender<bool>,
}

/// An admitted run; it is over when this is dropped.
pub(crate) struct Ticket {
    runs: Runs,
    id: u64,
    interrupt: Interrupt,
    cancelled: watch::Receiver<bool>,
    /// Its place, if one was free: runs that were admitted earlier come first.
    place: Option<OwnedSemaphorePermit>,
}

impl Runs {
    /// At most `places` at once, and `waiting` more that wait.
    pub(crate) fn new(places: usize, waiting: usize) -> Self {
        Runs(Arc::new(Shared {
            places: Arc::new(Semaphore::new(places)),
            most: places.saturating_add(waiting),
            table: Mutex::default(),
            count: watch::channel(0).0,
        }))
    }

    /// Admits a run that begins `now`, on the instance's clock.
    pub(crate) fn admit(
        &self,
        who: &Principal,
        number: Option<RunNumber>,
        program: String,
        now: Duration,
    ) -> Result<Ticket, Failure> {
        let mut table = self.0.table.lock();
        if table.closed {
            return Err(Failure::new("instance-ending", "the instance is ending; nothing is run any more"));
        }
        if table.active.len() >= self.0.most {
            let detail = format!("{} runs are going on or waiting, which is the most; try again later", self.0.most);
            return Err(Failure::new("runs-full", detail));
        }
        if number.is_some() && table.active.values().any(|run| run.number == number && run.who == *who) {
            let detail = "you have a run of that number that is not over; choose another number";
            return Err(Failure::new("run-number-taken", detail));
        }
        let interrupt = Interrupt::new();
        let (cancel, cancelled) = watch::channel(false);
        let id = table.next;
        table.next += 1;
        let (who, interrupted) = (who.clone(), interrupt.clone());
        let run = Active { who, number, program, began: now, interrupt: interrupted, cancelled: cancel };
        table.active.insert(id, run);
        self.0.count.send_replace(table.active.len());
        let place = Arc::clone(&self.0.places).try_acquire_owned().ok();
        Ok(Ticket { runs: self.clone(), id, interrupt, cancelled, place })
    }

    /// Cancels `who`'s run of that number. Whether there is one.
    pub(crate) fn cancel(&self, who: &Principal, number: RunNumber) -> bool {
        let table = self.0.table.lock();
        let run = table.active.values().find(|run| run.number == Some(number) && run.who == *who);
        run.map(Active::cancel).is_some()
    }

    /// The runs of `who`, oldest first.
    pub(crate) fn of(&self, who: &Principal, now: Duration) -> Vec<RunInfo> {
        let table = self.0.table.lock();
        let own = table.active.values().filter(|run| run.who == *who);
        own.map(|run| run.info(now)).collect()
    }

    /// Waits until there are exactly so many.
    #[cfg(feature = "fuzzing")]
    pub(crate) async fn until(&self, number: usize) {
        let _ = self.0.count.subscribe().wait_for(|count| *count == number).await;
    }

    /// Admits none any more, cancels all, and waits until they are over.
    pub(crate) async fn close(&self) {
        {
            let mut table = self.0.table.lock();
            table.closed = true;
            table.active.values().for_each(Active::cancel);
        }
        // The sender is here, so waiting cannot fail.
        let _ = self.0.count.subscribe().wait_for(|count| *count == 0).await;
    }
}

impl Active {
    fn cancel(&self) {
        self.interrupt.cancel();
        self.cancelled.send_replace(true);
    }

    fn info(&self, now: Duration) -> RunInfo {
        let elapsed = now.saturating_sub(self.began);
        let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        RunInfo { run: self.number, program: self.program.clone(), elapsed_ms }
    }
}

impl Ticket {
    /// Waits for a place.
    pub(crate) async fn place(&mut self) -> Result<OwnedSemaphorePermit, Failure> {
        if let Some(place) = self.place.take() {
            return Ok(place);
        }
        let mut cancelled = self.cancelled.clone();
        let gone = || Failure::new("run-cancelled", "the run was cancelled before it began");
        tokio::select! {
            biased;
            _ = cancelled.wait_for(|cancelled| *cancelled) => Err(gone()),
            place = Arc::clone(&self.runs.0.places).acquire_owned() => place.map_err(|_| gone()),
        }
    }

    /// What ends the run from outside. Shared by the programs of a pipeline.
    pub(crate) fn interrupt(&self) -> Interrupt {
        self.interrupt.clone()
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut table = self.runs.0.table.lock();
        table.active.remove(&self.id);
        self.runs.0.count.send_replace(table.active.len());
    }
}
