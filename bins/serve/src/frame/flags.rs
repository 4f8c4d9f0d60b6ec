//! The flags that every service daemon has.

use std::num::NonZeroU32;
use std::path::PathBuf;

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
