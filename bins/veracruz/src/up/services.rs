//! The services, each with its socket, put together as an operator would.

use std::fs::File;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use ccfaas_core::adapters::{SessionProvisioner, VaasService};
use ccfaas_core::{Blobs, Ccfaas, DEFAULT_INSTANCE_ID, Ports, SqliteStore, SystemClock};
use prometheus_client::registry::Registry;
use s3_app_core::{Keys, Machine, Region, S3App, StorageEndpoint, StorageSettings};
use serde_json::json;
use vaas_core::{HostName, PortRange, Vaas};
use veracruz_attestation::measure::{ProgramMeasurement, measure_program};
use veracruz_client::Trust;
use veracruz_client::rest::{Secret, Service, VaasClient};
use veracruz_policy::{Endpoint, Name};
use veracruz_serve::{Bound, Drained, Parts, Readiness, Shutdown};

use super::Frames;
use super::attestation::Attestation;
use super::instances::LocalDriver;
use super::state::State;
use crate::s3_server;

/// This program's own file, whatever name it was started by: it is what instances are measured as.
const OWN_PROGRAM: &str = "/proc/self/exe";

/// What the user wants of them.
pub(super) struct Wanted {
    /// The folder of everything that is kept.
    pub(super) state: PathBuf,
    /// By which name clients reach instances.
    pub(super) host: HostName,
    /// The ports that instances may have.
    pub(super) ports: PortRange,
    /// Buckets of the S3 server, if there is one.
    pub(super) buckets: Vec<String>,
    /// Whether callers of the S3 app may read what this machine's user can read in AWS.
    pub(super) machine_credentials: bool,
}

/// All services, listening; nobody is answered before [`Services::serve`].
pub(super) struct Services {
    doors: Vec<Door>,
    driver: Arc<LocalDriver>,
    vaas: Arc<Vaas>,
    ccfaas: Arc<Ccfaas>,
    s3_app: Arc<S3App>,
    state: State,
}

/// One service's socket and what is behind it.
struct Door {
    name: &'static str,
    bound: Bound,
    router: Router,
}

impl Services {
    /// Opens the sockets and the state, and makes the services.
    pub(super) async fn open(frames: Frames, wanted: Wanted) -> anyhow::Result<Self> {
        let state = State::open(&wanted.state)?;
        let program = File::open(OWN_PROGRAM).and_then(measure_program).context("cannot measure this program")?;
        let root = Arc::new(state.simulated_root()?);
        let attestation = Attestation::open(state.path(), &root, &program)?;
        let mut doors = Vec::new();

        let bound = frames.attestation.bind().await.context("the attestation server")?;
        let attestation_address = Endpoint::parse(&bound.address().to_string())?;
        // Whoever knows a session's name can spend its nonce, and a job's, cancel it: paths stay out of the log.
        doors.push(Door { name: "attestation", bound: bound.with_secret_paths(), router: attestation.router() });

        let driver = Arc::new(LocalDriver::new(root.clone(), program.into(), attestation.source()));
        let vaas =
            vaas(driver.clone(), &attestation, attestation_address, &program, (wanted.host, wanted.ports)).await?;
        let bound = frames.vaas.bind().await.context("the instance service")?;
        let vaas_url = format!("http://{}", bound.address());
        doors.push(Door { name: "vaas", bound, router: vaas_core::http::router(vaas.clone()) });

        let trust = Trust::default().allow_simulated().simulated_root(root.root_der())?;
        let ccfaas = ccfaas(&state, &vaas_url, trust.clone()).await?;
        let bound = frames.ccfaas.bind().await.context("the function service")?;
        doors.push(Door { name: "ccfaas", bound, router: ccfaas_core::http::router(ccfaas.clone()) });

        // Whoever is on this machine may call the S3 app: what the developer can read in AWS is not lent unasked.
        let machine = if wanted.machine_credentials { Machine::Chain } else { Machine::None };
        let mut storage = StorageSettings { machine, ..StorageSettings::default() };
        if let Some(frame) = frames.s3 {
            let bound = frame.bind().await.context("the S3 server")?;
            let credentials = state.s3_credentials()?;
            let router = s3_server::router(&state.file("objects"), &wanted.buckets, &credentials)?;
            storage.endpoint = Some(StorageEndpoint::parse(&format!("http://{}", bound.address()))?);
            storage.region = Some(Region::parse("us-east-1")?);
            storage.path_style = true;
            let secret = Secret::new(credentials.secret.as_str());
            storage.machine = Machine::Keys(Keys::new(&credentials.id, &secret, None)?);
            doors.push(Door { name: "s3", bound, router });
        }
        let s3_app = S3App::open(s3_app_core::Settings { storage, trust, ..Default::default() }).await;
        let bound = frames.s3_app.bind().await.context("the S3 app")?;
        let router = s3_app_core::http::router(s3_app.clone());
        doors.push(Door { name: "s3_app", bound: bound.with_secret_paths(), router });
        Ok(Services { doors, driver, vaas, ccfaas, s3_app, state })
    }

