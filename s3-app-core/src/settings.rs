//! What an operator decides: where S3 is, what an instance must show, and how much is done at once.

use std::time::Duration;

use veracruz_client::Trust;

use crate::hosts::InstanceHosts;
use crate::names::{Region, StorageEndpoint};
use crate::storage::Keys;

/// The settings of an S3 app. The defaults are AWS, the machine's own credentials, and instances that the policy names.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Where objects come from.
    pub storage: StorageSettings,
    /// What an instance must show before anything is sent to it.
    pub trust: Trust,
    /// Where instances may be; by default wherever a policy says, and policies are the callers'.
    pub instance_hosts: InstanceHosts,
    /// How much is done at once, and for how long.
    pub limits: Limits,
}

/// Where objects come from.
#[derive(Clone, Debug, Default)]
pub struct StorageSettings {
    /// An S3-compatible server in place of AWS.
    pub endpoint: Option<StorageEndpoint>,
    /// The region for requests that name none. Without it the machine's own configuration counts, then `us-east-1`.
    pub region: Option<Region>,
    /// Buckets in the path (`http://server/bucket/key`) instead of the host's name, as most S3-compatible servers want it.
    pub path_style: bool,
    /// As whom objects are read for requests that bring no credentials.
    pub machine: Machine,
    /// Whether the checksums that S3 keeps of objects are asked for and compared. Without a word: from AWS, and not from
    /// an `endpoint`, since many S3-compatible servers know no checksums and some answer wrong ones.
    pub checksums: Option<bool>,
}

/// The credentials for requests that bring none.
#[derive(Clone, Debug, Default)]
pub enum Machine {
    /// What the SDKs of AWS find: `AWS_*` variables, profiles, a web identity, a container's or machine's role. Whoever may
    /// call the service can then read what this machine can read.
    #[default]
    Chain,
    /// None: each request must bring its own. Neither the environment nor files are read for anything else then.
    None,
    /// These.
    Keys(Keys),
}

/// What callers may take.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Copies at once whose callers wait. Each takes a few megabytes, two sockets, and one of the listener's connections.
    pub copies: usize,
    /// Jobs that run at once. Each takes a few megabytes and two sockets.
    pub jobs: usize,
    /// Jobs that are known at once. When it is reached, the job that ended first is forgotten before its time.
    pub remembered: usize,
    /// How long a job is known after its end, so that a client that polls finds its outcome.
    pub remember: Duration,
    /// How long S3, or the instance, may be silent in the middle of a copy. Slow links and busy servers stay far below.
    pub stall: Duration,
    /// How long the body of a request may take to arrive, apart from the copy's own time: a caller that keeps trickling must
    /// not hold a connection for ever.
    pub body_time: Duration,
    /// How long a whole copy may take: a peer that keeps trickling must not hold a place for ever.
    pub copy_time: Duration,
    /// Bytes of an object that is copied. The instance has its own limits; this one keeps callers from moving more through
    /// here than any instance holds.
    pub object_bytes: u64,
}

/// Time for the body of a request: two MiB over a slow link of 300 kbit/s.
const BODY_TIME: Duration = Duration::from_secs(60);

/// What the request of a copy takes besides its body and the copy, and more: so that it is the copy's own limit that is
/// told.
const REQUEST_MARGIN: Duration = Duration::from_secs(60);

impl Limits {
    /// How long a request may take from its beginning to its answer, for who limits whole requests: less would cut copies
    /// off that are within their own time.
    pub fn request_time(&self) -> Duration {
        self.body_time.saturating_add(self.copy_time).saturating_add(REQUEST_MARGIN)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            copies: 32,
            jobs: 32,
            remembered: 1024,
            remember: Duration::from_secs(60 * 60),
            stall: Duration::from_secs(30),
            body_time: BODY_TIME,
            copy_time: Duration::from_secs(24 * 60 * 60),
            object_bytes: 64 << 30,
        }
    }
}
