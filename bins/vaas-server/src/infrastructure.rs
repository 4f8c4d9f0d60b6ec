//! What policies are completed with: where instances are, and who attests them.

use std::ffi::OsString;
use std::path::Path;

use vaas_core::{HostName, PortRange};
use veracruz_policy::{Authorities, CertificateError, Endpoint, Sha256Digest};
use veracruz_serve::config::Problems;

use crate::config::Flags;

/// Where an attestation server listens unless told otherwise.
const ATTESTATION_SERVER: &str = "127.0.0.1:3010";
const HOST: &str = "127.0.0.1";
/// The ports of the i-poc's chart.
const PORTS: &str = "3014-3016";

/// What policies are completed with, besides the runtime's measurement.
#[derive(Debug)]
pub(crate) struct Infrastructure {
    pub(crate) attestation_server: Endpoint,
    pub(crate) authorities: Authorities,
    pub(crate) runtime_hash_nitro: Option<Sha256Digest>,
    pub(crate) ports: PortRange,
    pub(crate) host: HostName,
}

impl Infrastructure {
    /// From the flags, or else from the i-poc's variables. What is wrong goes to `problems`.
    pub(crate) fn read(
        flags: &mut Flags,
        environment: impl Fn(&str) -> Option<OsString>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let old = |name: &str| environment(name)?.into_string().ok().filter(|value| !value.is_empty());
        let server = flags.attestation_server.take().or_else(|| old("PROXY_ENDPOINT"));
        let server = problems.take("attestation-server", endpoint(server.as_deref().unwrap_or(ATTESTATION_SERVER)));
        let authorities = authorities(flags.attestation_cert.as_deref(), old("PROXY_CERTIFICATE"));
        let authorities = problems.take("attestation-cert", authorities);
        let hash = flags.runtime_hash_nitro.take().or_else(|| old("RUNTIME_MANAGER_HASH_NITRO"));
        let hash = problems.take("runtime-hash-nitro", hash.map(|hash| hash.parse::<Sha256Digest>()).transpose());
        let ports = match flags.ports.take() {
            Some(ports) => Ok(ports),
            None => old_ports(old("VERACRUZ_PORT_MIN"), old("VERACRUZ_PORT_MAX")),
        };
        let ports = ports.and_then(|ports| ports.parse::<PortRange>().map_err(|error| error.to_string()));
        let ports = problems.take("ports", ports);
        let host = flags.host.take().or_else(|| old("VERACRUZ_ENDPOINT_HOSTNAME"));
        let host = problems.take("host", HostName::parse(host.as_deref().unwrap_or(HOST)));
        Some(Infrastructure {
            attestation_server: server?,
            authorities: authorities?,
            runtime_hash_nitro: hash?,
            ports: ports?,
            host: host?,
        })
    }
}

fn endpoint(text: &str) -> Result<Endpoint, String> {
    let endpoint = Endpoint::parse(text).map_err(|error| error.to_string())?;
    endpoint.host().is_some().then_some(endpoint).ok_or_else(|| "it is a place-holder; write HOST:PORT".to_owned())
}

fn authorities(file: Option<&Path>, content: Option<String>) -> Result<Authorities, String> {
    let text = match (file, content) {
        (Some(path), _) => {
            std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?
        }
        (None, Some(content)) => content,
        (None, None) => {
            return Err(
                "it is missing: name the file with the attestation server's certificate, which the server answers \
                        at /proxy/v1/ca"
                    .to_owned(),
            );
        }
    };
    Authorities::from_pem(&text).map_err(|error: CertificateError| error.to_string())
}

fn old_ports(first: Option<String>, last: Option<String>) -> Result<String, String> {
    match (first, last) {
        (Some(first), Some(last)) => Ok(format!("{first}-{last}")),
        (None, None) => Ok(PORTS.to_owned()),
        _ => Err("VERACRUZ_PORT_MIN and VERACRUZ_PORT_MAX go together; set both or none".to_owned()),
    }
}
