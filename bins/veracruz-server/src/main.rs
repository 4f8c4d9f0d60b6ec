//! `veracruz-server`: hosts one instance under one policy until a participant shuts it down.
//!
//! It reads settings and files and puts the parts together; what an instance is and who may do what is decided in
//! `veracruz_runtime` and by the policy.

mod attestation_server;
mod config;
mod host;
mod nitro;
mod simulated;

use std::process::ExitCode;

use crate::config::Config;

#[tokio::main]
async fn main() -> ExitCode {
    let config = match Config::read(std::env::args_os(), |name| std::env::var_os(name)) {
        Ok(config) => config,
        Err(stop) => return stop.tell("veracruz-server"),
    };
    match host::serve(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => veracruz_serve::failed("veracruz-server", error.as_ref()),
    }
}
