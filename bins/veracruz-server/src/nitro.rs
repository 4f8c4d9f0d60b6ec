//! The host side of an enclave: starts it, tells it the policy, fetches its certificates, and passes bytes on.
//!
//! The host is outside of what clients trust. It sees encrypted sessions, evidence and certificates, all of which are
//! public, and must never be given anything else.

mod cli;
mod control;
mod forward;

use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::net::TcpListener;
use tokio_vsock::{VsockAddr, VsockStream};
use veracruz_policy::FullPolicy;
use veracruz_runtime::control::{CONTROL_PORT, SESSION_PORT};
use veracruz_serve::Shutdown;

use crate::attestation_server::AttestationServer;
use crate::config::NitroConfig;
use crate::nitro::cli::NitroCli;

/// Time for an enclave to boot and listen: a large image takes some ten seconds.
const BOOT_BOUND: Duration = Duration::from_secs(60);

/// Pause between attempts to reach an enclave that boots.
const BOOT_PAUSE: Duration = Duration::from_millis(200);

/// MiB that the runtime and its system need beside the policy's memory.
const RUNTIME_MIB: u32 = 1024;

/// Starts the enclave, serves until it ends, and terminates it in every case.
pub(crate) async fn serve(
    config: &NitroConfig,
    policy: &FullPolicy,
    server: Option<AttestationServer>,
    listener: TcpListener,
    shutdown: Shutdown,
    announce: impl FnOnce(),
) -> anyhow::Result<()> {
    let cli = NitroCli::new(&config.nitro_cli);
    let memory = config.memory_mib.unwrap_or(policy.max_memory_mib.saturating_add(RUNTIME_MIB));
    let enclave = cli.run(&config.image, config.cpus, memory, policy.debug).await?;
    let served = async {
        let control = reach(VsockAddr::new(enclave.cid, CONTROL_PORT)).await?;
        let sessions = move || VsockStream::connect(VsockAddr::new(enclave.cid, SESSION_PORT));
        let forwarding = || tokio::spawn(forward::forward(listener, sessions));
        control::drive(control, policy, server, shutdown, || {
            let forwarding = forwarding();
            announce();
            forwarding
        })
        .await
    };
    let served = served.await;
    let terminated = cli.terminate(&enclave).await;
    served.and(terminated)
}

/// Connects as soon as the enclave listens.
async fn reach(address: VsockAddr) -> anyhow::Result<VsockStream> {
    let attempts = async {
        loop {
            match VsockStream::connect(address).await {
                Ok(stream) => return stream,
                Err(error) => tracing::debug!(%error, "the enclave does not listen yet"),
            }
            tokio::time::sleep(BOOT_PAUSE).await;
        }
    };
    match tokio::time::timeout(BOOT_BOUND, attempts).await {
        Ok(stream) => Ok(stream),
        Err(_) => bail!(
            "the enclave does not answer on vsock port {CONTROL_PORT} after {} s; see `nitro-cli console` of an image in \
             debug mode, and check that runtime-nitro is what the image starts",
            BOOT_BOUND.as_secs()
        ),
    }
}

/// Work that blocks, on a thread that may.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> anyhow::Result<T> + Send + 'static) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(work).await.context("a thread failed")?
}
