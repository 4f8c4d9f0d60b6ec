//! The settings: flags over environment over a TOML file, and the i-poc's own variable where none of them says anything.

use std::ffi::OsString;
use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;
use std::time::Duration;

use ccfaas_core::{DEFAULT_INSTANCE_ID, Limits, Times};
use clap::Parser;
use veracruz_client::Trust;
use veracruz_client::rest::Service;
use veracruz_policy::Name;
use veracruz_serve::config::{Layered, Problems, Stop, layer};
use veracruz_serve::{Frame, FrameDefaults, FrameFlags};

use crate::loader::LoaderSource;
use crate::vaas;

/// What the variables' names begin with.
const PREFIX: &str = "CCFAAS_SERVER";

/// Where functions and instances are written down unless told otherwise.
const STATE: &str = "ccfaas-server-state";

const FRAME: FrameDefaults = FrameDefaults {
    address: "127.0.0.1:5010",
    // An upload has 300 MB. A creation may take longer, see `request_time`.
    request_timeout: Duration::from_secs(15 * 60),
    log: "info",
};

/// Time for what a creation does besides: its body, news of VaaS, what is written down.
const REST: Duration = Duration::from_secs(60);

/// Keeps functions, and makes attested instances of them for users.
///
/// An operator posts a function policy to /function and then its programs and data files. A user posts a user policy to
/// /instance: the service has VaaS start an instance, verifies it, loads it with the function's files, and answers with the
/// full policy, which the user audits before anything secret goes to the instance. What is acknowledged survives a crash;
/// what was under way is taken back at the next start.
///
/// CERT and KEY are the loader's: as whom the service writes programs and data files into instances. Without them it makes
/// a pair at the first start and keeps it in the state folder.
#[derive(Debug, Parser)]
#[command(name = "ccfaas-server", version, after_long_help = AFTER_HELP)]
pub(crate) struct Flags {
    /// The loader's certificate (PEM) [default: made at the first start]
    #[arg(value_name = "CERT")]
    loader_cert: Option<PathBuf>,

    /// The loader's private key (PEM); goes with CERT
    #[arg(value_name = "KEY")]
    loader_key: Option<PathBuf>,

    /// Where VaaS is [default: http://127.0.0.1:5000]
    #[arg(long, value_name = "URL")]
    pub(crate) vaas: Option<String>,

    /// Prove to VaaS who asks by the token in this file
    #[arg(long, value_name = "FILE")]
    pub(crate) vaas_token_file: Option<PathBuf>,

    /// Know VaaS by these certificate authorities (PEM), for an https URL [default: the machine's]
    #[arg(long, value_name = "FILE")]
    pub(crate) vaas_ca: Option<PathBuf>,

    /// Prove to VaaS who asks by this certificate (PEM), for an https URL; goes with --vaas-key
    #[arg(long, value_name = "FILE")]
    pub(crate) vaas_cert: Option<PathBuf>,

    /// The private key (PEM) of --vaas-cert
    #[arg(long, value_name = "FILE")]
    pub(crate) vaas_key: Option<PathBuf>,

    /// INSECURE: send the token to VaaS over plain http:// to another machine too
    #[arg(long)]
    pub(crate) vaas_insecure_plain_http: bool,

    /// By which the service finds its instances at VaaS again. Each function service at one VaaS needs one of its own: what
    /// it does not know under its name it ends [default: CCFaaS]
    #[arg(long, value_name = "NAME")]
    vaas_instance_id: Option<String>,

    /// End the instances at VaaS that have this id and that the state folder never knew. Without it a new folder, or one for
    /// another id, ends none and makes none before VaaS has no such instances; once that was so, what it does not know is
    /// its own, left over by a crash
    #[arg(long)]
    take_over: bool,

    /// Where functions, their files, and instances are kept; one service a folder [default: ccfaas-server-state]
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,

    /// What to trust when instances are verified, as docs/TRUST.md describes it [default: what the policy says]
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,

    /// INSECURE: load functions into simulated instances too, which protect nobody from the machine's owner
    #[arg(long)]
    allow_simulated: bool,

    /// A program has fewer bytes [default: 10000000]
    #[arg(long, value_name = "BYTES")]
    max_program_bytes: Option<NonZeroU64>,

    /// A data file has fewer bytes [default: 300000000]
    #[arg(long, value_name = "BYTES")]
    max_data_file_bytes: Option<NonZeroU64>,

    /// Functions that may be registered [default: 100000]
    #[arg(long, value_name = "NUMBER")]
    max_functions: Option<NonZeroU64>,

    /// Instances that may be there, those whose runtime has gone included [default: 10000]
    #[arg(long, value_name = "NUMBER")]
    max_instances: Option<NonZeroU64>,

    /// Time for VaaS to start an instance [default: 120]
    #[arg(long, value_name = "SECONDS")]
    create_timeout: Option<NonZeroU32>,

    /// Time to load an instance with all files of its function [default: 600]
    #[arg(long, value_name = "SECONDS")]
    load_timeout: Option<NonZeroU32>,