    /// Says on standard output where everything is.
    pub(super) fn announce(&self, as_json: bool) {
        let url = |address: SocketAddr| format!("http://{address}");
        let mut out = std::io::stdout().lock();
        let text = if as_json {
            let urls = self.doors.iter().map(|door| (door.name.to_owned(), url(door.bound.address()).into()));
            let urls: serde_json::Map<_, _> = urls.collect();
            format!("{}\n", json!({"state": self.state.path(), "platform": "simulated", "services": urls}))
        } else {
            let lines = self.doors.iter().map(|door| format!("{:<12} {}\n", door.name, url(door.bound.address())));
            let lines: String = lines.collect();
            format!(
                "{lines}{:<12} {}\nINSECURE: instances are simulated; nothing protects them from this machine's owner\n",
                "state",
                self.state.path().display()
            )
        };
        // Nobody may be reading.
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// Serves until `shutdown` asks to stop, then ends everything.
    pub(super) async fn serve(self, shutdown: Shutdown) -> ExitCode {
        let watching = tokio::spawn(self.ccfaas.clone().watch());
        let serving = self.doors.into_iter().map(|Door { bound, router, .. }| {
            let readiness = Readiness::default();
            readiness.ready();
            let parts = Parts { readiness, registry: Registry::default(), shutdown: shutdown.clone() };
            tokio::spawn(bound.unannounced().serve(router, parts))
        });
        let drained = futures_util::future::join_all(serving.collect::<Vec<_>>()).await;
        watching.abort();
        self.ccfaas.close().await;
        self.s3_app.close().await;
        self.vaas.close().await;
        self.driver.close().await;
        let clean = drained.iter().all(|drained| matches!(drained, Ok(Drained::Clean)));
        if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

async fn vaas(
    driver: Arc<LocalDriver>,
    attestation: &Attestation,
    attestation_address: Endpoint,
    program: &ProgramMeasurement,
    (host, ports): (HostName, PortRange),
) -> anyhow::Result<Arc<Vaas>> {
    let mut settings = vaas_core::Settings::new(host, attestation_address, attestation.authorities()?);
    settings.ports = ports;
    settings.runtime_hash_linux = Some(program.sha256);
    Ok(Vaas::open(driver, settings).await?)
}

async fn ccfaas(state: &State, vaas_url: &str, trust: Trust) -> anyhow::Result<Arc<Ccfaas>> {
    let loader = state.loader()?;
    let settings = ccfaas_core::Settings::new(Name::parse(DEFAULT_INSTANCE_ID)?, loader.certificate().clone());
    let ports = Ports {
        store: Arc::new(SqliteStore::open(&state.file("ccfaas.sqlite"))?),
        blobs: Blobs::in_folder(&state.file("contents"))?,
        instances: Arc::new(VaasService::new(VaasClient::new(Service::at(vaas_url)?.timeout(settings.times.create)))),
        provisioner: Arc::new(SessionProvisioner::new(loader, trust)),
        clock: Arc::new(SystemClock),
    };
    Ok(Ccfaas::open(ports, settings).await?)
}
