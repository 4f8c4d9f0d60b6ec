//! `runtime-nitro`: one instance inside an AWS Nitro Enclave. It is what the enclave's image starts.
//!
//! The host reaches it over vsock only. Without an enclave's secure module it does not start.

mod vsock;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Parser;
use veracruz_attestation::attester::DeviceNsm;
use veracruz_policy::Platform;
use veracruz_runtime::control::{CONTROL_PORT, SESSION_PORT};
use veracruz_runtime_nitro::{Agent, KERNEL_RANDOM, seed};
use veracruz_serve::logging::{self, DEFAULT_FILTER, Logging};

use crate::vsock::{Vsock, bind};

/// Serves one instance inside a Nitro enclave; started by the enclave's image.
///
/// `veracruz-server --platform nitro` on the host connects to vsock port 5005, sends the policy, and passes on the
/// clients' connections to port 5006. Log lines go to the console, which only an enclave in debug mode shows.
///
/// Exit codes: 0 a participant or the host ended it, 1 it did not start, 2 wrong use.
#[derive(Parser)]
#[command(name = "runtime-nitro", version)]
struct Flags {
    /// What to log: error, warn, info, debug, trace, or a list of TARGET=LEVEL
    #[arg(long, value_name = "FILTER", default_value = DEFAULT_FILTER)]
    log: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve(Flags::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => veracruz_serve::failed("runtime-nitro", error.as_ref()),
    }
}

async fn serve(flags: Flags) -> anyhow::Result<()> {
    logging::start(Logging::new(&flags.log, false).context("--log")?)?;
    let nsm = DeviceNsm::open().context("this is no Nitro enclave")?;
    tracing::info!("waiting for the kernel's randomness");
    seed(&nsm, Path::new(KERNEL_RANDOM)).with_context(|| format!("no randomness from {KERNEL_RANDOM}"))?;
    let control = bind(CONTROL_PORT).with_context(|| format!("cannot listen on vsock port {CONTROL_PORT}"))?;
    tracing::info!(port = CONTROL_PORT, "waiting for the host");
    let (host, _) = control.accept().await.context("the host did not connect")?;
    // One host, once: a second connection could only be another policy's.
    drop(control);
    let agent = Agent { nsm: Arc::new(nsm), platform: Platform::Nitro };
    let ended = agent.serve(host, || Ok(Vsock(bind(SESSION_PORT)?))).await?;
    tracing::info!(?ended, "the instance has ended");
    Ok(())
}
