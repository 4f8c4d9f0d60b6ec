//! The settings: flags over environment over a TOML file, parsed into one typed value.

use std::ffi::OsString;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use veracruz_policy::Platform;
use veracruz_serve::config::{Layered, Stop, layer};
use veracruz_serve::logging::Logging;

/// What the variables' names begin with.
const PREFIX: &str = "VERACRUZ_SERVER";
/// What is logged unless told otherwise: scripts read standard error, so it stays quiet.
const DEFAULT_LOG: &str = "warn";
/// The enclave's share of the machine unless told otherwise.
const DEFAULT_CPUS: u32 = 2;

/// Hosts one instance of the runtime under POLICY until a participant shuts it down.
///
/// The instance listens where the policy's `veracruz_server_url` says. It proves what it runs to the attestation server that
/// the policy names, and gets its certificate from there. With the platform `simulated`, which is the default, nothing
/// protects it from this machine's owner: it is for development.
#[derive(Debug, Parser)]
#[command(name = "veracruz-server", version, after_long_help = AFTER_HELP)]
struct Flags {
    /// The policy, a JSON file
    #[arg(value_name = "POLICY")]
    policy: Option<PathBuf>,

    /// Where the instance runs: `simulated` in this process, or `nitro` in an AWS Nitro Enclave [default: simulated]
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<String>,

    /// The attestation server, HOST:PORT or http://HOST:PORT [default: the policy's proxy_attestation_server_url]
    #[arg(long, value_name = "URL")]
    attestation_server: Option<String>,

    /// Use no attestation server: the instance signs its own certificate and staples its evidence. Clients of Veracruz
    /// refuse that
    #[arg(long)]
    self_attested: bool,

    /// Listen here instead of at the policy's veracruz_server_url; port 0 lets the system choose
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<String>,

    /// simulated: keep the root of the evidence in this file (made at the first start, with its key; the certificate alone
    /// is put beside it, with `.pem` added) instead of drawing one at each start
    #[arg(long, value_name = "FILE")]
    simulated_root: Option<PathBuf>,

    /// simulated: end every run after so many seconds, the wait for its place included [default: as long as it wants]
    #[arg(long, value_name = "SECONDS")]
    run_time: Option<NonZeroU32>,

    /// nitro: the enclave image (EIF) with runtime-nitro in it
    #[arg(long, value_name = "FILE")]
    enclave_image: Option<PathBuf>,

    /// nitro: CPUs of the enclave [default: 2]
    #[arg(long, value_name = "NUMBER")]
    enclave_cpus: Option<u32>,

    /// nitro: memory of the enclave [default: the policy's max_memory_mib, and 1024 for the runtime]
    #[arg(long, value_name = "MIB")]
    enclave_memory: Option<u32>,

    /// nitro: the enclave's address on the vsock [default: nitro-cli chooses]
    #[arg(long, value_name = "NUMBER")]
    enclave_cid: Option<u32>,

    /// nitro: the program that starts enclaves [default: nitro-cli]
    #[arg(long, value_name = "FILE")]
    nitro_cli: Option<PathBuf>,

    /// A TOML file with the same settings, such as `listen = "127.0.0.1:3017"`; flags and variables win over it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Write log lines as JSON
    #[arg(long)]
    json_log: bool,

    /// What to log: error, warn, info, debug, trace, or a list of TARGET=LEVEL [default: warn]
    #[arg(long, value_name = "FILTER")]
    log: Option<String>,
}

const AFTER_HELP: &str = "\
To try it without an attestation server:

  veracruz-server policy.json --self-attested --simulated-root root
  veracruz-client policy.json --trust trust.toml ...        (with root.pem as its simulated root)

The policy's runtime_manager_hash_linux is the SHA-256 of this program's file; `veracruz attest measure` prints it.

`Veracruz Server running on HOST:PORT` is printed on standard output once clients can connect; everything else goes to \
standard error. SIGTERM and SIGINT end the instance after the requests at hand; all that it held is gone then.

Exit codes: 0 a participant or a signal ended it, 1 the policy is bad or the instance did not start, 2 wrong use.";

/// The settings, checked as far as they can be without reading the files that they name.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) policy: PathBuf,
    pub(crate) platform: PlatformConfig,
    pub(crate) attestation: Attestation,
    pub(crate) listen: Option<String>,
    pub(crate) logging: Logging,
}

