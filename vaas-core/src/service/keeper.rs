//! The one task that owns an instance: starts it, sees its end, removes it, and frees its port when nothing is left.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::oneshot;
use veracruz_rest::InstanceState;

use super::Vaas;
use crate::driver::{DriverError, Ended, Ending, InstanceKey, Order, Started};
use crate::instance::{Labels, Removal};

/// What owns an instance.
pub(super) struct Keeper {
    vaas: Arc<Vaas>,
    key: InstanceKey,
    labels: Labels,
    removal: Arc<Removal>,
    name: String,
}

/// Why an instance did not start. Nothing is left of it.
#[derive(Debug)]
pub(super) enum StartError {
    Driver(DriverError),
    Timeout,
    /// Somebody asked for its removal, or nobody waits for it any more.
    Removed,
}

impl Keeper {
    pub(super) fn new(vaas: &Arc<Vaas>, key: InstanceKey, labels: Labels, removal: Arc<Removal>) -> Self {
        let name = key.to_string();
        Keeper { vaas: Arc::clone(vaas), key, labels, removal, name }
    }

    /// The whole life of a new instance. A failure is answered when nothing is left.
    pub(super) async fn start(self, order: Order, answer: oneshot::Sender<Result<(), StartError>>) {
        match self.started(order).await {
            Ok(Started { ended, .. }) => {
                tracing::info!(instance = self.name, hash = %self.key.hash, "the instance takes sessions");
                self.advance(InstanceState::Ready);
                if answer.send(Ok(())).is_err() {
                    self.removal.request();
                }
                self.keep(ended).await;
            }
            Err(error) => {
                self.tell(&error);
                self.advance(InstanceState::Deleting);
                // Where something else has the port, nothing was begun.
                self.remove(!matches!(error, StartError::Driver(DriverError::SlotTaken))).await;
                // Who asked may be gone.
                let _unheard = answer.send(Err(error));
            }
        }
    }

    async fn started(&self, order: Order) -> Result<Started, StartError> {
        let bound = self.vaas.settings.start_timeout;
        tokio::select! {
            biased;
            () = self.removal.asked() => Err(StartError::Removed),
            started = tokio::time::timeout(bound, self.vaas.driver.start(order)) => match started {
                Ok(started) => started.map_err(StartError::Driver),
                Err(_) => Err(StartError::Timeout),
            }
        }
    }

    /// The rest of its life, from when it takes sessions.
    pub(super) async fn keep(self, ended: BoxFuture<'static, Ending>) {
        let state = tokio::select! {
            biased;
            () = self.removal.asked() => {
                tracing::info!(instance = self.name, "the instance is deleted");
                InstanceState::Deleting
            }
            () = self.vaas.closing.cancelled() => return,
            ending = ended => self.ended(&ending),
        };
        self.advance(state);
        self.remove(true).await;
    }

    fn ended(&self, ending: &Ending) -> InstanceState {
        match ending {
            Ending::Finished => {
                tracing::info!(instance = self.name, "the instance was shut down by a participant");
                InstanceState::Finished
            }
            Ending::Failed(reason) => {
                tracing::warn!(instance = self.name, reason, "the instance died");
                InstanceState::Failed
            }
        }
    }

    /// Removes what is left, however often it must be tried, and frees the port then. The memory comes first: who deletes
    /// again after a crash between the two is understood.
    async fn remove(&self, memorable: bool) {
        if memorable {
            self.remember().await;
        }
        while let Err(error) = self.vaas.driver.stop(&self.key).await {
            tracing::error!(instance = self.name, %error, "the instance could not be removed; it is tried again");
            let failed = self.removal.failed(error.to_string());
            tokio::select! {
                () = failed => {}
                () = self.vaas.closing.cancelled() => return,
            }
        }
        self.vaas.table.lock().free(self.key.port, self.key.generation, self.vaas.now());
        self.removal.done();
    }

    async fn remember(&self) {
        let Labels { instance_id, hash } = self.labels.clone();
        let ended = Ended { port: self.key.port, hash, instance_id };
        self.vaas.table.lock().remember(ended.clone());
        if let Err(error) = self.vaas.driver.remember(ended).await {
            // The instance ends all the same; only a repeated deletion after a restart is then refused.
            tracing::warn!(instance = self.name, %error, "that the instance existed could not be kept");
        }
    }

    fn advance(&self, state: InstanceState) {
        self.vaas.table.lock().advance(self.key.port, self.key.generation, state);
    }

    fn tell(&self, error: &StartError) {
        let seconds = self.vaas.settings.start_timeout.as_secs();
        match error {
            StartError::Driver(DriverError::SlotTaken) => {}
            StartError::Driver(error) => tracing::error!(instance = self.name, %error, "the instance did not start"),
            StartError::Timeout => tracing::error!(instance = self.name, seconds, "the instance did not start in time"),
            StartError::Removed => tracing::info!(instance = self.name, "nobody waits for the instance any more"),
        }
    }
}
