//! The settings: flags over environment over a TOML file, parsed into one typed value.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Parser;
use veracruz_serve::config::{Layered, Stop, layer};
use veracruz_serve::logging::{DEFAULT_FILTER, Logging};
use veracruz_serve::{Exposure, ExposureError};

/// Where the server listens unless told otherwise: Veracruz's port, on loopback.
const DEFAULT_ADDRESS: &str = "127.0.0.1:3010";
/// Where the authority that the server makes for itself is kept unless told otherwise.
const DEFAULT_STATE_DIR: &str = "proxy-attestation-server-state";
/// What the variables' names begin with.
const PREFIX: &str = "VERACRUZ_PROXY";

/// Verifies attestation evidence and issues short-lived certificates for instances.
///
/// An instance asks for a nonce, sends evidence bound to it, to its key and to its policy, and gets a certificate that
/// lives for at most an hour. Evidence of AWS Nitro Enclaves is verified up to AWS's root; simulated evidence is refused
/// unless its root is allowed by name. Only code whose measurement is in the --measurements file gets a certificate.
#[derive(Debug, Parser)]
#[command(name = "proxy-attestation-server", version, after_long_help = AFTER_HELP)]
struct Flags {
    /// HOST:PORT to listen on; other machines can reach a non-loopback address, see --insecure-no-auth [default: 127.0.0.1:3010]
    #[arg(value_name = "HOST:PORT")]
    address: Option<String>,

    /// A TOML file with the same settings, such as `state-dir = "/var/lib/proxy"`; flags and variables win over it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// The authority's certificate (PEM) to issue under; goes with --ca-key
    #[arg(long, value_name = "FILE")]
    ca_cert: Option<PathBuf>,

    /// The authority's private key (PEM, P-256 or P-384); goes with --ca-cert
    #[arg(long, value_name = "FILE")]
    ca_key: Option<PathBuf>,

    /// Folder for the authority that is made at the first start when no --ca-cert is given [default: proxy-attestation-server-state]
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,

    /// JSON file of the measurements that get certificates; read again on SIGHUP
    #[arg(long, value_name = "FILE")]
    measurements: Option<PathBuf>,

    /// INSECURE: also issue for simulated evidence under this root certificate (DER or PEM), which protects nobody
    #[arg(long, value_name = "FILE")]
    allow_simulated_root: Option<PathBuf>,

    /// INSECURE: serve plain HTTP without authentication on an address that other machines can reach
    #[arg(long)]
    insecure_no_auth: bool,

    /// Write log lines as JSON
    #[arg(long)]
    json_log: bool,

    /// What to log: error, warn, info, debug, trace, or a list of TARGET=LEVEL [default: info]
    #[arg(long, value_name = "FILTER")]
    log: Option<String>,

    /// Log everything down to debug; short for --log debug
    #[arg(long)]
    debug: bool,
}

const AFTER_HELP: &str = "\
The measurements file is a JSON array; of an entry, every register that is given must match:

  [{\"name\": \"runtime 0.1\", \"platform\": \"nitro\", \"pcrs\": {\"0\": \"<96 hex digits>\"}}]

The address that the server listens on is printed on standard output as one line once it can be reached; logs go to \
standard error. Probes: /livez, /readyz (503 while there is no measurement), /metrics. The certificate that clients pin \
is at /proxy/v1/ca.

Signals: SIGTERM and SIGINT finish what runs, a second one ends at once; SIGHUP reads the measurements again, and keeps \
the old ones if the file is bad.

Exit codes: 0 stopped and all requests finished, 1 failed while running, 2 wrong use.";

/// The settings, checked as far as they can be without reading the files that they name.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) exposure: Exposure,
    pub(crate) authority: AuthoritySource,
    pub(crate) measurements: Option<PathBuf>,
    pub(crate) simulated_root: Option<PathBuf>,
    pub(crate) logging: Logging,
}

/// Where the authority comes from.
#[derive(Debug)]
pub(crate) enum AuthoritySource {
    /// The operator's files.
    Files { certificate: PathBuf, key: PathBuf },
    /// Made at the first start in this folder.
    StateDir(PathBuf),
}

impl Config {
    /// Reads all layers and reports all problems at once.
    pub(crate) fn read(
        argv: impl IntoIterator<Item = OsString>,
        environment: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, Stop> {
        let Layered { flags, mut problems } = layer::<Flags>(PREFIX, argv, environment).map_err(Stop::CommandLine)?;
        let exposure = problems.take("address", exposure(&flags));
        let given = if flags.ca_cert.is_some() { "ca-cert" } else { "ca-key" };
        let authority = problems.take(given, authority(flags.ca_cert, flags.ca_key, flags.state_dir));
        let filter = if flags.debug { Some("debug") } else { flags.log.as_deref() };
        let logging = problems.take("log", Logging::new(filter.unwrap_or(DEFAULT_FILTER), flags.json_log));
        let build = || {
            Some(Config {
                exposure: exposure?,
                authority: authority?,
                measurements: flags.measurements,
                simulated_root: flags.allow_simulated_root,
                logging: logging?,
            })
        };
        problems.finish(build).map_err(Stop::Problems)
    }
}

fn exposure(flags: &Flags) -> Result<Exposure, ExposureError> {
    Exposure::plain(flags.address.as_deref().unwrap_or(DEFAULT_ADDRESS), flags.insecure_no_auth)
}

fn authority(
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    state_dir: Option<PathBuf>,
) -> Result<AuthoritySource, &'static str> {
    match (certificate, key) {
        (Some(certificate), Some(key)) => Ok(AuthoritySource::Files { certificate, key }),
        (None, None) => Ok(AuthoritySource::StateDir(state_dir.unwrap_or_else(|| DEFAULT_STATE_DIR.into()))),
        _ => Err("--ca-cert and --ca-key are the two files of one authority; give both or none"),
    }
}