/// Where the instance runs.
#[derive(Debug)]
pub(crate) enum PlatformConfig {
    /// In this process.
    Simulated { root: Option<PathBuf>, run_time: Option<Duration> },
    /// In an enclave.
    Nitro(NitroConfig),
}

/// How the enclave is started.
#[derive(Debug)]
pub(crate) struct NitroConfig {
    pub(crate) image: PathBuf,
    pub(crate) cpus: u32,
    pub(crate) memory_mib: Option<u32>,
    pub(crate) cid: Option<u32>,
    pub(crate) nitro_cli: PathBuf,
}

/// Where the certificate comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Attestation {
    /// The server that the policy names.
    OfPolicy,
    /// This one.
    At(String),
    /// Nowhere: the instance signs for itself.
    SelfSigned,
}

impl Config {
    /// Reads all layers and reports all problems at once.
    pub(crate) fn read(
        argv: impl IntoIterator<Item = OsString>,
        environment: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, Stop> {
        let Layered { mut flags, mut problems } =
            layer::<Flags>(PREFIX, argv, environment).map_err(Stop::CommandLine)?;
        let logging = Logging::new(flags.log.as_deref().unwrap_or(DEFAULT_LOG), flags.json_log);
        let logging = problems.take("log", logging);
        let policy =
            problems.take("policy", flags.policy.take().ok_or("name the policy's file: veracruz-server POLICY"));
        let attestation = problems.take("attestation-server", attestation(&flags));
        let (listen, platform) = (flags.listen.take(), problems.take("platform", platform(flags)));
        let build = || {
            Some(Config { policy: policy?, platform: platform?, attestation: attestation?, listen, logging: logging? })
        };
        problems.finish(build).map_err(Stop::Problems)
    }
}

fn platform(flags: Flags) -> Result<PlatformConfig, String> {
    let platform = flags.platform.as_deref().unwrap_or(Platform::Simulated.name());
    match platform.parse().map_err(|error: veracruz_policy::UnknownPlatform| error.to_string())? {
        Platform::Simulated if flags.enclave_image.is_some() => {
            Err("--enclave-image is for --platform nitro; say that too, or leave the image out".to_owned())
        }
        Platform::Simulated => {
            let run_time = flags.run_time.map(|seconds| Duration::from_secs(seconds.get().into()));
            Ok(PlatformConfig::Simulated { root: flags.simulated_root, run_time })
        }
        Platform::Nitro if flags.simulated_root.is_some() => {
            Err("--simulated-root is for --platform simulated; an enclave's evidence has AWS's root".to_owned())
        }
        Platform::Nitro if flags.run_time.is_some() => {
            Err("--run-time is for --platform simulated; participants give their runs a time themselves".to_owned())
        }
        Platform::Nitro => Ok(PlatformConfig::Nitro(NitroConfig {
            image: flags.enclave_image.ok_or("needs --enclave-image FILE, an image with runtime-nitro in it")?,
            cpus: flags.enclave_cpus.unwrap_or(DEFAULT_CPUS),
            memory_mib: flags.enclave_memory,
            cid: flags.enclave_cid,
            nitro_cli: flags.nitro_cli.unwrap_or_else(|| "nitro-cli".into()),
        })),
        other => Err(format!("`{other}` cannot be hosted by this version; use simulated or nitro")),
    }
}

fn attestation(flags: &Flags) -> Result<Attestation, &'static str> {
    match (&flags.attestation_server, flags.self_attested) {
        (Some(_), true) => Err("--attestation-server and --self-attested exclude each other; give one of them"),
        (Some(url), false) => Ok(Attestation::At(url.clone())),
        (None, true) => Ok(Attestation::SelfSigned),
        (None, false) => Ok(Attestation::OfPolicy),
    }
}

#[cfg(test)]
mod tests {
    use super::{Config, Duration, PlatformConfig};

    #[test]
    fn the_time_of_runs_is_in_seconds_and_unbounded_unless_said() {
        for (more, seconds) in [(&[][..], None), (&["--run-time", "90"], Some(90))] {
            let argv = ["veracruz-server", "policy.json"].iter().chain(more).map(Into::into);
            let Ok(Config { platform: PlatformConfig::Simulated { run_time, .. }, .. }) = Config::read(argv, |_| None)
            else {
                panic!("{more:?} are settings of a simulated instance");
            };
            assert_eq!(run_time, seconds.map(Duration::from_secs));
        }
    }
}
