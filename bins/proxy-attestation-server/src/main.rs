//! The proxy attestation server: verifies the evidence of instances and issues short-lived certificates for their keys.
//!
//! This binary reads settings and files, and serves `veracruz_attestation::service`; what is accepted is decided there.

mod authority;
mod config;
mod daemon;
mod journal;
mod measurements;
mod trust;

use std::io::Write as _;
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
        Err(error) => {
            // Standard error may be closed; the exit code says it all the same.
            let _ = writeln!(std::io::stderr(), "proxy-attestation-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}
