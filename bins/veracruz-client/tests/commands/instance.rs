//! A simulated instance of the real runtime, in this process, for the command to talk to.

use std::net::TcpListener as StdListener;
use std::sync::Arc;

use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::runtime::Runtime as Tokio;
use tokio::task::JoinHandle;
use veracruz_attestation::attester::{BootMeasurements, SimulatedNsm, SimulatedRoot};
use veracruz_policy::{Platform, PolicyBuilder};
use veracruz_runtime::{Ended, Runtime};

use crate::shell::{Folder, RUNTIME};

/// A folder, and an instance of its policy. It ends with the value.
pub(crate) struct Instance {
    pub(crate) folder: Folder,
    tokio: Tokio,
    serving: JoinHandle<Ended>,
}

impl Instance {
    pub(crate) fn start() -> Self {
        Instance::of(RUNTIME, |policy| policy)
    }

    pub(crate) fn of(runtime: &[u8], change: impl FnOnce(PolicyBuilder) -> PolicyBuilder) -> Self {
        let listener = StdListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let folder = Folder::with(&listener.local_addr().unwrap().to_string(), change);
        let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let policy = folder.policy();
        let root = Arc::new(SimulatedRoot::generate(OffsetDateTime::now_utc()).unwrap());
        folder.write("root.pem", root.pem());
        let nsm =
            SimulatedNsm::under_root(root, BootMeasurements::of_program(runtime), OffsetDateTime::now_utc).unwrap();
        let starting = Runtime::builder(policy).start(Arc::new(nsm), Platform::Simulated);
        let runtime = tokio.block_on(starting).unwrap();
        let inside = tokio.enter();
        let listener = TcpListener::from_std(listener).unwrap();
        let serving = tokio.spawn(runtime.serve(listener, std::future::pending()));
        drop(inside);
        Instance { folder, tokio, serving }
    }

    /// Waits until a participant has shut the instance down.
    pub(crate) fn ended(self) -> (Folder, Ended) {
        let ended = self.tokio.block_on(self.serving).unwrap();
        (self.folder, ended)
    }

    pub(crate) fn is_running(&self) -> bool {
        !self.serving.is_finished()
    }
}
