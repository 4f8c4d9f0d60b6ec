//! Log lines on standard error, as text for people or JSON for collectors.
//!
//! Standard output is left to what a daemon says to the program that started it.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

/// What is logged when the operator says nothing.
pub const DEFAULT_FILTER: &str = "info";

/// What to log and how.
#[derive(Debug)]
pub struct Logging {
    filter: EnvFilter,
    json: bool,
}

impl Logging {
    /// `filter` is a level (`error`, `warn`, `info`, `debug`, `trace`) or a list of `target=level`, as
    /// tracing-subscriber's `EnvFilter` reads it.
    pub fn new(filter: &str, json: bool) -> Result<Self, ParseError> {
        let filter = EnvFilter::builder().parse(filter)?;
        Ok(Logging { filter, json })
    }
}

/// Starts logging for the whole process; once, from `main`.
pub fn start(logging: Logging) -> Result<(), TryInitError> {
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(logging.filter);
    if logging.json {
        registry.with(lines.json().flatten_event(true)).try_init()
    } else {
        registry.with(lines.with_ansi(false)).try_init()
    }
}
