//! The host side of an enclave: starts it, tells it the policy, fetches its certificates, passes bytes on, and ends it in
//! every case.
//!
//! The host is outside of what clients trust. It sees encrypted sessions, evidence and certificates, all of which are
//! public, and must never be given anything else.

mod channel;
mod cli;
mod conversation;
mod desk;
mod enclave;
mod forward;
mod image;
mod network;
#[cfg(test)]
mod tests;

use anyhow::{Context as _, anyhow, ensure};
use tokio::net::TcpListener;
use veracruz_policy::{FullPolicy, Platform};
use veracruz_runtime::Ended;
use veracruz_runtime::control::{CONTROL_PORT, Certificates};
use veracruz_serve::Shutdown;

use self::cli::{Launch, NitroCli};
use self::conversation::Conversation;
use self::enclave::Enclave;
use self::network::{Network, Vsock};
use crate::attestation_server::AttestationServer;
use crate::config::NitroConfig;

/// MiB of the enclave beside the policy's memory: its kernel, the image, which is unpacked into memory, the runtime's code
/// and sessions, and compiled programs.
const RUNTIME_MIB: u32 = 1024;

/// Starts the enclave, serves until it ends, and terminates it in every case. `announce` is called once clients can be let
/// in. Without a `server` the instance signs its own certificate.
///
/// # Errors
///
/// What kept the instance from being served, with what to do about it; the enclave is terminated then too.
pub(crate) async fn serve(
    config: &NitroConfig,
    policy: &FullPolicy,
    server: Option<AttestationServer>,
    listener: TcpListener,
    shutdown: Shutdown,
    announce: impl FnOnce(),
) -> anyhow::Result<Ended> {
    ensure!(
        policy.runtime_hash(Platform::Nitro).is_some(),
        "the policy accepts no Nitro enclave: write the first 64 digits of the image's PCR0 into its \
         runtime_manager_hash_nitro (`veracruz attest measure FILE` prints it)"
    );
    // In debug mode an enclave measures nothing, so there is nothing to compare.
    if !policy.debug {
        image::check(&config.image, policy).await?;
    }
    host(Vsock, config, policy, server, shutdown, (listener, announce)).await
}

/// The same over any network, once image and policy are known to belong together.
async fn host(
    network: impl Network,
    config: &NitroConfig,
    policy: &FullPolicy,
    server: Option<AttestationServer>,
    mut shutdown: Shutdown,
    doors: (TcpListener, impl FnOnce()),
) -> anyhow::Result<Ended> {
    let mut enclave = Enclave::named(NitroCli::new(&config.nitro_cli), name(&doors.0)?);
    let launch = launch(config, policy);
    let served = async {
        let reached = tokio::select! {
            reached = boot(&mut enclave, &launch, network) => Some(reached?),
            () = shutdown.draining() => None,
        };
        let Some(reached) = reached else { return Ok(Ended::ByEmbedder { cut: 0 }) };
        let certificates = if server.is_some() { Certificates::FromHost } else { Certificates::SelfSigned };
        Conversation::new(reached, server, shutdown, doors).hold(policy, certificates).await
    };
    let served = served.await;
    let terminated = enclave.terminate().await;
    match (served, terminated) {
        (Ok(ended), terminated) => terminated.map(|()| ended),
        (Err(error), Ok(())) => Err(error),
        (Err(error), Err(terminated)) => Err(anyhow!("{error:#}; and {terminated:#}")),
    }
}

/// Starts the enclave and connects to it: the network, its address there, and the control channel.
async fn boot<N: Network>(enclave: &mut Enclave, launch: &Launch<'_>, network: N) -> anyhow::Result<(N, u32, N::Io)> {
    let cid = enclave.launch(launch).await?;
    let control = network::reach(&network, cid, CONTROL_PORT).await?;
    Ok((network, cid, control))
}

fn launch<'a>(config: &'a NitroConfig, policy: &FullPolicy) -> Launch<'a> {
    let memory_mib = config.memory_mib.unwrap_or(policy.max_memory_mib.saturating_add(RUNTIME_MIB));
    Launch { image: &config.image, cpus: config.cpus, memory_mib, cid: config.cid, debug: policy.debug }
}

/// By this name the enclave can be ended even if nitro-cli never told its id. No two hosts of a machine listen on one port.
fn name(listener: &TcpListener) -> anyhow::Result<String> {
    let port = listener.local_addr().context("the socket has no address")?.port();
    Ok(format!("veracruz-{port}-{}", std::process::id()))
}
