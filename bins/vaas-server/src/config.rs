//! The settings: flags over environment over a TOML file, and the i-poc's own variables where none of them says anything.

use std::ffi::OsString;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use veracruz_serve::config::{Layered, Stop, layer};
use veracruz_serve::{Frame, FrameDefaults, FrameFlags};

use crate::hosting::Hosting;
use crate::infrastructure::Infrastructure;

/// What the variables' names begin with.
const PREFIX: &str = "VAAS_SERVER";

const FRAME: FrameDefaults = FrameDefaults {
    address: "127.0.0.1:5000",
    // An enclave takes a minute or so to start.
    request_timeout: Duration::from_secs(120),
    log: "info",
};

/// Allocates instances of the runtime: each is a process of this machine on a port of its own.
///
/// A caller posts a policy to /veracruz. The service completes it with where the instance listens, who attests it and what
/// runtime it has, starts the instance, and answers with the full policy when the instance takes sessions. The port comes
/// back when the instance is deleted or a participant shuts it down. Instances outlive the service: it finds them again
/// when it is started with the same state folder.
#[derive(Debug, Parser)]
#[command(name = "vaas-server", version, after_long_help = AFTER_HELP)]
pub(crate) struct Flags {
    /// The attestation server as policies name it, HOST:PORT [default: 127.0.0.1:3010]
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) attestation_server: Option<String>,

    /// The attestation server's certificate (PEM), which policies hold: what it answers at /proxy/v1/ca
    #[arg(long, value_name = "FILE")]
    pub(crate) attestation_cert: Option<PathBuf>,

    /// The runtime that policies accept on Nitro: the first 64 digits of its image's PCR0 [default: measured from
    /// --enclave-image, if there is one]
    #[arg(long, value_name = "HEX")]
    pub(crate) runtime_hash_nitro: Option<String>,

    /// The ports of instances [default: 3014-3016]
    #[arg(long, value_name = "MIN-MAX")]
    pub(crate) ports: Option<String>,

    /// The name by which clients reach instances, written into policies [default: 127.0.0.1]
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Option<String>,

    /// The address of this machine on which instances listen; 0.0.0.0 for all [default: 127.0.0.1]
    #[arg(long, value_name = "IP")]
    pub(crate) instance_address: Option<IpAddr>,

    /// Where the instances' state lies; one service a folder [default: vaas-server-state]
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,

    /// The program that hosts an instance [default: veracruz-server beside this program]
    #[arg(long, value_name = "FILE")]
    pub(crate) veracruz_server: Option<PathBuf>,

    /// Where instances run: `simulated` in processes, which protects nobody, or `nitro` in AWS Nitro Enclaves [default: simulated]
    #[arg(long, value_name = "PLATFORM")]
    pub(crate) platform: Option<String>,

    /// simulated: the root of the instances' evidence, made at the first start; its certificate, beside it with `.pem`
    /// added, is what the attestation server and clients need [default: each instance draws its own]
    #[arg(long, value_name = "FILE")]
    pub(crate) simulated_root: Option<PathBuf>,

    /// Instances ask no attestation server and sign their own certificates; clients of Veracruz refuse that
    #[arg(long)]
    pub(crate) self_attested: bool,

    /// nitro: the enclave image (EIF) with runtime-nitro in it
    #[arg(long, value_name = "FILE")]
    pub(crate) enclave_image: Option<PathBuf>,

    /// The most memory that a request may ask for [default: as much as it wants]
    #[arg(long, value_name = "MIB")]
    pub(crate) max_memory_mib: Option<NonZeroU32>,

    /// Time for an instance to take sessions [default: 30, nitro: 100]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) start_timeout: Option<NonZeroU32>,

    #[command(flatten)]
    pub(crate) frame: FrameFlags,
}

const AFTER_HELP: &str = "\
To try it, with an attestation server that accepts the simulated runtime:

  vaas-server --attestation-cert ca.pem --simulated-root root
  curl -H 'Content-Type: application/json' --data-binary @vaas-policy.json http://127.0.0.1:5000/veracruz
  curl http://127.0.0.1:5000/veracruz
  curl -X DELETE 'http://127.0.0.1:5000/veracruz/127.0.0.1:3014?instance_id=ID&instance_hash=HASH'

What it takes and answers is described at /openapi.json. Probes: /livez, /readyz, /metrics.

The variables of the i-poc count where nothing else sets the same: PROXY_ENDPOINT (--attestation-server), PROXY_CERTIFICATE \
(the content of --attestation-cert), RUNTIME_MANAGER_HASH_NITRO, VERACRUZ_PORT_MIN and VERACRUZ_PORT_MAX, \
VERACRUZ_ENDPOINT_HOSTNAME (--host).

With the platform simulated, the runtime that policies accept is measured from the program at the start: start the service \
again after the program was replaced.

The address that the service listens on is printed on standard output as one line once it can be reached; logs, in which \
instances' own lines are, go to standard error. SIGTERM and SIGINT finish the requests at hand and leave the instances \
running, a second one ends at once.

Exit codes: 0 stopped and all requests finished, 1 failed, 2 wrong use.";

/// The settings, checked as far as they can be without reading large files.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) frame: Frame,
    pub(crate) infrastructure: Infrastructure,
    pub(crate) hosting: Hosting,
}

impl Config {
    /// Reads all layers and reports all problems at once.
    pub(crate) fn read(
        argv: impl IntoIterator<Item = OsString>,
        environment: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, Stop> {
        let Layered { mut flags, mut problems } =
            layer::<Flags>(PREFIX, argv, &environment).map_err(Stop::CommandLine)?;
        let frame = std::mem::take(&mut flags.frame).read(&FRAME, &mut problems);
        let infrastructure = Infrastructure::read(&mut flags, &environment, &mut problems);
        let hosting = Hosting::read(flags, &mut problems);
        let build = || Some(Config { frame: frame?, infrastructure: infrastructure?, hosting: hosting? });
        problems.finish(build).map_err(Stop::Problems)
    }
}
