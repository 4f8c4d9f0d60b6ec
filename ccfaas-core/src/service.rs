//! The service: its parts, its start and its end. What it does is in the rooms beside: functions, loading, instances.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use crate::counts::{Counters, Counts};
use crate::error::Error;
use crate::instances::{Flights, Sight};
use crate::outlook::Outlook;
use crate::ports::Ports;
use crate::settings::Settings;

/// The function service.
pub struct Ccfaas {
    pub(crate) ports: Ports,
    pub(crate) settings: Settings,
    pub(crate) counters: Counters,
    /// Creations under way.
    pub(crate) flights: Arc<Flights>,
    /// What the last looks at VaaS showed.
    pub(crate) sight: Sight,
    /// Whether it can do its work.
    pub(crate) outlook: watch::Sender<Outlook>,
    /// Something may be left over at VaaS: look soon.
    pub(crate) look_soon: Notify,
    /// Work that goes to its end whoever waits for it.
    tasks: TaskTracker,
    pub(crate) closing: CancellationToken,
}

impl Ccfaas {
    /// Opens the service: sweeps contents that belong to no file. What an earlier life left half-done at VaaS is taken
    /// back by [`watch`](Self::watch), which the embedder runs.
    ///
    /// # Errors
    /// The store or the folder of contents failed.
    pub async fn open(ports: Ports, settings: Settings) -> Result<Arc<Self>, Error> {
        let known: HashSet<_> = ports.store.blobs().await?.into_iter().collect();
        let blobs = ports.blobs.clone();
        let swept = tokio::task::spawn_blocking(move || blobs.sweep(&known)).await;
        let swept = swept.map_err(|error| Error::Broken(error.to_string()))??;
        if swept > 0 {
            tracing::info!(contents = swept, "removed what uploads of an earlier life had left");
        }
        let service = Arc::new(Ccfaas {
            ports,
            settings,
            counters: Counters::default(),
            flights: Arc::default(),
            sight: Sight::default(),
            outlook: watch::Sender::new(Outlook::Unknown),
            look_soon: Notify::new(),
            tasks: TaskTracker::new(),
            closing: CancellationToken::new(),
        });
        service.recount().await;
        Ok(service)
    }

    /// Whether it can do its work, as [`watch`](Self::watch) and [`look_after`](Self::look_after) find, and changes of that.
    pub fn outlook(&self) -> watch::Receiver<Outlook> {
        self.outlook.subscribe()
    }

    /// For a collector of metrics.
    pub fn counts(&self) -> Counts {
        self.counters.told()
    }

    /// Gives up the creations under way and returns when they are taken back and all other work is done. Requests that
    /// begin from here on are refused where they change something at VaaS.
    pub async fn close(&self) {
        self.closing.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Runs `work` to its end, whether or not this future is dropped.
    pub(crate) async fn finish<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        // Its log lines stay with the request that began it.
        let done = self.tasks.spawn(work.in_current_span()).await;
        done.unwrap_or_else(|error| Err(Error::Broken(error.to_string())))
    }

    /// Brings the counts up to date; they are told at once, where the store cannot be asked.
    pub(crate) async fn recount(&self) {
        match self.ports.store.count().await {
            Ok(rows) => self.counters.rows(rows),
            Err(error) => tracing::warn!(%error, "the counts are out of date"),
        }
    }

    pub(crate) fn now(&self) -> i64 {
        self.ports.clock.now().unix_timestamp()
    }
}
