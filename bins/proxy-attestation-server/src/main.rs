//! The proxy attestation server: verifies the evidence of instances and issues short-lived certificates for their keys.
//!
//! This binary reads settings and files, and serves `veracruz_attestation::service`; what is accepted is decided there.

mod authority;
mod config;
mod daemon;
mod journal;
mod measurements;
mod trust;

use std::process::ExitCode;

use crate::config::Config;

#[tokio::main]
async fn main() -> ExitCode {
    let config = match Config::read(std::env::args_os(), |name| std::env::var_os(name)) {
        Ok(config) => config,
        Err(stop) => return stop.tell("proxy-attestation-server"),
    };
    match daemon::serve(config).await {
        Ok(drained) => drained.exit_code(),
        Err(error) => veracruz_serve::failed("proxy-attestation-server", error.as_ref()),
    }
}
