//! What an operator can set, and why the defaults are what they are.

use std::time::Duration;

use veracruz_policy::{Certificate, Name};

/// By which the service finds its instances at VaaS again, as in the i-poc. Two function services at one VaaS need two
/// names: each takes instances of its name that it does not know for its own, left over, and ends them; a new one whose
/// name somebody else uses does nothing before its operator has said what to do.
pub const DEFAULT_INSTANCE_ID: &str = "CCFaaS";

/// The settings of a service.
#[derive(Clone, Debug)]
pub struct Settings {
    /// By which the service finds its instances at VaaS again; see [`DEFAULT_INSTANCE_ID`].
    pub instance_id: Name,
    /// Takes instances of its name at VaaS that the store never knew for its own, left over, and ends them. Else that is
    /// done only once a look at VaaS has found none such: see [`Outlook::Strangers`](crate::Outlook::Strangers).
    pub take_over: bool,
    /// As whom programs and data files are loaded: it stands in the policies.
    pub loader: Certificate,
    /// What users can take.
    pub limits: Limits,
    /// How long things may take.
    pub times: Times,
}

/// What users can take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A program has fewer bytes. 10,000,000, as published: engines compile it whole.
    pub program_bytes: u64,
    /// A data file has fewer bytes. 300,000,000, as published: enough for the weights of a large network.
    pub data_file_bytes: u64,
    /// Functions. 100,000: a list of their names stays below 20 MB.
    pub functions: u64,
    /// Instances, in whatever phase. 10,000: VaaS has far fewer slots, and the watcher looks at each.
    pub instances: u64,
}

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// VaaS starts an instance. 2 minutes: a machine may have to be found for it first.
    pub create: Duration,
    /// VaaS lists its instances. 10 seconds.
    pub list: Duration,
    /// VaaS ends an instance. 1 minute: a pod has 30 seconds to end by itself.
    pub delete: Duration,
    /// All files of a function go into an instance, the connection included. 10 minutes: a few of 300 MB.
    pub provision: Duration,
    /// From one look at VaaS to the next. 5 seconds: how long an instance that has gone is taken for running.
    pub watch: Duration,
    /// How long an instance that has gone is shown as such, and how long one that VaaS does not list any more may come
    /// back. 10 minutes: enough for its user to learn of it.
    pub grace: Duration,
}

impl Settings {
    /// The defaults, for a service with this identity.
    pub fn new(instance_id: Name, loader: Certificate) -> Self {
        Settings { instance_id, take_over: false, loader, limits: Limits::default(), times: Times::default() }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits { program_bytes: 10_000_000, data_file_bytes: 300_000_000, functions: 100_000, instances: 10_000 }
    }
}

impl Default for Times {
    fn default() -> Self {
        Times {
            create: Duration::from_secs(120),
            list: Duration::from_secs(10),
            delete: Duration::from_secs(60),
            provision: Duration::from_secs(600),
            watch: Duration::from_secs(5),
            grace: Duration::from_secs(600),
        }
    }
}
