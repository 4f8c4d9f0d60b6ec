//! `runtime-nitro`: one instance inside an AWS Nitro Enclave. It is what the enclave's image starts.
//!
//! The host reaches it over vsock only, and everything that the host says is suspect: a wrong policy or a withheld
//! certificate shows in the evidence that clients verify. Without an enclave's device it does not start.

mod agent;
mod vsock;

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Parser;
use veracruz_attestation::attester::DeviceNsm;
use veracruz_policy::Platform;
use veracruz_runtime::control::{CONTROL_PORT, SESSION_PORT};

use crate::agent::Agent;
use crate::vsock::{Vsock, bind};

/// Serves one instance inside a Nitro enclave; started by the enclave's image, without arguments.
///
/// The host's `veracruz-server --platform nitro` connects to vsock port 5005, sends the policy, and passes on the
/// clients' connections to port 5006.
#[derive(Parser)]
#[command(name = "runtime-nitro", version)]
struct Flags {}

#[tokio::main]
async fn main() -> ExitCode {
    let Flags {} = Flags::parse();
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The enclave's console, which only a debug enclave shows.
            let _ = writeln!(std::io::stderr(), "runtime-nitro: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> anyhow::Result<()> {
    let nsm = Arc::new(DeviceNsm::open().context("this is no Nitro enclave")?);
    let control = bind(CONTROL_PORT)?;
    let (host, _) = control.accept().await.context("the host did not connect")?;
    // One host, once: a second connection could only be another policy's.
    drop(control);
    let agent = Agent { nsm, platform: Platform::Nitro };
    agent.serve(host, || Ok(Vsock(bind(SESSION_PORT)?))).await
}
