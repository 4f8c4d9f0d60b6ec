//! The port to whatever instances run on: processes of this machine, or pods.
//!
//! The service decides which port an instance gets and when it begins and ends; a driver makes that true, keeps what
//! must outlive the service, and tells when an instance ends by itself.
//!
//! How Kubernetes fits. An instance is a pod with its ConfigMap and EndpointSlice, all named
//! `veracruz-nitro-server-<port>`; the labels `veracruz-hash` and `veracruz-id` carry hash and id (an id that is no label
//! goes into an annotation), and the key's generation goes into an annotation too. Creating the ConfigMap is what takes the
//! slot: a 409 is [`DriverError::SlotTaken`], also where another replica of the service won, and the service goes on to the
//! next port. The pod is acknowledged by an annotation that is written once it is ready. [`Driver::stop`] deletes by name
//! *and* uid, so that it never hits a younger instance of the same name, and returns when the pod is gone. `ended` comes
//! from a watch on pods, [`Driver::recover`] from a list by label, and what [`Driver::remember`] keeps from a ConfigMap
//! of its own.

use std::error::Error;
use std::fmt;

use futures_util::future::BoxFuture;
use uuid::Uuid;
use veracruz_policy::{FullPolicy, Name, Sha256Digest};

use crate::instance::INSTANCE_HOST;

/// Whatever instances run on.
pub trait Driver: Send + Sync + 'static {
    /// What an earlier life of the service left: its instances that were acknowledged, those that have ended meanwhile
    /// included, and the memory of those that were gone. Instances that were never acknowledged are ended here. Called
    /// once, before everything else.
    fn recover(&self) -> BoxFuture<'_, Result<Recovered, DriverError>>;

    /// Starts an instance, and returns when it takes sessions and would be found again by [`Driver::recover`]. When it
    /// fails, or the future is dropped, the instance is ended; [`Driver::stop`] tells when nothing of it is left.
    fn start(&self, order: Order) -> BoxFuture<'_, Result<Started, DriverError>>;

    /// Ends the instance, and returns when it is gone with all that it held: its port is free then. What is gone already
    /// is no error, and neither is what never was.
    fn stop(&self, key: &InstanceKey) -> BoxFuture<'_, Result<(), DriverError>>;

    /// Keeps that this instance existed, for [`Recovered::ended`] of a later life. A bounded number is kept, the oldest go
    /// first.
    fn remember(&self, ended: Ended) -> BoxFuture<'_, Result<(), DriverError>>;
}

/// An instance, in the words of who runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InstanceKey {
    /// Where it listens.
    pub port: u16,
    /// Its policy's hash. A request that chooses the expiry itself can have the same hash again on the same port.
    pub hash: Sha256Digest,
    /// What makes it different from every other instance that ever was.
    pub generation: Uuid,
}

impl fmt::Display for InstanceKey {
    /// The name by which the service lists it, and which logs have.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{INSTANCE_HOST}:{}", self.port)
    }
}

/// An instance to be started.
#[derive(Clone, Debug)]
pub struct Order {
    /// Which.
    pub key: InstanceKey,
    /// Its policy.
    pub policy: FullPolicy,
    /// What its creator calls it.
    pub instance_id: Option<Name>,
}

/// An instance that takes sessions.
pub struct Started {
    /// What was ordered.
    pub order: Order,
    /// Resolves when it ends by itself.
    pub ended: BoxFuture<'static, Ending>,
}

/// What an earlier life of the service left.
#[derive(Default)]
pub struct Recovered {
    /// Instances that were acknowledged; of those that have ended meanwhile, `ended` resolves at once.
    pub instances: Vec<Started>,
    /// Instances that were gone already, the oldest first.
    pub ended: Vec<Ended>,
}

/// How an instance ended by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// A participant shut it down.
    Finished,
    /// It died: what is known of it, bounded and escaped, for the log.
    Failed(String),
}

/// An instance that existed: by what its creator knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Where it listened.
    pub port: u16,
    /// Its policy's hash.
    pub hash: Sha256Digest,
    /// What its creator called it.
    pub instance_id: Option<Name>,
}

/// Why a driver did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DriverError {
    /// Something that is not of this service has the port.
    #[error("something else listens on the port")]
    SlotTaken,
    /// The instance ended before it took sessions.
    #[error("the instance ended before it took sessions: {reason}")]
    Died {
        /// What it said, bounded and escaped.
        reason: String,
    },
    /// The driver could not do its own part.
    #[error("{doing} failed: {source}")]
    Failed {
        /// Which part.
        doing: String,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl DriverError {
    /// The driver's own part failed.
    pub fn failed(doing: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        DriverError::Failed { doing: doing.into(), source: source.into() }
    }
}