    /// From one look at VaaS to the next: how late it is noticed that an instance has gone [default: 5]
    #[arg(long, value_name = "SECONDS")]
    watch_interval: Option<NonZeroU32>,

    /// How long an instance that has gone is shown, and how long one that VaaS lists no more may come back [default: 600]
    #[arg(long, value_name = "SECONDS")]
    grace: Option<u32>,

    #[command(flatten)]
    frame: FrameFlags,
}

const AFTER_HELP: &str = "\
To try it, with a VaaS whose instances are simulated:

  ccfaas-server --allow-simulated
  curl -H 'Content-Type: application/json' --data-binary @function.json http://127.0.0.1:5010/function
  curl --data-binary @detector.wasm http://127.0.0.1:5010/function/NAME/program/$(printf %s /program/detector.wasm | base64)
  curl -H 'Content-Type: application/json' --data-binary @user.json http://127.0.0.1:5010/instance

What it takes and answers is described at /openapi.json. Probes: /livez, /readyz (503 with the reason until VaaS was \
asked what an earlier life left there, and while VaaS cannot be reached), /metrics.

The variable of the i-poc counts where nothing else sets the same: VAAS_ACCESS_URL (--vaas).

Users who audit policies need the loader's certificate: CERT, or loader/certificate.pem in the state folder.

The address that the service listens on is printed on standard output as one line once it can be reached; logs go to \
standard error. SIGTERM and SIGINT finish the requests at hand, a second one ends at once; instances go on.

Exit codes: 0 stopped and all requests finished, 1 failed, 2 wrong use.";

/// The settings, checked as far as they can be without making anything.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) frame: Frame,
    pub(crate) state: PathBuf,
    pub(crate) loader: LoaderSource,
    pub(crate) vaas: Service,
    pub(crate) instance_id: Name,
    pub(crate) take_over: bool,
    pub(crate) trust: Trust,
    pub(crate) limits: Limits,
    pub(crate) times: Times,
}

impl Config {
    /// Reads all layers and reports all problems at once.
    pub(crate) fn read(
        argv: impl IntoIterator<Item = OsString>,
        environment: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, Stop> {
        let Layered { mut flags, mut problems } =
            layer::<Flags>(PREFIX, argv, &environment).map_err(Stop::CommandLine)?;
        let (limits, times) = (limits(&flags), times(&flags));
        let time = request_time(&times, flags.frame.request_timeout, &mut problems);
        let defaults = FrameDefaults { request_timeout: time, ..FRAME };
        let frame = std::mem::take(&mut flags.frame).read(&defaults, &mut problems);
        let vaas = vaas::service(&flags, &environment, &mut problems);
        let name = flags.vaas_instance_id.as_deref().unwrap_or(DEFAULT_INSTANCE_ID);
        let instance_id = problems.take("vaas-instance-id", Name::parse(name));
        let trust = flags.trust.as_deref().map_or_else(|| Ok(Trust::default()), Trust::read);
        let trust = problems.take("trust", trust);
        let loader = LoaderSource::new(flags.loader_cert.take(), flags.loader_key.take());
        let loader = problems.take("loader-cert", loader);
        let allow_simulated = flags.allow_simulated;
        let build = || {
            let trust = trust?;
            Some(Config {
                frame: frame?,
                state: flags.state.unwrap_or_else(|| STATE.into()),
                loader: loader?,
                vaas: vaas?,
                instance_id: instance_id?,
                take_over: flags.take_over,
                trust: if allow_simulated { trust.allow_simulated() } else { trust },
                limits,
                times,
            })
        };
        problems.finish(build).map_err(Stop::Problems)
    }
}

fn limits(flags: &Flags) -> Limits {
    let mut limits = Limits::default();
    for (limit, given) in [
        (&mut limits.program_bytes, flags.max_program_bytes),
        (&mut limits.data_file_bytes, flags.max_data_file_bytes),
        (&mut limits.functions, flags.max_functions),
        (&mut limits.instances, flags.max_instances),
    ] {
        *limit = given.map_or(*limit, NonZeroU64::get);
    }
    limits
}

fn times(flags: &Flags) -> Times {
    let mut times = Times::default();
    for (time, given) in [
        (&mut times.create, flags.create_timeout.map(NonZeroU32::get)),
        (&mut times.provision, flags.load_timeout.map(NonZeroU32::get)),
        (&mut times.watch, flags.watch_interval.map(NonZeroU32::get)),
        (&mut times.grace, flags.grace),
    ] {
        *time = given.map_or(*time, |seconds| Duration::from_secs(seconds.into()));
    }
    times
}

/// How long a request may take unless told otherwise: what a creation may take, with one deletion before it (of what had
/// its name) and one after it (of what failed), and a minute for all else. With the default settings, 15 minutes. Whoever
/// gave less would have creations cut off whose steps are all in time.
fn request_time(times: &Times, given: Option<NonZeroU32>, problems: &mut Problems) -> Duration {
    let longest = times.create + times.provision + 2 * times.delete + REST;
    if given.is_some_and(|given| Duration::from_secs(given.get().into()) < longest) {
        let (longest, rest) = (longest.as_secs(), (2 * times.delete + REST).as_secs());
        let what = format_args!(
            "is shorter than making an instance may take: {longest} s (create-timeout, load-timeout, and {rest} s for the \
             rest); raise it, or lower these"
        );
        problems.report("request-timeout", what);
    }
    longest.max(FRAME.request_timeout)
}

#[cfg(test)]
mod tests {
    use super::{Config, Duration, OsString};

