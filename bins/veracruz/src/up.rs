//! `veracruz up`: every service in this one process, on loopback, to try things out and to develop.
//!
//! The services are the real ones, over real sockets; only the instances are not processes of their own, and nothing
//! isolates them from this machine's owner: they are simulated, and everything says so.

mod attestation;
mod instances;
mod services;
mod state;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use vaas_core::{HostName, PortRange};
use veracruz_serve::logging::{self, Logging};
use veracruz_serve::{Exposure, Frame, Shutdown};

use self::services::{Services, Wanted};
use crate::s3_server;

/// Time for one request: that of the longest there is, a copy of a large object.
pub(crate) fn request_time() -> Duration {
    s3_app_core::Limits::default().request_time()
}

/// Start all services in this process, for trying things out: nothing protects instances from this machine's owner.
#[derive(Args)]
pub(crate) struct Up {
    /// Where the function service listens
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:5010")]
    ccfaas: String,
    /// Where the instance service listens
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:5000")]
    vaas: String,
    /// Where the S3 app listens
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:5020")]
    s3_app: String,
    /// Where the attestation server listens
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:3010")]
    attestation: String,
    /// Also serve S3 from a folder in the state folder, here; the S3 app then uses that and nothing else
    #[arg(long, value_name = "HOST:PORT", num_args = 0..=1, default_missing_value = s3_server::ADDRESS)]
    with_s3: Option<String>,
    /// A bucket to make in it; may be repeated
    #[arg(long = "bucket", value_name = "NAME", requires = "with_s3")]
    buckets: Vec<String>,
    /// Let the S3 app sign requests that bring no credentials with this machine's own; whoever is on this machine can then
    /// read what they open
    #[arg(long, conflicts_with = "with_s3")]
    machine_credentials: bool,
    /// The folder of everything that is kept: functions, files, keys, objects
    #[arg(long, value_name = "DIR", default_value = "veracruz-state")]
    state: PathBuf,
    /// The ports that instances may have
    #[arg(long, value_name = "MIN-MAX", default_value = "3014-3016")]
    ports: PortRange,
    /// By which name clients reach instances; it must be one of this machine
    #[arg(long, value_name = "NAME", default_value = "127.0.0.1")]
    host: String,
    /// INSECURE: let the services listen where other machines can reach them, without TLS and authentication
    #[arg(long)]
    insecure_no_auth: bool,
    /// What to log: error, warn, info, debug, trace, or a list of TARGET=LEVEL
    #[arg(long, value_name = "FILTER", default_value = "warn")]
    log: String,
}

pub(crate) const MORE: &str = "\
When all services can be used, their addresses are printed on standard output, with --json as one object in one line. \
SIGINT or SIGTERM ends everything. Functions and files are found again by the next start; instances end with the process.

  veracruz up --with-s3 --bucket videos &
  source veracruz-state/s3.env
  veracruz function create function.json

Clients have to be told that a simulated instance will do: --allow-simulated, or VERACRUZ_ALLOW_SIMULATED=1.";

/// The sockets of the services, before they are opened.
struct Frames {
    attestation: Frame,
    vaas: Frame,
    ccfaas: Frame,
    s3_app: Frame,
    s3: Option<Frame>,
}

impl Up {
    /// Serves until a signal asks to stop.
    pub(crate) fn run(self, as_json: bool) -> anyhow::Result<ExitCode> {
        logging::start(Logging::new(&self.log, false)?)?;
        let frame = |address: &str| {
            let mut frame = Frame::plain(Exposure::plain(address, self.insecure_no_auth)?);
            // Objects and data files may be large, and creations are awaited: who stalls is cut all the same.
            frame.limits.request_timeout = request_time();
            anyhow::Ok(frame)
        };
        let frames = Frames {
            attestation: frame(&self.attestation)?,
            vaas: frame(&self.vaas)?,
            ccfaas: frame(&self.ccfaas)?,
            s3_app: frame(&self.s3_app)?,
            s3: self.with_s3.as_deref().map(frame).transpose()?,
        };
        tokio::runtime::Runtime::new()?.block_on(self.serve(frames, as_json))
    }

    async fn serve(self, frames: Frames, as_json: bool) -> anyhow::Result<ExitCode> {
        let shutdown = Shutdown::on_signals().context("cannot listen for signals")?;
        let host = HostName::parse(&self.host).with_context(|| format!("--host {}", self.host))?;
        let wanted = Wanted {
            state: self.state,
            host,
            ports: self.ports,
            buckets: self.buckets,
            machine_credentials: self.machine_credentials,
        };
        let services = Services::open(frames, wanted).await?;
        services.announce(as_json);
        Ok(services.serve(shutdown).await)
    }
}
