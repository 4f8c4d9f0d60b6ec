//! Reads the policy, opens the socket, starts the instance where it shall run, and serves until its end.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpListener;
use veracruz_policy::{Endpoint, FullPolicy, Platform};
use veracruz_runtime::{Ended, Limits, Runtime, RuntimeBuilder};
use veracruz_serve::{Shutdown, logging};

use crate::attestation_server::AttestationServer;
use crate::config::{Attestation, Config, PlatformConfig};
use crate::{nitro, simulated};

/// When a silent connection is probed: clients wait without a word while a program runs, and middle boxes forget
/// connections after some minutes.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// Hosts the instance until its end.
pub(crate) async fn serve(config: Config) -> anyhow::Result<()> {
    logging::start(config.logging)?;
    let mut shutdown = Shutdown::on_signals().context("cannot listen for signals")?;
    let policy = read_policy(&config.policy)?;
    let server = attestation_server(&config.attestation, &policy)?;
    let url = config.listen.as_deref().unwrap_or(policy.veracruz_server_url.as_str()).to_owned();
    let listener = listen(&url).await?;
    // Port 0 is a test's or a supervisor's way to have one chosen; otherwise the policy's words are printed as they are.
    let shown = if url.ends_with(":0") { listener.local_addr()?.to_string() } else { url };
    let announce = || announce(&shown);
    let ended = match config.platform {
        PlatformConfig::Nitro(config) => nitro::serve(&config, &policy, server, listener, shutdown, announce).await?,
        PlatformConfig::Simulated { root, run_time } => {
            let module = simulated::module(root.as_deref(), &policy)?;
            let instance = in_this_process(policy, run_time, server);
            let runtime = instance.start(Arc::new(module), Platform::Simulated).await?;
            announce();
            runtime.serve(listener, async move { shutdown.draining().await }).await
        }
    };
    match ended {
        Ended::ByEmbedder { cut } if cut > 0 => tell(&format!("{cut} sessions were cut in the middle of a request")),
        _ => {}
    }
    Ok(())
}

fn in_this_process(
    policy: FullPolicy,
    run_time: Option<Duration>,
    server: Option<AttestationServer>,
) -> RuntimeBuilder {
    let mut limits = Limits::default();
    limits.run_time = run_time;
    let builder = Runtime::builder(policy).limits(limits);
    match server {
        Some(server) => builder.certificates_from(Arc::new(server)),
        None => builder,
    }
}

fn read_policy(path: &Path) -> anyhow::Result<FullPolicy> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the policy {}", path.display()))?;
    FullPolicy::parse(&text).with_context(|| format!("the policy {} is bad", path.display()))
}

fn attestation_server(wanted: &Attestation, policy: &FullPolicy) -> anyhow::Result<Option<AttestationServer>> {
    match wanted {
        Attestation::SelfSigned => Ok(None),
        Attestation::At(url) => AttestationServer::at(url).map(Some),
        Attestation::OfPolicy => {
            AttestationServer::at(addressed(&policy.proxy_attestation_server_url, "proxy_attestation_server_url")?)
                .map(Some)
        }
    }
}

/// The text of an endpoint that is filled in.
fn addressed<'e>(endpoint: &'e Endpoint, key: &str) -> anyhow::Result<&'e str> {
    endpoint.host().with_context(|| format!("the policy's {key} is still a place-holder; fill in HOST:PORT"))?;
    Ok(endpoint.as_str())
}

async fn listen(url: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(url).await.with_context(|| {
        format!("cannot listen on {url}: the name must be one of this machine's; or choose another with --listen")
    })?;
    // Accepted sockets inherit it (Linux, socket(7) and tcp(7)).
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE);
    SockRef::from(&listener).set_tcp_keepalive(&keepalive).context("cannot set keepalive")?;
    Ok(listener)
}

/// The line that scripts wait for, as Veracruz prints it.
fn announce(url: &str) {
    let mut out = std::io::stdout();
    // Nobody may be reading.
    let _ = writeln!(out, "Veracruz Server running on {url}").and_then(|()| out.flush());
}

/// A word to the operator.
pub(crate) fn tell(what: &str) {
    let _ = writeln!(std::io::stderr(), "veracruz-server: {what}");
}
