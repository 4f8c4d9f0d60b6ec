//! `s3-app`: copies objects out of S3 into instances, as a daemon.
//!
//! It reads settings and files and puts the parts together; what a copy is, is decided in `s3_app_core`.

mod config;
mod daemon;
mod limits;
mod metrics;
mod trust;

use std::process::ExitCode;

use crate::config::Config;

#[tokio::main]
async fn main() -> ExitCode {
    let config = match Config::read(std::env::args_os(), |name| std::env::var_os(name)) {
        Ok(config) => config,
        Err(stop) => return stop.tell("s3-app"),
    };
    match daemon::serve(config).await {
        Ok(drained) => drained.exit_code(),
        Err(error) => veracruz_serve::failed("s3-app", error.as_ref()),
    }
}
