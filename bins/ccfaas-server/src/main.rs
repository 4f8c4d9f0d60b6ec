//! `ccfaas-server`: the function service as a daemon.
//!
//! It reads settings and files and puts the parts together; what a function is, and how an instance of it is made, is
//! decided in `ccfaas_core`.

mod config;
mod daemon;
mod loader;
mod metrics;
mod vaas;

use std::process::ExitCode;

use crate::config::Config;

#[tokio::main]
async fn main() -> ExitCode {
    let config = match Config::read(std::env::args_os(), |name| std::env::var_os(name)) {
        Ok(config) => config,
        Err(stop) => return stop.tell("ccfaas-server"),
    };
    match daemon::serve(config).await {
        Ok(drained) => drained.exit_code(),
        Err(error) => veracruz_serve::failed("ccfaas-server", error.as_ref()),
    }
}
