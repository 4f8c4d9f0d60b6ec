//! The flags that every service daemon has.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use super::secrets::Secrets;
use super::{Frame, FrameDefaults};
use crate::access::Host;
use crate::config::Problems;
use crate::limits::Limits;
use crate::listener::{Exposure, Protection};
use crate::logging::Logging;
use crate::tls::TlsFiles;

/// Raw settings, for `#[command(flatten)]` in a daemon's own flags; [`FrameFlags::read`] checks them.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Serving")]
pub struct FrameFlags {
    /// HOST:PORT to listen on; port 0 lets the system choose. What is no loopback address needs TLS and authentication, or
    /// --insecure-no-auth [default: this service's port on 127.0.0.1]
    #[arg(long, value_name = "HOST:PORT")]
    pub listen: Option<String>,

    /// INSECURE: serve an address that other machines can reach although TLS or authentication is missing
    #[arg(long)]
    pub insecure_no_auth: bool,

    /// Serve TLS 1.3 with this certificate chain (PEM, the server's own first); goes with --tls-key; read again on SIGHUP
    #[arg(long, value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,

    /// The private key (PEM) of --tls-cert; refused while every user of the machine may read it
    #[arg(long, value_name = "FILE")]
    pub tls_key: Option<PathBuf>,

    /// Let in who shows a client certificate issued by one of these authorities (PEM); needs --tls-cert
    #[arg(long, value_name = "FILE")]
    pub tls_client_ca: Option<PathBuf>,

    /// Let in who sends `Authorization: Bearer TOKEN` with a token of this file: one a line, TOKEN or NAME:TOKEN, 16
    /// characters or more; `#` begins a comment line; refused while every user of the machine may read it; read again on
    /// SIGHUP
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,

    /// On loopback without TLS and authentication, also answer requests for this host, such as a proxy on this machine
    /// passes on; may be repeated [default: addresses, names without a dot, and the host of --listen]
    #[arg(long, value_name = "NAME")]
    pub allowed_host: Vec<String>,

    /// Connections open at once; further ones wait [default: 512]
    #[arg(long, value_name = "NUMBER")]
    pub max_connections: Option<NonZeroU32>,

    /// Time for a whole request, its body included, until the response begins [default: depends on the service]
    #[arg(long, value_name = "SECONDS")]
    pub request_timeout: Option<NonZeroU32>,

    /// What to log: error, warn, info, debug, trace, or a list of TARGET=LEVEL [default: info]
    #[arg(long, value_name = "FILTER")]
    pub log: Option<String>,

    /// Write log lines as JSON
    #[arg(long)]
    pub json_log: bool,

    /// A TOML file with the same settings, one `name = value` a line; flags and variables win over it
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

impl FrameFlags {
    /// Checks the settings and reads the files that they name; what is wrong goes to `problems`, and then there is no
    /// frame. Host names are looked up.
    pub fn read(self, defaults: &FrameDefaults, problems: &mut Problems) -> Option<Frame> {
        let address = self.listen.as_deref().unwrap_or(defaults.address);
        let exposure = Exposure::protected(address, self.insecure_no_auth, self.protection());
        let exposure = problems.take("listen", exposure);
        let filter = self.log.as_deref().unwrap_or(defaults.log);
        let logging = problems.take("log", Logging::new(filter, self.json_log));
        let limits = self.limits(defaults);
        let allowed_hosts = self.allowed_hosts(problems);
        let secrets = self.secrets(problems);
        Some(Frame {
            exposure: exposure?,
            secrets: secrets?,
            logging: Some(logging?),
            allowed_hosts: allowed_hosts?,
            limits,
        })
    }

    /// What the operator wants to be protected by; whether the files are good is another problem.
    fn protection(&self) -> Protection {
        Protection {
            tls: self.tls_cert.is_some() || self.tls_key.is_some(),
            authentication: self.token_file.is_some() || self.tls_client_ca.is_some(),
        }
    }

    fn allowed_hosts(&self, problems: &mut Problems) -> Option<Vec<Host>> {
        let hosts = self.allowed_host.iter().map(|host| problems.take("allowed-host", Host::parse(host)));
        // All of them are looked at: each that is wrong is told.
        hosts.collect::<Vec<_>>().into_iter().collect()
    }

    fn limits(&self, defaults: &FrameDefaults) -> Limits {
        let mut limits = Limits { request_timeout: defaults.request_timeout, ..Limits::default() };
        if let Some(connections) = self.max_connections {
            limits.connections = usize::try_from(connections.get()).unwrap_or(limits.connections);
        }
        if let Some(seconds) = self.request_timeout {
            limits.request_timeout = Duration::from_secs(seconds.get().into());
        }
        limits
    }

    fn secrets(self, problems: &mut Problems) -> Option<Secrets> {
        let mut secrets = Secrets::default();
        let tls = match (self.tls_cert, self.tls_key, self.tls_client_ca) {
            (Some(certificate), Some(key), client_authorities) => {
                let files = TlsFiles { certificate, key, client_authorities };
                problems.take("tls-cert", secrets.with_tls(files))
            }
            (None, None, None) => Some(()),
            (Some(_), None, _) => incomplete(problems, "tls-cert", "goes with tls-key: give both"),
            (None, Some(_), _) => incomplete(problems, "tls-key", "goes with tls-cert: give both"),
            (None, None, Some(_)) => {
                incomplete(problems, "tls-client-ca", "needs tls-cert and tls-key: give all three")
            }
        };
        let tokens = match self.token_file {
            Some(path) => problems.take("token-file", secrets.with_tokens(path)),
            None => Some(()),
        };
        tls.and(tokens).map(|()| secrets)
    }
}

fn incomplete(problems: &mut Problems, setting: &str, what: &str) -> Option<()> {
    problems.report(setting, what);
    None
}