    fn read(argv: &[&str], variables: &[(&str, &str)]) -> Result<Config, String> {
        let argv = ["ccfaas-server"].iter().chain(argv).map(OsString::from);
        let environment = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        };
        Config::read(argv, environment).map_err(|stop| format!("{stop:?}"))
    }

    #[test]
    fn the_old_variable_names_vaas_where_nothing_else_does() {
        let old = ("VAAS_ACCESS_URL", "http://vaas-server-app:5000");
        for (argv, variables, url) in [
            (&[][..], &[][..], "http://127.0.0.1:5000"),
            (&[], &[old], "http://vaas-server-app:5000"),
            (&[], &[old, ("CCFAAS_SERVER_VAAS", "http://other:1")], "http://other:1"),
            (&["--vaas", "https://third:2"], &[old], "https://third:2"),
        ] {
            assert_eq!(read(argv, variables).unwrap().vaas.url(), url);
        }
    }

    #[test]
    fn limits_times_and_trust_are_as_said_and_safe_by_default() {
        let config = read(&[], &[]).unwrap();
        assert!(!config.trust.allows_simulated());
        assert_eq!((config.limits.program_bytes, config.times.grace), (10_000_000, Duration::from_secs(600)));
        let config = read(&["--allow-simulated", "--max-program-bytes", "7", "--grace", "0"], &[]).unwrap();
        assert!(config.trust.allows_simulated());
        assert_eq!((config.limits.program_bytes, config.times.grace), (7, Duration::ZERO));
    }

    #[test]
    fn a_request_may_take_as_long_as_its_steps() {
        for (argv, seconds) in [
            (&[][..], 900),
            (&["--load-timeout", "60"], 900),
            (&["--load-timeout", "3600"], 3900),
            (&["--load-timeout", "3600", "--create-timeout", "180", "--request-timeout", "4000"], 4000),
            (&["--load-timeout", "60", "--create-timeout", "60", "--request-timeout", "300"], 300),
        ] {
            assert_eq!(read(argv, &[]).unwrap().frame.limits.request_timeout.as_secs(), seconds, "{argv:?}");
        }
        for argv in [&["--request-timeout", "899"][..], &["--request-timeout", "3000", "--load-timeout", "3000"]] {
            let told = read(argv, &[]).unwrap_err();
            assert!(told.contains("`request-timeout` (on the command line) is shorter than making"), "{told}");
        }
    }

    #[test]
    fn secrets_go_to_other_machines_over_https_or_by_an_explicit_word() {
        let folder = tempfile::TempDir::new().unwrap();
        let token = folder.path().join("token");
        std::fs::write(&token, "secret").unwrap();
        std::fs::set_permissions(&token, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let token = token.to_str().unwrap();
        for (url, word, is_fine) in [
            ("http://vaas:5000", None, false),
            ("http://10.0.0.1", None, false),
            ("http://127.0.0.1.example.org:5000/path", None, false),
            ("http://[2001:db8::1]:5000", None, false),
            ("http://vaas:5000", Some("--vaas-insecure-plain-http"), true),
            ("https://vaas:5000", None, true),
            ("http://localhost:5000", None, true),
            ("http://127.0.0.9:5000/path", None, true),
            ("http://[::1]:5000", None, true),
        ] {
            let argv: Vec<_> = ["--vaas", url, "--vaas-token-file", token].into_iter().chain(word).collect();
            let read = read(&argv, &[]);
            assert_eq!(read.is_ok(), is_fine, "{url}: {read:?}");
            let said = |told: &String| told.contains("vaas-token-file") && told.contains("--vaas-insecure-plain-http");
            assert!(read.as_ref().err().is_none_or(said), "{url}: {read:?}");
        }
        // Without a secret nothing is to be kept.
        assert!(read(&["--vaas", "http://vaas:5000"], &[]).is_ok());
    }

    #[test]
    fn certificates_without_tls_are_no_use() {
        let told = read(&["--vaas-ca", "a", "--vaas-cert", "b", "--vaas-key", "c"], &[]).unwrap_err();
        for setting in ["`vaas-ca`", "`vaas-cert`"] {
            let line = told.lines().find(|line| line.contains(setting)).unwrap_or_else(|| panic!("{told}"));
            assert!(line.contains("needs an https URL"), "{line}");
        }
    }

    #[test]
    fn every_problem_is_reported_at_once() {
        let argv = ["--vaas", "ftp://x", "--vaas-instance-id", "a/b", "--trust", "none.toml", "cert.pem"];
        let told = read(&argv, &[]).unwrap_err();
        for setting in ["`vaas`", "`vaas-instance-id`", "`trust`", "`loader-cert`"] {
            assert!(told.contains(setting), "{setting} is missing in {told}");
        }
    }
}
