//! `vaas-server`: the instance service as a daemon.
//!
//! It reads settings and files and puts the parts together; what an instance is, and who gets which port, is decided in
//! `vaas_core`.

mod config;
mod daemon;
mod hosting;
mod infrastructure;
mod metrics;

use std::process::ExitCode;

use crate::config::Config;

#[tokio::main]
async fn main() -> ExitCode {
    let config = match Config::read(std::env::args_os(), |name| std::env::var_os(name)) {
        Ok(config) => config,
        Err(stop) => return stop.tell("vaas-server"),
    };
    match daemon::serve(config).await {
        Ok(drained) => drained.exit_code(),
        Err(error) => veracruz_serve::failed("vaas-server", error.as_ref()),
    }
}
