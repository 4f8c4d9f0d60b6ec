//! The settings: flags over environment over a TOML file, parsed into one typed value.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use s3_app_core::{InstanceHosts, Limits, Machine, Region, Settings, StorageEndpoint, StorageSettings};
use veracruz_serve::config::{Layered, Problems, Stop, layer};
use veracruz_serve::{Frame, FrameDefaults, FrameFlags};

use crate::limits::LimitFlags;
use crate::trust;

/// What the variables' names begin with.
const PREFIX: &str = "S3_APP";

/// A caller waits for a whole copy, so a request has the time that one may take.
fn frame_defaults(limits: &Limits) -> FrameDefaults {
    FrameDefaults { address: "127.0.0.1:5020", request_timeout: limits.request_time(), log: "info" }
}

/// Copies objects out of S3 into attested instances, as one of the participants of an instance's policy.
///
/// A caller posts to /s3_stream_veracruz which object to copy, with credentials for it or without, and the policy, the
/// certificate and the key with which to write it into the instance. The instance is verified first. The object streams
/// through in pieces, and the file appears in the instance when it is complete, or not at all.
#[derive(Debug, Parser)]
#[command(name = "s3-app", version, after_long_help = AFTER_HELP)]
struct Flags {
    /// An S3-compatible server in place of AWS, for all requests; requests cannot choose one [default: AWS's own]
    #[arg(long, value_name = "URL")]
    s3_endpoint: Option<String>,

    /// The region for requests that name none [default: AWS_REGION or the profile's, else us-east-1]
    #[arg(long, value_name = "REGION")]
    s3_region: Option<String>,

    /// Write buckets into the path instead of the host's name, as most S3-compatible servers want it
    #[arg(long)]
    s3_path_style: bool,

    /// Refuse requests without credentials instead of signing them with this machine's own: AWS_* variables, profiles, a
    /// container's or a machine's role. None of these is read then
    #[arg(long)]
    no_machine_credentials: bool,

    /// What instances must show (docs/TRUST.md) [default: what the policy says]
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,

    /// INSECURE: accept instances of the simulated platform, which protects nobody
    #[arg(long)]
    allow_simulated: bool,

    /// Hosts to which copies may go, by name or IP address as policies write them, commas between them; may be repeated.
    /// Callers choose the policy: without this the service connects to any host and port that one of them names [default:
    /// any]
    #[arg(long, value_name = "HOST,…")]
    instance_hosts: Vec<String>,

    #[command(flatten)]
    limits: LimitFlags,

    #[command(flatten)]
    frame: FrameFlags,
}

const AFTER_HELP: &str = "\
To try it against an S3-compatible server on this machine, and an instance of the simulated platform:

  s3-app --s3-endpoint http://127.0.0.1:9000 --s3-path-style --no-machine-credentials --allow-simulated
  curl -H 'Content-Type: application/json' --data-binary @copy.json http://127.0.0.1:5020/s3_stream_veracruz

With the header `Prefer: respond-async` it answers 202 at once, with a job at its Location: GET says how far it is, DELETE \
cancels it. Jobs end with the service. What it takes and answers is described at /openapi.json. Probes: /livez, /readyz, \
/metrics.

The body holds a private key and credentials: over a network, serve it with TLS only. Whoever may call the service can \
read, with a request without credentials, what this machine may read in S3.

The address that the service listens on is printed on standard output as one line once it can be reached; logs go to \
standard error. SIGTERM and SIGINT give copies whose callers wait 25 seconds to end, and then cut them off. Jobs go on as long \
as callers wait, and are cancelled then. Of a copy that was cut off or cancelled nothing is in the instance, unless its last \
bytes were on their way. A second signal ends at once.

Exit codes: 0 stopped and all requests finished, 1 failed or requests were cut, 2 wrong use.";

/// The settings, checked.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) frame: Frame,
    pub(crate) settings: Settings,
}

impl Config {
    /// Reads all layers and reports all problems at once.
    pub(crate) fn read(
        argv: impl IntoIterator<Item = OsString>,
        environment: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, Stop> {
        let Layered { flags, mut problems } = layer::<Flags>(PREFIX, argv, environment).map_err(Stop::CommandLine)?;
        let storage = storage(&flags, &mut problems);
        let trust = problems.take("trust", trust::read(flags.trust.as_deref(), flags.allow_simulated));
        let hosts = InstanceHosts::parse(flags.instance_hosts.iter().map(String::as_str));
        let instance_hosts = problems.take("instance-hosts", hosts);
        let limits = flags.limits.limits();
        let frame = frame(flags.frame, &limits, &mut problems);
        let build = || {
            let (storage, trust, instance_hosts) = (storage?, trust?, instance_hosts?);
            Some(Config { frame: frame?, settings: Settings { storage, trust, instance_hosts, limits } })
        };
        problems.finish(build).map_err(Stop::Problems)
    }
}

/// The frame, which must not cut a copy off that is within its own time.
fn frame(flags: FrameFlags, limits: &Limits, problems: &mut Problems) -> Option<Frame> {
    let least = limits.request_time();
    if flags.request_timeout.is_some_and(|given| Duration::from_secs(given.get().into()) < least) {
        let least = least.as_secs();
        problems.report(
            "request-timeout",
            format_args!("is shorter than a request for a copy may take: set copy-timeout, or at least {least} here"),
        );
    }
    flags.read(&frame_defaults(limits), problems)
}

fn storage(flags: &Flags, problems: &mut Problems) -> Option<StorageSettings> {
    let endpoint = flags.s3_endpoint.as_deref().map(StorageEndpoint::parse).transpose();
    let endpoint = problems.take("s3-endpoint", endpoint);
    let region = problems.take("s3-region", flags.s3_region.as_deref().map(Region::parse).transpose());
    let machine = if flags.no_machine_credentials { Machine::None } else { Machine::Chain };
    Some(StorageSettings {
        endpoint: endpoint?,
        region: region?,
        path_style: flags.s3_path_style,
        machine,
        checksums: None,
    })
}
