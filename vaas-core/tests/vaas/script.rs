//! A driver without instances, for failures that no process can be made to have: it starts nothing and does what its
//! script says.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::{Notify, oneshot};
use uuid::Uuid;
use vaas_core::{Driver, DriverError, Ended, Ending, InstanceKey, Order, Recovered, Settings, Started, Vaas};

use parking_lot::Mutex;

/// The driver; a clone is the same.
#[derive(Clone, Default)]
pub(crate) struct Script(Arc<State>);

#[derive(Default)]
struct State {
    running: Mutex<HashMap<Uuid, oneshot::Sender<Ending>>>,
    stops_to_fail: Mutex<u32>,
    held: Mutex<bool>,
    asked: Notify,
    remembered: Mutex<Vec<Ended>>,
}

impl Script {
    pub(crate) async fn open(&self, settings: Settings) -> Arc<Vaas> {
        Vaas::open(Arc::new(self.clone()), settings).await.unwrap()
    }

    /// The next removals fail.
    pub(crate) fn fail_stops(&self, count: u32) {
        *self.0.stops_to_fail.lock() = count;
    }

    /// Starts do not come to an end.
    pub(crate) fn hold_starts(&self) {
        *self.0.held.lock() = true;
    }

    pub(crate) async fn start_was_asked(&self) {
        self.0.asked.notified().await;
    }

    pub(crate) fn running(&self) -> usize {
        self.0.running.lock().len()
    }

    /// All instances end by themselves.
    pub(crate) fn end_all(&self, ending: &Ending) {
        for (_, ended) in std::mem::take(&mut *self.0.running.lock()) {
            let _unheard = ended.send(ending.clone());
        }
    }

    pub(crate) fn remembered(&self) -> Vec<Ended> {
        self.0.remembered.lock().clone()
    }
}

impl Driver for Script {
    fn recover(&self) -> BoxFuture<'_, Result<Recovered, DriverError>> {
        let ended = self.remembered();
        Box::pin(async { Ok(Recovered { instances: Vec::new(), ended }) })
    }

    fn start(&self, order: Order) -> BoxFuture<'_, Result<Started, DriverError>> {
        Box::pin(async {
            self.0.asked.notify_one();
            if *self.0.held.lock() {
                std::future::pending::<()>().await;
            }
            let (end, ended) = oneshot::channel();
            self.0.running.lock().insert(order.key.generation, end);
            Ok(Started { order, ended: Box::pin(async { ended.await.unwrap_or(Ending::Finished) }) })
        })
    }

    fn stop(&self, key: &InstanceKey) -> BoxFuture<'_, Result<(), DriverError>> {
        let generation = key.generation;
        Box::pin(async move {
            let mut left = self.0.stops_to_fail.lock();
            if *left > 0 {
                *left -= 1;
                return Err(DriverError::failed("stopping", "the script says so"));
            }
            self.0.running.lock().remove(&generation);
            Ok(())
        })
    }

    fn remember(&self, ended: Ended) -> BoxFuture<'_, Result<(), DriverError>> {
        self.0.remembered.lock().push(ended);
        Box::pin(async { Ok(()) })
    }
}
