//! To which hosts copies may go.
//!
//! A caller writes the policy, and with it the address that this service connects to. What is not on the operator's list is
//! refused before anything is asked of the network.

use std::net::IpAddr;

use veracruz_policy::Endpoint;

use crate::error::CopyError;

/// The hosts of instances that an operator allows; any, unless some were named.
#[derive(Clone, Debug, Default)]
pub struct InstanceHosts(Option<Vec<Host>>);

/// A text that names no host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected names of hosts or IP addresses without ports, such as instances.example.com,10.0.0.7")]
pub struct InstanceHostsError;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Address(IpAddr),
    /// In lower case.
    Name(String),
}

impl Host {
    fn new(text: &str) -> Self {
        match text.parse() {
            Ok(address) => Host::Address(address),
            Err(_) => Host::Name(text.to_ascii_lowercase()),
        }
    }
}

impl InstanceHosts {
    /// Reads names and addresses; each text may hold several with commas between them. They are compared as they stand:
    /// names without looking them up, addresses by their value. Without a text any host is allowed.
    ///
    /// # Errors
    /// [`InstanceHostsError`] when one of them could be no host of a policy's address.
    pub fn parse<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<Self, InstanceHostsError> {
        let names = texts.into_iter().flat_map(|text| text.split(',')).map(str::trim);
        let hosts: Vec<Host> = names.map(read).collect::<Result<_, _>>()?;
        Ok(InstanceHosts(Some(hosts).filter(|hosts| !hosts.is_empty())))
    }

    pub(crate) fn check(&self, endpoint: &Endpoint) -> Result<(), CopyError> {
        let host = endpoint.host().unwrap_or_default();
        match &self.0 {
            Some(hosts) if !hosts.contains(&Host::new(host)) => Err(CopyError::HostRefused { host: host.to_owned() }),
            _ => Ok(()),
        }
    }
}

/// What a policy's address can have before its port.
fn read(text: &str) -> Result<Host, InstanceHostsError> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    if bare.contains(':') && bare.parse::<IpAddr>().is_err() {
        return Err(InstanceHostsError);
    }
    let endpoint = if bare.contains(':') { format!("[{bare}]:1") } else { format!("{bare}:1") };
    let endpoint = Endpoint::parse(&endpoint).map_err(|_| InstanceHostsError)?;
    endpoint.host().map(Host::new).ok_or(InstanceHostsError)
}
