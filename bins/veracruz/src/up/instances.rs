//! Instances inside this process: the driver of `up`. They end with the process, and nothing isolates them.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use vaas_core::{Driver, DriverError, Ended, Ending, InstanceKey, Order, Recovered, Started};
use veracruz_attestation::attester::{BootMeasurements, SimulatedNsm, SimulatedRoot};
use veracruz_policy::Platform;
use veracruz_runtime::{CertificateSource, Runtime};

/// Runs instances in this process.
pub(super) struct LocalDriver {
    root: Arc<SimulatedRoot>,
    program: BootMeasurements,
    certificates: Arc<dyn CertificateSource>,
    running: Mutex<HashMap<InstanceKey, Running>>,
}

struct Running {
    stop: CancellationToken,
    gone: watch::Receiver<Option<Ending>>,
}

impl LocalDriver {
    /// Instances whose simulated modules are under `root`, measure `program`, and that get their certificates there.
    pub(super) fn new(
        root: Arc<SimulatedRoot>,
        program: BootMeasurements,
        certificates: Arc<dyn CertificateSource>,
    ) -> Self {
        LocalDriver { root, program, certificates, running: Mutex::default() }
    }

    /// Ends all of them.
    pub(super) async fn close(&self) {
        let keys: Vec<_> = self.running.lock().keys().copied().collect();
        futures_util::future::join_all(keys.iter().map(|key| self.end(key))).await;
    }

    async fn begin(&self, order: Order) -> Result<Started, DriverError> {
        let url = order.policy.veracruz_server_url.as_str();
        let listener = TcpListener::bind(url).await.map_err(|error| not_bound(url, error))?;
        let module = SimulatedNsm::under_root(self.root.clone(), self.program.clone(), OffsetDateTime::now_utc)
            .map_err(|error| DriverError::failed("making a simulated module", error))?;
        let runtime = Runtime::builder(order.policy.clone())
            .certificates_from(self.certificates.clone())
            .start(Arc::new(module), Platform::Simulated)
            .await
            .map_err(|error| DriverError::Died { reason: error.to_string() })?;

        let stop = CancellationToken::new();
        let (tell, gone) = watch::channel(None);
        let stopped = stop.clone().cancelled_owned();
        let serving = tokio::spawn(runtime.serve(listener, stopped));
        tokio::spawn(async move {
            let ending = match serving.await {
                Ok(_) => Ending::Finished,
                Err(_) => Ending::Failed("it panicked; the log says where".to_owned()),
            };
            tell.send_replace(Some(ending));
        });
        self.running.lock().insert(order.key, Running { stop, gone: gone.clone() });
        Ok(Started { order, ended: ended(gone).boxed() })
    }

    async fn end(&self, key: &InstanceKey) {
        let Some(Running { stop, gone }) = self.running.lock().remove(key) else {
            return;
        };
        stop.cancel();
        ended(gone).await;
    }
}

impl Driver for LocalDriver {
    fn recover(&self) -> BoxFuture<'_, Result<Recovered, DriverError>> {
        // Nothing outlives the process.
        async { Ok(Recovered::default()) }.boxed()
    }

    fn start(&self, order: Order) -> BoxFuture<'_, Result<Started, DriverError>> {
        self.begin(order).boxed()
    }

    fn stop(&self, key: &InstanceKey) -> BoxFuture<'_, Result<(), DriverError>> {
        let key = *key;
        async move {
            self.end(&key).await;
            Ok(())
        }
        .boxed()
    }

    fn remember(&self, _: Ended) -> BoxFuture<'_, Result<(), DriverError>> {
        // No later life of this service would ask for it.
        async { Ok(()) }.boxed()
    }
}

async fn ended(mut gone: watch::Receiver<Option<Ending>>) -> Ending {
    match gone.wait_for(Option::is_some).await {
        Ok(ending) => ending.clone().unwrap_or(Ending::Finished),
        Err(_) => Ending::Failed("this process is ending".to_owned()),
    }
}

fn not_bound(url: &str, error: io::Error) -> DriverError {
    match error.kind() {
        io::ErrorKind::AddrInUse => DriverError::SlotTaken,
        _ => DriverError::failed(format!("listening on {url} (choose another --host)"), error),
    }
}
