//! `veracruz-client`: the command line that users and scripts of Veracruz know, with verification switched on.
//!
//! It reads arguments and files, asks the client library, and tells what happens; it decides nothing about trust itself.

mod arguments;
mod files;
mod interrupt;
mod report;
mod steps;
mod stop;
mod voice;

use std::io;
use std::process::ExitCode;

use clap::Parser as _;
use tracing_subscriber::EnvFilter;

use arguments::Arguments;
use report::Report;
use voice::Voice;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if std::env::var_os("RUST_LOG").is_some() {
        let filter = EnvFilter::from_default_env();
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();
    }
    let voice = Voice::new(arguments.quiet);
    let mut report = Report::default();
    let outcome = steps::run(&arguments, &voice, &mut report);
    report.finish(outcome, &voice, arguments.json)
}
